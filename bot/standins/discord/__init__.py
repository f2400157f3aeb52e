"""A local Discord: REST, gateway and CDN on 127.0.0.1, strict where Discord is strict, with people to act as.

Read `server.py` first: it puts the parts together. `world.py` holds what exists, `messages.py`, `threads.py` and
`interactions.py` change it, `rest_*.py` and `gateway.py` are the entrances for the bot, `people.py` and `control.py`
the entrances for those who act as people.
"""
