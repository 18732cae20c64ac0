import os
import sys
import uuid

sys.path.append(os.path.join(os.path.dirname(__file__), "../support"))

from cases import MODEL, PLAIN_MODEL, PNG, URL, ended, equal, failure, new_generation, run
from openai import APIError, APIStatusError, OpenAI
from pydantic import BaseModel

client = OpenAI(base_url=f"{URL}/v1", api_key="none", max_retries=0)

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "strict": False,
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
PICTURE = [
    {
        "role": "user",
        "content": [
            {"type": "input_text", "text": "picture"},
            {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "auto"},
        ],
    }
]


class Place(BaseModel):
    city: str
    degrees: int


def ask(content, model=MODEL, **more):
    return client.responses.create(model=model, input=content, **more)


def text_of(events):
    return "".join(e.delta for e in events if e.type == "response.output_text.delta")


def item_of(response, kind):
    return next(item for item in response.output if item.type == kind)


def plain():
    answer = ask("sky")
    equal((answer.output_text, answer.status), ("The sky is blue.", "completed"))
    equal(client.responses.retrieve(answer.id).output_text, "The sky is blue.")


def streamed():
    equal(text_of(list(ask("sky", stream=True))), "The sky is blue.")
    with client.responses.stream(model=MODEL, input="sky") as stream:
        equal(stream.get_final_response().output_text, "The sky is blue.")


def error_before():
    for stream in (False, True):
        error = failure(lambda: ask("unavailable", stream=stream))
        assert isinstance(error, APIStatusError)
        equal((error.status_code, error.code), (503, "model_unavailable"))


def error_after():
    events = []
    try:
        for event in ask("late", stream=True):
            events.append(event)
    except APIError as error:
        equal((text_of(events), error.code), ("I was about to", "model_unavailable"))
        return
    raise AssertionError("It did not fail")


def abort():
    generation, headers = new_generation()
    stream = ask("forever", stream=True, extra_headers=headers)
    next(iter(stream))
    stream.close()
    equal(ended(generation)["status"], "cancelled")


def cancelled():
    with client.responses.stream(model=MODEL, input="forever") as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                client.responses.cancel(identifier)
            elif event.type == "response.created":
                identifier = event.response.id
        equal((event.type, event.response.status), ("response.incomplete", "cancelled"))
        error = failure(stream.get_final_response)
        assert isinstance(error, RuntimeError), error


def reconnect():
    seen = []
    with ask("paced", stream=True, background=True) as stream:
        for event in stream:
            seen.append(event)
            if event.type == "response.output_text.delta":
                break
    rest = client.responses.retrieve(
        seen[0].response.id, stream=True, starting_after=seen[-1].sequence_number
    )
    events = [*seen, *rest]
    equal(text_of(events), "One two three four five")
    equal([event.sequence_number for event in events], list(range(len(events))))


def retry():
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    equal(ask("sky", extra_headers=headers).id, ask("sky", extra_headers=headers).id)
    again = client.with_options(max_retries=1).responses
    answer = again.create(model=MODEL, input=f"once {uuid.uuid4()}")
    equal(answer.output_text, "The sky is blue.")


def tools():
    answer = ask("weather", tools=[WEATHER])
    call = item_of(answer, "function_call")
    equal((call.name, call.arguments), ("get_weather", '{"city":"Paris"}'))
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "It is clear"}
    told = ask([result], previous_response_id=answer.id, tools=[WEATHER])
    equal(told.output_text, "The sky is clear.")


def structured():
    answer = client.responses.parse(model=MODEL, input="json", text_format=Place)
    equal(answer.output_parsed, Place(city="Paris", degrees=21))


def images():
    equal(ask(PICTURE).output_text, "A small picture.")
    equal(failure(lambda: ask(PICTURE, model=PLAIN_MODEL)).status_code, 400)


def thinking():
    answer = ask("think", reasoning={"effort": "low"})
    thought = item_of(answer, "reasoning").summary[0].text
    equal((thought, answer.output_text), ("Let me see.", "It is noon."))


run(
    {
        "plain": plain,
        "streamed": streamed,
        "error before": error_before,
        "error after": error_after,
        "abort": abort,
        "cancelled": cancelled,
        "reconnect": reconnect,
        "retry": retry,
        "tools": tools,
        "structured": structured,
        "images": images,
        "thinking": thinking,
    }
)
