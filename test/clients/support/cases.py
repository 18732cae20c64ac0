"""What the programs for the Python clients share; the JavaScript ones have support/service.mjs."""

import json
import os
import traceback
import urllib.error
import urllib.request
import uuid

URL = os.environ["SERVICE_URL"]
MODEL = "scenario/all"
PLAIN_MODEL = "scenario/plain"
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAABAAAAAMCAIAAADkharWAAAAHklEQVR4nGPUsLnDgA1seeODVZwJqygeMKph"
    "pGgAADKRA0RK0Jm6AAAAAElFTkSuQmCC"
)


def new_generation():
    """An id for a generation that the test has to find again, and the header that gives it."""
    generation = str(uuid.uuid4())
    return generation, {"X-Generation-Id": generation}


def begun(generation):
    """A generation, once it is there."""
    while True:
        try:
            with urllib.request.urlopen(f"{URL}/api/generations/{generation}") as record:
                return json.load(record)
        except urllib.error.HTTPError:
            pass


def ended(generation):
    """A generation, once it has ended. It is not read as a stream: a reader would keep it running."""
    while True:
        record = begun(generation)
        if record["status"] not in ("queued", "running"):
            return record


def cancel(generation):
    """Cancels a generation as somebody else than its reader."""
    request = urllib.request.Request(
        f"{URL}/api/generations/{generation}/cancel", method="POST"
    )
    urllib.request.urlopen(request).close()


def failure(call):
    """What a call failed with."""
    try:
        call()
    except Exception as error:
        return error
    raise AssertionError("It did not fail")


def equal(actual, expected):
    assert actual == expected, f"{actual!r} is not {expected!r}"


def run(cases):
    """Prints `ok <behaviour>` or `fail <behaviour>: <why>` for each case."""
    for behaviour, case in cases.items():
        try:
            case()
            print("ok", behaviour, flush=True)
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            why = " ".join(f"{type(error).__name__} {error} (line {where.lineno})".split())
            print(f"fail {behaviour}: {why}", flush=True)
