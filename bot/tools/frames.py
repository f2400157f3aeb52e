"""Pages within a page, which a browser shows in it: https://html.spec.whatwg.org/multipage/iframe-embed-object.html."""

import re
from html import unescape
from urllib.parse import urljoin, urlsplit

_ELEMENT = re.compile(r"<(base|i?frame)\b([^<>]{1,2000})>", re.IGNORECASE)
_WHERE = re.compile(r"""\b(?:src|href)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)


def frames_in(page: bytes, url: str) -> list[str]:
    """Where the frames of a page at `url` are, as far as they are of its own site: others' are advertisements."""
    base, found = "", []
    for element, fields in _ELEMENT.findall(page.decode(errors="replace")):
        if (where := _WHERE.search(fields)) is None:
            continue
        address = unescape(where[1] or where[2] or where[3] or "").strip()
        if element.lower() == "base":
            base = base or address
        elif address:
            found.append(address)
    whole = [_joined(_joined(url, base), address) for address in found]
    here = urlsplit(url).netloc
    return [address for address in dict.fromkeys(whole) if urlsplit(address).netloc == here and address != url]


def _joined(base: str, address: str) -> str:
    """Where an address on a page leads; what is none leads nowhere else."""
    try:
        return urljoin(base, address)
    except ValueError:
        return base
