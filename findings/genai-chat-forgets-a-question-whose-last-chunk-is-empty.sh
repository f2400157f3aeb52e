#!/usr/bin/env bash
# A chat of google-genai 3.6.1 forgets a question and its answer where the stream's last chunk has no part.
# The answer has been shown, whole; its last chunk says only why it ended. `Chat` counts an exchange with such a chunk
# as invalid and leaves both, question and answer, out of what the next request sends. `get_history()` still shows
# them; only `get_history(curated=True)` does not.
# Guess: what was streamed to its end is remembered. Seen: the next request holds the new question alone.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'google-genai==3.6.1'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from google import genai

asked = []
chunks = [
    {"candidates": [{"content": {"role": "model", "parts": [{"text": "Call me Ann."}]}}]},
    {"candidates": [{"finishReason": "STOP"}], "usageMetadata": {"totalTokenCount": 5}},
]


class Vendor(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        asked.append([part["text"] for content in body["contents"] for part in content["parts"]])
        answer = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks).encode()
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass


server = HTTPServer(("127.0.0.1", 0), Vendor)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}"
client = genai.Client(api_key="key", http_options=genai.types.HttpOptions(base_url=address))
chat = client.chats.create(model="gemini-3.8-flash")
shown = "".join(chunk.text or "" for chunk in chat.send_message_stream("Who are you?"))
list(chat.send_message_stream("And I?"))
print(shown, asked, len(chat.get_history()), len(chat.get_history(curated=True)))
assert shown == "Call me Ann."
assert asked == [["Who are you?"], ["And I?"]]
assert len(chat.get_history()) >= 4 and not chat.get_history(curated=True)
PYTHON
