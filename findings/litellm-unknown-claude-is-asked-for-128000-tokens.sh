#!/usr/bin/env bash
# For a Claude whose name is not in its table, litellm 1.110.2 asks for an answer of up to 128,000 tokens.
# Anthropic wants to be told how long an answer may be, so litellm fills it in where the caller does not. A gateway of
# a company, or a model that is newer or older than the table, gets the largest figure of all, which smaller models
# refuse as more than they can write; and whoever reserves the price of the longest answer reserves that.
# Guess: a small default that every model takes. Seen: 128000.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'litellm==1.110.2'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
from litellm.llms.anthropic.chat.transformation import AnthropicConfig

messages = [{"role": "user", "content": "Hi"}]
sent = AnthropicConfig().transform_request(
    model="claude-of-our-gateway", messages=messages, optional_params={}, litellm_params={}, headers={}
)
print(sent["max_tokens"])
assert sent["max_tokens"] == 128000
PYTHON
