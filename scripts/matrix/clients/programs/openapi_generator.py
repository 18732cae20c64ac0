from openapi_client import (
    ApiClient,
    ChatApi,
    ChatRequest,
    Configuration,
    GenerationsApi,
    HealthApi,
    HistoryApi,
    ModelParameters,
    ModelsApi,
    NewConversation,
    StreamEvent,
    UpdateConversation,
)
from openapi_client.exceptions import ApiException, NotFoundException

from checks import URL, check, equal, events_of, finish

client = ApiClient(Configuration(host=URL))
chat = ChatApi(client)
generations = GenerationsApi(client)
history = HistoryApi(client)


@check("health")
def _():
    equal(HealthApi(client).get_health().status, "healthy")


@check("models")
def _():
    models = ModelsApi(client).list_models()
    equal(models.default_model in [model.name for model in models.models], True)


@check("whole answer")
def first():
    parameters = ModelParameters(temperature=0.2, stop=["END"])
    answer = chat.send_message(ChatRequest(message="Hello", parameters=parameters))
    equal(answer.finish_reason, "stop")
    return answer


@check("stream")
def _():
    request = ChatRequest(message="And?", conversation_id=first.conversation_id)
    response = chat.stream_message_without_preload_content(request)
    body = b"".join(response.stream()).decode()
    events = [StreamEvent.from_dict(event).actual_instance for event in events_of(body.split("\n"))]
    equal(len("".join(getattr(event, "token", "") for event in events)) > 0, True)
    equal(events[-1].done, True)


@check("stream as text")
def _():
    text = chat.stream_message(ChatRequest(message="And?", conversation_id=first.conversation_id))
    equal(text.startswith("data: "), True)


@check("respond-async")
def _():
    response = chat.send_message_with_http_info(ChatRequest(message="Later"), prefer="respond-async")
    equal(response.status_code, 202)
    equal(generations.get_generation(response.data.id).id, response.data.id)


@check("cancel")
def _():
    equal(generations.cancel_generation(first.generation_id).status, "completed")


@check("history")
def _():
    identity = first.conversation_id
    listed = history.list_conversations(limit=5)
    equal(identity in [conversation.id for conversation in listed.conversations], True)
    renamed = history.update_conversation(identity, UpdateConversation(title="Renamed"))
    equal(renamed.title, "Renamed")
    roles = [message.role.value for message in history.get_conversation(identity).messages]
    equal(roles, ["user", "assistant"] * 3)
    equal(bool(history.delete_conversation(identity).message), True)


@check("settings")
def _():
    parameters = ModelParameters(temperature=0.1)
    made = history.create_conversation(
        NewConversation(title="Plans", tags=["work"], parameters=parameters)
    )
    equal(made.parameters.temperature, 0.1)
    equal(history.list_conversations(tag="work", archived="all").conversations[0].id, made.id)
    changed = history.update_conversation(made.id, UpdateConversation(parameters=None))
    equal(changed.parameters, None)
    equal(changed.tags, ["work"])


@check("branches")
def _():
    asked = chat.send_message(ChatRequest(message="One"))
    identity = asked.conversation_id
    chat.send_message(ChatRequest(message="Two", conversation_id=identity, parent_id=identity))
    read = history.get_conversation(identity)
    equal(len(read.messages[0].siblings), 2)
    choice = UpdateConversation(active_message_id=asked.message_id)
    etag = f'"{read.revision}"'
    chosen = history.update_conversation(identity, choice, if_match=etag)
    equal(chosen.active_message_id, asked.message_id)
    try:
        history.update_conversation(identity, choice, if_match=etag)
    except ApiException as error:
        equal(error.status, 412)
        equal(error.data.conversation.active_message_id, asked.message_id)
    else:
        raise AssertionError("no error")


@check("error")
def _():
    try:
        history.get_conversation(first.conversation_id)
    except NotFoundException as error:
        equal(error.data.reason, "conversation_not_found")
    else:
        raise AssertionError("no error")


finish()
