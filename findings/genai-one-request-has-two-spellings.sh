#!/usr/bin/env bash
# google-genai 3.6.1 writes the names of one request in two ways: `imageConfig` has `aspectRatio`, while beside it
# `thinkingConfig` has `include_thoughts` and `thinking_budget`, and `speechConfig` has `voice_config`. Google takes
# both. Whatever else reads that format by its published names (a proxy, a gateway, a stand-in, a log of requests)
# finds neither the voice nor the budget, and takes thinking to be as it is by default.
# Guess: what the library puts into a request is spelled as the API's reference spells it. Seen: thinking and speech
# are not.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'google-genai==3.6.1'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
import http.server
import json
import threading

from google import genai
from google.genai import types

bodies = []


class Api(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        answer = json.dumps(
            {"candidates": [{"content": {"role": "model", "parts": [{"text": "Hello."}]}, "finishReason": "STOP"}]}
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Api)
threading.Thread(target=server.serve_forever, daemon=True).start()
options = types.HttpOptions(base_url=f"http://127.0.0.1:{server.server_port}")
client = genai.Client(api_key="key", http_options=options)
voice = types.VoiceConfig(prebuilt_voice_config=types.PrebuiltVoiceConfig(voice_name="Kore"))
client.models.generate_content(
    model="gemini-3-pro",
    contents="Hello",
    config=types.GenerateContentConfig(
        max_output_tokens=9,
        thinking_config=types.ThinkingConfig(include_thoughts=True, thinking_budget=512),
        image_config=types.ImageConfig(aspect_ratio="1:1"),
        speech_config=types.SpeechConfig(voice_config=voice),
    ),
)
config = bodies[0]["generationConfig"]
print(genai.__version__, json.dumps(config))
assert "maxOutputTokens" in config and "aspectRatio" in config["imageConfig"]
assert set(config["thinkingConfig"]) == {"include_thoughts", "thinking_budget"}
assert set(config["speechConfig"]) == {"voice_config"}
PYTHON
