"""Discord. Read it beside `handlers/telegram`: the files have the same names on purpose."""
