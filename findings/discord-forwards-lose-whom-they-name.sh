#!/usr/bin/env bash
# discord.py 2.7.1: a forwarded message has its words and no names for the people in them.
# Discord sends `mentions` with a forward's snapshot, as with any message. MessageSnapshot keeps the ids that stand in
# the words (raw_mentions) and drops the users, so that "<@80351110224678912> said yes" cannot be read as "@Eve said
# yes" unless the bot happens to have that member in its cache, which without the members intent it has not.
# Guess: snapshot.mentions, as on Message. Seen: raw_mentions is [80351110224678912]; there is no attribute
# `mentions`.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'discord.py==2.7.1' 'aiohttp==3.14.5'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
import discord
sent = {
    "content": "<@80351110224678912> said yes", "type": 0, "flags": 0, "embeds": [], "attachments": [], "components": [],
    "timestamp": "2026-11-28T12:00:00+00:00", "edited_timestamp": None,
    "mentions": [{"id": "80351110224678912", "username": "eve", "global_name": "Eve", "discriminator": "0", "avatar": None}],
    "mention_roles": [],
}
class State:
    def _get_guild(self, number):
        return None
snapshot = discord.MessageSnapshot(State(), sent)
print(snapshot.content, snapshot.raw_mentions, hasattr(snapshot, "mentions"))
assert snapshot.raw_mentions == [80351110224678912] and not hasattr(snapshot, "mentions")
PYTHON
