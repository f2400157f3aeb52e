"""How many of something there are, in the English that operators read. What people read has no plurals: see
`bot.texts.say`.
"""


def counted(count: int, thing: str) -> str:
    """The number with its thing, which takes an s where it is not one: "no chats", "1 chat", "2,000 chats"."""
    return f"{f'{count:,}' if count else 'no'} {thing}{'' if count == 1 else 's'}"
