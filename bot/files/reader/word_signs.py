"""What Word shows but does not keep as text: characters of symbol fonts, form boxes, alternative drawings."""

from xml.etree.ElementTree import Element

from bot.files.reader.archive import attribute, local

_SYMBOLS = str.maketrans(
    {
        0xB7: "•",
        0xA7: "▪",
        0xD8: "➢",
        0xFC: "✓",
        0xFB: "✗",
        0xFE: "☑",
        0xA8: "□",
        0x6F: "□",
        0xE0: "→",
        0xDF: "←",
        0x4A: "☺",
    }
)
"""What Wingdings and Symbol show, of the characters that people use: bullets, ticks, boxes, arrows."""


IN_FORMULAS = {"den": "/", "sup": "^", "sub": "_", "rad": "√"}
"""What stands before parts of formulas (ECMA-376, 22.1), in Word and on slides: else one over two reads 12."""


def chosen(node: Element) -> Element:
    """Of several ways to show the same, the first that says something."""
    ways = [child for child in node if local(child) in ("Choice", "Fallback")]
    said = (way for way in ways if any(local(child) == "t" and child.text for child in way.iter()))
    return next(said, ways[0] if ways else Element("nothing"))


def symbol(node: Element) -> str:
    """The character that an element names by its number in a font."""
    try:
        return of_its_font(int(attribute(node, "char") or "", 16))
    except (ValueError, OverflowError):
        return ""


def of_its_font(number: int) -> str:
    """A character by its number: fonts of characters keep theirs from F000 on."""
    return chr(number - 0xF000).translate(_SYMBOLS) if 0xF000 <= number <= 0xF0FF else chr(number)


def field(node: Element) -> str:
    """A box of a form, ticked or not, or what was chosen of a list."""
    for child in node:
        found = {local(each): attribute(each, "val") for each in child}
        if local(child) == "checkBox":
            # A mark without a value is set.
            ticked = found.get("checked", found.get("default", "0"))
            return "☐" if ticked in ("0", "false") else "☒"
        if local(child) == "ddList":
            entries = [attribute(each, "val") or "" for each in child if local(each) == "listEntry"]
            number = found.get("result") or found.get("default") or "0"
            return entries[int(number)] if number.isdigit() and int(number) < len(entries) else ""
    return ""
