"""Discord: its events become inbound messages, and blocks become its Markdown.

Read it beside `handlers/telegram`: the files have the same names on purpose.
"""
