"""Texts without pages, cut into what counts as such."""

PART_LENGTH = 3_000
"""Characters of what counts as a page of a text that has none: about a printed one."""


def parts(text: str) -> list[str]:
    """A text cut into what counts as its pages: at form feeds, and where it gets too long, at a line's end."""
    found: list[str] = []
    for page in text.replace("\r\n", "\n").split("\f"):
        start = 0
        while len(page) - start > PART_LENGTH * 4 // 3:
            end = page.rfind("\n", start + PART_LENGTH // 2, start + PART_LENGTH) + 1 or start + PART_LENGTH
            found.append(page[start:end])
            start = end
        found.append(page[start:])
    return found
