#!/usr/bin/env bash
# litellm 1.110.2 puts a sentence of its own in the place of an empty message to a Claude.
# A picture without a caption whose picture could not be kept, or an answer that was stopped before its first word, is
# an empty message in the history. The vendor would refuse it; what the model reads here is an English remark about
# sanitising, as the words of the person, and it answers that.
# Guess: the message is left out, or refused. Seen: "[System: Empty message content sanitised to satisfy protocol]".
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'litellm==1.110.2'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
from litellm.llms.anthropic.chat.transformation import AnthropicConfig

messages = [
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello."},
    {"role": "user", "content": ""},
]
sent = AnthropicConfig().transform_request(
    model="claude-haiku-4-5", messages=messages, optional_params={}, litellm_params={}, headers={}
)
print(sent["messages"][-1])
assert sent["messages"][-1]["role"] == "user"
assert "sanitised" in str(sent["messages"][-1]["content"])
PYTHON
