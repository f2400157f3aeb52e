#!/usr/bin/env bash
# litellm 1.110.2 keeps Gemini's thought signature inside the id of a tool call, which becomes hundreds of characters.
# Guess: an id is a name; a gateway that stores tool calls may shorten it or give its own, as OpenAI takes 40 characters.
# Seen: the id has 644 characters for a signature of 600. Handed back whole, the signature reaches Gemini; under a
# shorter id the request passes as well, with a placeholder in place of the signature, and the model's thinking is lost
# without a word.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'litellm==1.110.2'
cd "$dir"
LITELLM_LOCAL_MODEL_COST_MAP=True "$dir/venv/bin/python" -W ignore - <<'PYTHON'
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
import litellm

signature = "c2lnbmF0dXJl" * 50
part = {"functionCall": {"name": "weather", "args": {"city": "Oslo"}}, "thoughtSignature": signature}
answer = {
    "candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}],
    "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2},
}
asked = []


class Vendor(BaseHTTPRequestHandler):
    def do_POST(self):
        asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


server = HTTPServer(("127.0.0.1", 0), Vendor)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}/v1beta/models/gemini-3-pro-preview"
city = {"type": "object", "properties": {"city": {"type": "string"}}}
tools = [{"type": "function", "function": {"name": "weather", "parameters": city}}]
question = {"role": "user", "content": "The weather in Oslo?"}


def ask(*messages):
    model = "gemini/gemini-3-pro-preview"
    answer = litellm.completion(model=model, messages=list(messages), tools=tools, api_key="key", api_base=address)
    return answer.choices[0].message.tool_calls[0]


def signed_under(number):
    function = {"name": "weather", "arguments": '{"city": "Oslo"}'}
    said = {"role": "assistant", "tool_calls": [{"id": number, "type": "function", "function": function}]}
    ask(question, said, {"role": "tool", "tool_call_id": number, "content": "Rain"})
    (sent,) = [p for c in asked[-1]["contents"] for p in c["parts"] if {"functionCall", "function_call"} & set(p)]
    return sent["thoughtSignature"]


number = ask(question).id
whole, short = signed_under(number), signed_under(number[:40])
print(len(number), whole == signature, short == signature, len(short))
assert len(number) > 600 and whole == signature
assert short and short != signature
PYTHON
