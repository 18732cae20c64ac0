from ollama_chat_service_client import Client
from ollama_chat_service_client.api.chat import send_message, stream_message
from ollama_chat_service_client.api.generations import cancel_generation, get_generation
from ollama_chat_service_client.api.health import get_health
from ollama_chat_service_client.api.history import (
    create_conversation,
    delete_conversation,
    get_conversation,
    list_conversations,
    update_conversation,
)
from ollama_chat_service_client.api.models import list_models
from ollama_chat_service_client.models import (
    ChatRequest,
    ChatResponse,
    DoneEvent,
    ErrorResponse,
    Generation,
    ListConversationsArchived,
    ModelParameters,
    NewConversation,
    TokenEvent,
    UpdateConversation,
)

from checks import URL, check, equal, events_of, finish

client = Client(base_url=URL)


@check("health")
def _():
    equal(get_health.sync(client=client).status, "healthy")


@check("models")
def _():
    models = list_models.sync(client=client)
    equal(models.default_model in [model.name for model in models.models], True)


@check("whole answer")
def first():
    parameters = ModelParameters(temperature=0.2, stop=["END"])
    answer = send_message.sync(
        client=client, body=ChatRequest(message="Hello", parameters=parameters)
    )
    equal(isinstance(answer, ChatResponse), True)
    equal(answer.finish_reason, "stop")
    return answer


@check("stream")
def _():
    # The generated functions read to the end; the client below them streams.
    request = ChatRequest(message="And?", conversation_id=first.conversation_id)
    http = client.get_httpx_client()
    with http.stream("POST", "/api/chat/stream", json=request.to_dict()) as response:
        events = list(events_of(response.iter_lines()))
    equal(len("".join(TokenEvent.from_dict(event).token for event in events[:-1])) > 0, True)
    equal(DoneEvent.from_dict(events[-1]).done, True)


@check("stream as text")
def _():
    request = ChatRequest(message="And?", conversation_id=first.conversation_id)
    text = stream_message.sync(client=client, body=request)
    equal(text.startswith("data: "), True)


@check("respond-async")
def _():
    response = send_message.sync_detailed(
        client=client, body=ChatRequest(message="Later"), prefer="respond-async"
    )
    equal(response.status_code, 202)
    equal(isinstance(response.parsed, Generation), True)
    equal(get_generation.sync(response.parsed.id, client=client).id, response.parsed.id)


@check("cancel")
def _():
    equal(cancel_generation.sync(first.generation_id, client=client).status, "completed")


@check("history")
def _():
    identity = first.conversation_id
    listed = list_conversations.sync(client=client, limit=5)
    equal(identity in [conversation.id for conversation in listed.conversations], True)
    renamed = update_conversation.sync(
        identity, client=client, body=UpdateConversation(title="Renamed")
    )
    equal(renamed.title, "Renamed")
    roles = [message.role for message in get_conversation.sync(identity, client=client).messages]
    equal(roles, ["user", "assistant"] * 3)
    equal(bool(delete_conversation.sync(identity, client=client).message), True)


@check("settings")
def _():
    parameters = ModelParameters(temperature=0.1)
    made = create_conversation.sync(
        client=client, body=NewConversation(title="Plans", tags=["work"], parameters=parameters)
    )
    equal(made.parameters.temperature, 0.1)
    listed = list_conversations.sync(
        client=client, tag="work", archived=ListConversationsArchived.ALL
    )
    equal(listed.conversations[0].id, made.id)
    changed = update_conversation.sync(
        made.id, client=client, body=UpdateConversation(parameters=None)
    )
    equal(changed.parameters, None)
    equal(changed.tags, ["work"])


@check("branches")
def _():
    asked = send_message.sync(client=client, body=ChatRequest(message="One"))
    identity = asked.conversation_id
    edited = ChatRequest(message="Two", conversation_id=identity, parent_id=identity)
    send_message.sync(client=client, body=edited)
    read = get_conversation.sync(identity, client=client)
    equal(len(read.messages[0].siblings), 2)

    def choose():
        return update_conversation.sync_detailed(
            identity,
            client=client,
            body=UpdateConversation(active_message_id=asked.message_id),
            if_match=f'"{read.revision}"',
        )

    equal(choose().parsed.active_message_id, asked.message_id)
    refused = choose()
    equal(refused.status_code, 412)
    equal(refused.parsed.conversation.active_message_id, asked.message_id)


@check("error")
def _():
    response = get_conversation.sync_detailed(first.conversation_id, client=client)
    equal(response.status_code, 404)
    equal(isinstance(response.parsed, ErrorResponse), True)
    equal(response.parsed.reason, "conversation_not_found")


finish()
