"""What the two Python programs share: one line a check, which the matrix counts."""

import json
import sys
import traceback

URL = sys.argv[1] if len(sys.argv) > 1 else ""
_failed = []


def check(name):
    """Runs the decorated function at once, and prints how it went."""

    def run(function):
        try:
            value = function()
            print(f"ok {name}", flush=True)
            return value
        except Exception as error:  # every kind of failure is a line
            _failed.append(name)
            print(f"fail {name}: {type(error).__name__}: {str(error)[:300]!r}", flush=True)
            traceback.print_exc()
            return None

    return run


def equal(actual, expected):
    if actual != expected:
        raise AssertionError(f"{actual!r} instead of {expected!r}")


def events_of(lines):
    """The JSON of each `data:` line."""
    for line in lines:
        text = line.decode() if isinstance(line, bytes) else line
        if text.startswith("data: "):
            yield json.loads(text[len("data: ") :])


def finish():
    sys.exit(1 if _failed else 0)
