"""A local stand-in for the Telegram Bot API: real clients talk to it, people act in it, and nothing leaves the machine.

`server` holds the wire, `world` what exists, `methods_*` what a bot can call, `people` and `rooms` what persons do,
`transcript` what they see. It is strict where the real server is: limits, wordings of errors, one poller, confirmed
offsets. What it leaves out: parse modes (it takes entities only), stickers and the other media a bot could send.
"""
