#!/usr/bin/env bash
# In anthropic 2.14.0 an overload that is told in the middle of a stream is none of the errors one waits for.
# The response has begun with status 200, so the event of type overloaded_error is raised as a plain APIStatusError
# with `status_code` 200: neither OverloadedError nor InternalServerError, and the client's own retries, which look at
# the status, do not see it. A chain of models that goes on at 429 and 5xx stops here.
# Guess: OverloadedError, status 529. Seen: APIStatusError, status 200.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'anthropic==2.14.0'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
import json
import anthropic
import httpx2

begun = {
    "type": "message", "id": "m", "role": "assistant", "model": "m", "content": [], "stop_reason": None,
    "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1},
}
overloaded = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
events = [{"type": "message_start", "message": begun}, overloaded]
body = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)


def client(status, kind, body):
    answer = httpx2.MockTransport(lambda request: httpx2.Response(status, headers={"content-type": kind}, text=body))
    return anthropic.Anthropic(api_key="key", max_retries=0, http_client=httpx2.Client(transport=answer))


def error_of(client):
    try:
        with client.messages.stream(model="m", max_tokens=9, messages=[{"role": "user", "content": "Hi"}]) as stream:
            list(stream.text_stream)
    except anthropic.APIStatusError as error:
        return type(error).__name__, error.status_code


at_once = error_of(client(529, "application/json", json.dumps(overloaded)))
within = error_of(client(200, "text/event-stream", body))
print(at_once, within)
assert at_once[1] == 529 and at_once[0] != "APIStatusError"
assert within == ("APIStatusError", 200)
PYTHON
