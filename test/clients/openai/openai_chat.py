import asyncio
import os
import sys
import uuid

sys.path.append(os.path.join(os.path.dirname(__file__), "../support"))

from cases import MODEL, PLAIN_MODEL, PNG, URL, begun, cancel, ended, equal, failure, new_generation, run
from openai import APIError, APIStatusError, AsyncOpenAI, OpenAI
from pydantic import BaseModel

OPTIONS = {"base_url": f"{URL}/v1", "api_key": "none", "max_retries": 0}
client = OpenAI(**OPTIONS)

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
PICTURE = [
    {"type": "text", "text": "picture"},
    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
]


class Place(BaseModel):
    city: str
    degrees: int


def question(content):
    return [{"role": "user", "content": content}]


def ask(content, model=MODEL, messages=None, **more):
    return client.chat.completions.create(
        model=model, messages=messages or question(content), **more
    )


def text_of(answer):
    return answer.choices[0].message.content


def read(stream):
    """The text, and what ended it."""
    text = ""
    try:
        for chunk in stream:
            text += chunk.choices[0].delta.content or ""
    except APIError as error:
        return text, error
    return text, None


def plain():
    answer = ask("sky")
    equal(text_of(answer), "The sky is blue.")
    equal(answer.usage.completion_tokens, 4)


def streamed():
    equal(read(ask("sky", stream=True)), ("The sky is blue.", None))
    with client.chat.completions.stream(model=MODEL, messages=question("sky")) as stream:
        stream.until_done()
        equal(text_of(stream.get_final_completion()), "The sky is blue.")


def error_before():
    for stream in (False, True):
        error = failure(lambda: ask("unavailable", stream=stream))
        assert isinstance(error, APIStatusError)
        equal((error.status_code, error.code), (503, "model_unavailable"))


def error_after():
    text, error = read(ask("late", stream=True))
    equal((text, error.code), ("I was about to", "model_unavailable"))


def abort():
    generation, headers = new_generation()
    stream = ask("forever", stream=True, extra_headers=headers)
    next(iter(stream))
    stream.close()
    equal(ended(generation)["status"], "cancelled")
    asyncio.run(abort_plain())


async def abort_plain():
    generation, headers = new_generation()
    completions = AsyncOpenAI(**OPTIONS).chat.completions
    asked = asyncio.create_task(
        completions.create(model=MODEL, messages=question("forever"), extra_headers=headers)
    )
    await asyncio.to_thread(begun, generation)
    asked.cancel()
    equal((await asyncio.to_thread(ended, generation))["status"], "cancelled")


def cancelled():
    generation, headers = new_generation()
    reasons = []
    for chunk in ask("forever", stream=True, extra_headers=headers):
        reasons.append(chunk.choices[0].finish_reason)
        if len(reasons) == 1:
            cancel(generation)
    equal(reasons[-1], "cancelled")


def reconnect():
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    broken = ask("paced", stream=True, extra_headers=headers)
    next(iter(broken))
    broken.close()
    again = ask("paced", stream=True, extra_headers=headers)
    equal(read(again), ("One two three four five", None))


def retry():
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    equal(ask("sky", extra_headers=headers).id, ask("sky", extra_headers=headers).id)
    again = client.with_options(max_retries=1).chat.completions
    answer = again.create(model=MODEL, messages=question(f"once {uuid.uuid4()}"))
    equal(text_of(answer), "The sky is blue.")


def tools():
    message = ask("weather", tools=[WEATHER]).choices[0].message
    call = message.tool_calls[0]
    equal((call.function.name, call.function.arguments), ("get_weather", '{"city":"Paris"}'))
    result = {"role": "tool", "tool_call_id": call.id, "content": "It is clear"}
    told = ask("", messages=[*question("weather"), message, result], tools=[WEATHER])
    equal(text_of(told), "The sky is clear.")


def structured():
    answer = client.chat.completions.parse(
        model=MODEL, messages=question("json"), response_format=Place
    )
    equal(answer.choices[0].message.parsed, Place(city="Paris", degrees=21))


def images():
    equal(text_of(ask(PICTURE)), "A small picture.")
    equal(failure(lambda: ask(PICTURE, model=PLAIN_MODEL)).status_code, 400)


def thinking():
    message = ask("think", reasoning_effort="low").choices[0].message
    equal((message.reasoning_content, message.content), ("Let me see.", "It is noon."))


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
