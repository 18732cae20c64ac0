import asyncio
import base64
import os
import sys
import uuid

sys.path.append(os.path.join(os.path.dirname(__file__), "../support"))

from cases import MODEL, PLAIN_MODEL, PNG, URL, begun, cancel, ended, equal, failure, new_generation, run
from ollama import AsyncClient, Client, ResponseError
from pydantic import BaseModel

HOST = f"{URL}/api/ollama"


def get_weather(city: str) -> str:
    """The weather of a city.

    Args:
      city: its name
    """
    equal(city, "Paris")
    return "It is clear"


class Place(BaseModel):
    city: str
    degrees: int


def ask(content, model=MODEL, headers=None, messages=None, **more):
    messages = messages or [{"role": "user", "content": content}]
    return Client(host=HOST, headers=headers).chat(model=model, messages=messages, **more)


def plain():
    answer = ask("sky")
    equal((answer.message.content, answer.done_reason), ("The sky is blue.", "stop"))
    equal(Client(host=HOST).generate(model=MODEL, prompt="sky").response, "The sky is blue.")


def streamed():
    lines = list(ask("sky", stream=True))
    equal("".join(line.message.content for line in lines), "The sky is blue.")
    equal(lines[-1].done_reason, "stop")


def error_before():
    for stream in (False, True):
        error = failure(lambda: list(ask("unavailable", stream=stream)))
        assert isinstance(error, ResponseError)
        equal((error.status_code, error.error), (503, "The model is not available"))


def error_after():
    text = ""
    try:
        for line in ask("late", stream=True):
            text += line.message.content
    except ResponseError as error:
        equal((text, error.error), ("I was about to", "The model is not available"))
        return
    raise AssertionError("It did not fail")


def abort():
    generation, headers = new_generation()
    lines = ask("forever", stream=True, headers=headers)
    next(lines)
    lines.close()
    equal(ended(generation)["status"], "cancelled")
    asyncio.run(abort_plain())


async def abort_plain():
    generation, headers = new_generation()
    messages = [{"role": "user", "content": "forever"}]
    client = AsyncClient(host=HOST, headers=headers)
    asked = asyncio.create_task(client.chat(model=MODEL, messages=messages))
    await asyncio.to_thread(begun, generation)
    asked.cancel()
    equal((await asyncio.to_thread(ended, generation))["status"], "cancelled")


def cancelled():
    generation, headers = new_generation()
    reasons = []
    for line in ask("forever", stream=True, headers=headers):
        reasons.append(line.done_reason)
        if len(reasons) == 1:
            cancel(generation)
    equal(reasons[-1], "cancelled")


def reconnect():
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    broken = ask("paced", stream=True, headers=headers)
    next(broken)
    broken.close()
    lines = ask("paced", stream=True, headers=headers)
    equal("".join(line.message.content for line in lines), "One two three four five")


def retry():
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    equal(ask("sky", headers=headers), ask("sky", headers=headers))


def tools():
    message = ask("weather", tools=[get_weather]).message
    call = message.tool_calls[0].function
    result = {"role": "tool", "tool_name": call.name, "content": get_weather(**call.arguments)}
    messages = [{"role": "user", "content": "weather"}, message, result]
    told = ask("", messages=messages, tools=[get_weather])
    equal(told.message.content, "The sky is clear.")


def structured():
    answer = ask("json", format=Place.model_json_schema())
    equal(Place.model_validate_json(answer.message.content), Place(city="Paris", degrees=21))


def images():
    messages = [{"role": "user", "content": "picture", "images": [base64.b64decode(PNG)]}]
    equal(ask("", messages=messages).message.content, "A small picture.")
    refused = failure(lambda: ask("", messages=messages, model=PLAIN_MODEL))
    equal(refused.status_code, 400)


def thinking():
    message = ask("think", think=True).message
    equal((message.thinking, message.content), ("Let me see.", "It is noon."))


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
