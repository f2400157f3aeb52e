"""A server of tools that misbehaves in many ways, over its standard input and output or over HTTP.

    python tool_server.py [--as WAY] [--words FILE] [--pids FILE] [--calls FILE] [--only TOOL]

It needs nothing but the standard library, so that it starts at once. `WAY` is how it behaves from its start on; what it
does when it is called is told by the tool's name. The file of `--words` holds the description of its first tool; into
that of `--calls` it writes the name of each tool that is called, before it answers: that is the tool's effect; and
"cancelled" where a call is given up.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Message = dict[str, Any]

TOOLS = (
    "now", "fails", "refuses", "shows_a_picture", "says_megabytes", "says_nothing", "lies_about_its_form",
    "answers_for_others", "answers_twice", "speaks_in_tongues", "answers_nonsense", "asks_for_input", "asks_for_ever",
    "raises_a_storm", "has_two_faces", "has_two_faces", "has_a_huge_form", "answers_with_a_list",
    "answers_in_other_words",
    "waits_for_ever", "forks", "dies", "floods", "redirects", "drips", "books",
    "asks_politely", "asks_on_and_on", "asks_for_a_page", "asks_twice",
)  # fmt: skip
MODERN = "2026-07-28"
WRITES = frozenset(("forks", "dies", "books", "asks_twice"))


def tools(way: str, words: str, only: str = "") -> list[Message]:
    """What it says that it has: everything, or the tool of one name alone."""
    found = [
        {
            "name": name,
            "description": words if name == "now" else name.replace("_", " "),
            "inputSchema": {"type": "object", "properties": {"zone": {"type": "string"}}},
            "annotations": {"readOnlyHint": name not in WRITES},
        }
        for name in TOOLS
    ]
    found[TOOLS.index("lies_about_its_form")]["outputSchema"] = {"type": "object", "required": ["truth"]}
    found[TOOLS.index("has_a_huge_form")]["inputSchema"] = {"type": "object", "description": "A" * 1_000_000}
    if only:
        found = [tool for tool in found if tool["name"] == only]
    if way == "old":
        found += [{"name": f"tool {number}", "inputSchema": {"type": "object", "$ref": "#"}} for number in range(300)]
    return found


def _text(text: str) -> Message:
    return {"content": [{"type": "text", "text": text}], "resultType": "complete"}


def _form(message: str, properties: Message, *required: str) -> Message:
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {"mode": "form", "message": message, "requestedSchema": schema}


FORMS = {
    "asks_politely": _form(
        "For *whom* is the table?",
        {
            "name": {"type": "string", "title": "Name", "minLength": 2},
            "guests": {"type": "integer", "title": "Guests", "minimum": 1, "maximum": 8},
            "mail": {"type": "string", "title": "Mail", "format": "email"},
            "room": {"type": "string", "title": "Room", "oneOf": [
                {"const": "in", "title": "Inside"}, {"const": "out", "title": "Outside"},
            ]},
            "quiet": {"type": "boolean", "title": "Quiet"},
        },
        "name", "guests", "room", "quiet",
    ),
    "asks_for_input": _form("Log in.", {"password": {"type": "string"}}),
    "asks_on_and_on": _form("Again?", {"again": {"type": "boolean"}}, "again"),
    "asks_twice": _form("Really?", {"really": {"type": "boolean", "title": "Really"}}, "really"),
    "asks_for_a_page": {
        "mode": "url", "message": "Pay there.", "url": "https://pay.example.com/at?table=(1)", "elicitationId": "1",
    },
}  # fmt: skip
"""What tools ask for, before they say what they were told."""


def _asks(name: str, params: Message) -> Message:
    """What such a tool says: it asks until it has heard an answer, and one of them for ever."""
    told, state = params.get("inputResponses"), str(params.get("requestState") or "")
    if told and state == "mine" and name != "asks_on_and_on":
        return _text(f"I was told {json.dumps(told['form'], sort_keys=True)}.")
    request = {"method": "elicitation/create", "params": FORMS[name]}
    return {"resultType": "input_required", "requestState": "mine", "inputRequests": {"form": request}}


STORM: list[Message] = [
    {"jsonrpc": "2.0", "method": method, "params": params}
    for method, params in (
        ("notifications/tools/list_changed", {}),
        ("notifications/progress", {"progressToken": "forged", "progress": "much"}),
        ("notifications/message", {"level": "emergency", "data": "A" * 1_000}),
        ("notifications/made/up", {"x": [None]}),
    )
] * 50

RESULTS: dict[str, Callable[[Message], Message]] = {
    "now": lambda arguments: _text(f"It is twelve in {arguments.get('zone', 'UTC')}."),
    "fails": lambda _: {**_text("The clock has stopped."), "isError": True},
    "shows_a_picture": lambda _: {
        "content": [{"type": "image", "data": "AAAA", "mimeType": "image/png"}], "resultType": "complete"
    },
    "says_megabytes": lambda _: _text("A" * 3_000_000),
    "says_nothing": lambda _: {"content": [], "resultType": "complete"},
    "lies_about_its_form": lambda _: {**_text("x"), "structuredContent": {"lie": 1}},
    "answers_for_others": lambda _: _text("This is mine."),
    "answers_twice": lambda _: _text("Twice."),
    "speaks_in_tongues": lambda _: _text("At last."),
    # A state and nothing that is asked for: the same question again, for ever.
    "asks_for_ever": lambda _: {"resultType": "input_required", "requestState": "forged"},
    "raises_a_storm": lambda _: _text("It is calm."),
    "has_two_faces": lambda _: _text("It was me."),
    "has_a_huge_form": lambda _: _text("It is small."),
    "answers_with_a_list": lambda _: {"content": [["no block"]], "resultType": "complete"},
    "answers_in_other_words": lambda _: {"content": [{"type": "telepathy", "text": "?"}], "resultType": "complete"},
    "forks": lambda _: _text("It is done."),
    "books": lambda _: _text("It is booked."),
    "answers_nonsense": lambda _: {"content": "no list", "resultType": "complete"},
}  # fmt: skip


def answers(request: Message, way: str, words: str, only: str = "") -> Iterator[Message]:
    """What it says to a request."""
    made = {"jsonrpc": "2.0", "id": request.get("id")}
    match request["method"]:
        case "server/discover" if way != "old":
            yield made | {
                "result": {
                    "supportedVersions": [MODERN], "capabilities": {"tools": {}}, "resultType": "complete",
                    "ttlMs": 0, "cacheScope": "private",
                }
            }  # fmt: skip
        case "initialize":
            info = {"name": "clock", "version": "1"}
            yield made | {
                "result": {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": info}
            }
        case "tools/list":
            page = {"tools": tools(way, words, only), "resultType": "complete", "ttlMs": 0, "cacheScope": "private"}
            yield made | {"result": page | ({"nextCursor": "more"} if way == "old" else {})}
        case "tools/call" if (name := request["params"]["name"]) in FORMS:
            yield made | {"result": _asks(name, request["params"])}
        case "tools/call" if (name := request["params"]["name"]) in RESULTS:
            result = RESULTS[name](request["params"].get("arguments") or {})
            if name == "answers_for_others":
                yield made | {"id": 987_654, "result": _text("Forged.")}
            if name == "raises_a_storm":
                yield from STORM
            yield made | {"result": result}
            if name == "answers_twice":
                yield made | {"result": result}
        case _:
            yield made | {"error": {"code": -32601, "message": "I do not do that."}}


def say(message: Message) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def act(name: str, pids: Path | None) -> None:
    """What it does beside answering."""
    if name == "dies":
        sys.exit(1)
    if name == "floods":
        while True:
            sys.stdout.write("A" * 1_000_000)
    if name == "speaks_in_tongues":
        sys.stdout.write("Traceback (most recent call last):\n{}\n[1, 2\n\n")
        say({"jsonrpc": "2.0", "id": 1, "method": "sampling/createMessage", "params": {}})
    if name == "forks" and pids is not None:
        child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"])
        pids.write_text(f"{os.getpid()} {child.pid}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--as", dest="way", default="")
    parser.add_argument("--words", type=Path)
    parser.add_argument("--pids", type=Path)
    parser.add_argument("--calls", type=Path)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    if given.way == "dead":
        sys.exit("I have no licence.")
    words = given.words.read_text() if given.words is not None else "What time it is."
    if given.way == "silent":
        given.pids.write_text(str(os.getpid()))
        time.sleep(600)
    for line in sys.stdin:
        request = json.loads(line)
        if "method" not in request and str(request.get("id")).startswith("form of "):
            # The era before 2026: the tool has kept its call, and ends it.
            told = json.dumps(request.get("result"), sort_keys=True)
            say({"jsonrpc": "2.0", "id": int(request["id"].rpartition(" ")[2]), "result": _text(f"I was told {told}.")})
        if request.get("method") == "notifications/cancelled" and given.calls is not None:
            with given.calls.open("a") as calls:
                calls.write("cancelled\n")
        if "method" not in request or "id" not in request:
            continue
        name = request.get("params", {}).get("name", "")
        if given.calls is not None and request["method"] == "tools/call":
            with given.calls.open("a") as calls:
                calls.write(f"{name}\n")
        act(name, given.pids)
        if given.way == "old" and name in FORMS:
            form = {"id": f"form of {request['id']}", "method": "elicitation/create", "params": FORMS[name]}
            say({"jsonrpc": "2.0", **form})
        elif name != "waits_for_ever":
            for answer in answers(request, given.way, words, given.only):
                say(answer)


if __name__ == "__main__":
    main()
