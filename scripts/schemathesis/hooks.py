"""What Schemathesis has to know of this service beside its document, and checks of our own."""

import json
import re

import schemathesis
from hypothesis import strategies as st

EVENT_STREAM = "text/event-stream"

# Of a request that the schema allows, these say that what it asks for does not exist, or does not fit:
# only the service can know.
MEANT = {
    ("context_exceeded", None),
    # A document cannot say which values of `owner` need which scope.
    ("scope_missing", None),
    ("conversation_changed", None),
    ("validation", "Last-Event-ID"),
    ("validation", "after"),
    # `If-Match` needs one: a document cannot say that a header and a body go together.
    ("validation", "conversation_id"),
    ("validation", "cursor"),
    # Days in the wrong order, or too many of them.
    ("validation", "from"),
    # The system prompt is not deleted as a message.
    ("validation", "DELETE message"),
    ("validation", "images"),
    # Beside `cursor`.
    ("validation", "offset"),
    ("validation", "parameters.format"),
    ("validation", "parameters.think"),
    ("validation", "parent_id"),
    ("validation", "regenerate"),
    ("validation", "tools"),
    ("validation", "tool_results"),
}

# Invisible characters beyond U+FFFF. Not every reader of patterns can exclude a range of them, so that the
# document's pattern for a visible text does not.
UNSEEN = re.compile("[\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]")
VISIBLE = {}

# Some of the tags that the pattern allows. By a pattern alone, Schemathesis makes headers of letters and
# digits.
ENTITY_TAGS = st.just("*") | st.lists(st.from_regex(r'\A(W/)?"[1-9]"\Z'), min_size=1, max_size=3).map(", ".join)
schemathesis.openapi.format("entity-tags", ENTITY_TAGS)


# APIs of other products, whose requests are open and whose errors have forms of their own: of these only
# an error of the service is one here. Their own clients read the rest (test/e2e/wires, openai-chat).
WIRES = ("/v1/", "/api/ollama", "/api/chat/ui")


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Schemathesis takes the schema of a stream for that of each event, so it gets one of an event."""
    # A stream without an end; the tests read it (test/e2e/events.spec.ts).
    raw_schema["paths"].pop("/api/events")
    VISIBLE["pattern"] = raw_schema["components"]["schemas"]["NewConversation"]["properties"]["title"]["pattern"]
    for path, item in raw_schema["paths"].items():
        if path.startswith(WIRES):
            continue
        for operation in item.values():
            for parameter in operation.get("parameters", []):
                if parameter["name"] == "If-Match":
                    parameter["schema"]["format"] = "entity-tags"
            for response in operation.get("responses", {}).values():
                content = response.get("content", {})
                if EVENT_STREAM in content:
                    content[EVENT_STREAM]["schema"] = event_schema(content[EVENT_STREAM]["schema"], raw_schema)


def event_schema(stream, document):
    name = stream["$ref"].rsplit("/", 1)[1]
    block = document["components"]["schemas"][name]["contentSchema"]
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": block}
    return {"type": "object", "required": ["data"], "properties": {"data": data}}


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Leaves out what is no failure: a well-formed request that cannot be fulfilled, and titles and tags
    that are too long only by the spaces around them, which do not count, or invisible by `UNSEEN` only."""
    if case.operation.path.startswith(WIRES):
        return type(failure).__name__ == "ServerError"
    if type(failure).__name__ == "AcceptedNegativeData":
        # The schema may be that of the body, or a part that several routes have.
        if re.search(r"`maxLength` at /\S*properties/title\b", failure.message):
            return len(case.body["title"].strip()) > 200
        if re.search(r"`maxLength` at /\S*properties/tags\b", failure.message):
            return any(len(tag.strip()) > 50 for tag in case.body["tags"])
    if type(failure).__name__ != "RejectedPositiveData" or response.status_code not in (400, 403, 412):
        return True
    body = response.json()
    fields = [meant_field(detail["field"]) for detail in body.get("details", [])]
    if set(fields) <= {"title", "tags"} and any(invisible(case.body, field) for field in fields):
        return False
    keys = [None, *fields, *(f"{case.method} {field}" for field in fields)]
    return not any((body["reason"], key) in MEANT for key in keys)


def invisible(body, field):
    """Whether the field has a text of which nothing is visible."""
    return any(not re.search(VISIBLE["pattern"], UNSEEN.sub("", text)) for text in texts(body[field]))


def meant_field(field):
    """A schema of a client's own has any names in it, whose texts are checked as all are."""
    schema = "parameters.format"
    return schema if field.startswith(f"{schema}.") else field.split("[")[0]


@schemathesis.check
def error_body(ctx, response, case):
    """Every error has a sentence, a code, a reason and the id that its header has."""
    if case.operation.path.startswith(WIRES):
        return
    if response.status_code < 400 or "application/json" not in content_type(response):
        return
    if case.path.endswith("/ready"):
        return
    body = response.json()
    assert body["request_id"] == header(response, "x-request-id"), "not the id of the header"
    assert body["error"] and body["code"] and body["reason"], "an error says what, of which kind and why"
    if body["reason"] == "validation":
        echoed = [value for value in texts(case.body) if len(value) > 12 and value in response.text]
        assert not echoed, "the error repeats what was sent"


@schemathesis.check
def stream_ends(ctx, response, case):
    """A stream ends with one block that says how, and its numbers go up by one.

    Schemathesis reads twenty events at most: the model of this run gives fewer.
    """
    if EVENT_STREAM not in content_type(response) or case.operation.path.startswith(WIRES):
        return
    blocks = [block for block in response.text.split("\n\n") if "data: " in block]
    events = [json.loads(block.split("data: ", 1)[1]) for block in blocks]
    ends = [index for index, event in enumerate(events) if "done" in event or "error" in event]
    assert ends == [len(events) - 1], "the last block alone says how the answer ended"
    ids = [int(block.split("\n", 1)[0][len("id: ") :]) for block in blocks if block.startswith("id: ")]
    assert ids == list(range(ids[0], ids[0] + len(ids))) if ids else True, "numbers go up by one"


def content_type(response):
    return header(response, "content-type") or ""


def header(response, name):
    values = response.headers.get(name) or [None]
    return values[0]


def texts(value):
    """All texts inside a body."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
