"""Pages that lead on by themselves, as sites do that cannot, or will not, send a redirect.

https://html.spec.whatwg.org/multipage/semantics.html#attr-meta-http-equiv-refresh: a number of seconds and an address,
in an element or in a header. What `<noscript>` has leads mostly to a page that wants scripts run, away from words that
stand there: it is not followed.
"""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urldefrag, urljoin

_LOOKED_AT = 64 * 1024
_LONGEST_WAIT_S = 10
"""A page that waits longer is there to be read, and is shown anew or followed by another later."""
_UNREAD = ("script", "style", "textarea", "title", "template", "noscript", "xmp")
"""Elements in which nothing counts."""
_NAME = re.compile(r"[a-z]+")
_FIELD = re.compile(r"""\b(http-equiv|content)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_REFRESH = re.compile(
    r"\s*([0-9]{1,5})(?:\.[0-9.]*)?\s*[;,\s]\s*(?:url\s*=\s*)?(?:\"([^\"]*)|'([^']*)|(.*))", re.IGNORECASE
)


def leads_to(url: str, header: str, page: bytes) -> str | None:
    """The address that what came from `url` leads on to: by its header `Refresh`, or as a page; None if it stays."""
    # One byte a letter: everything keeps its place when it is written small.
    told = [header, *_told_in(page[:_LOOKED_AT].decode("latin-1"))]
    for one in filter(None, told):
        found = _REFRESH.match(" ".join(one.split()))
        if found is None or int(found[1]) > _LONGEST_WAIT_S:
            continue
        address = (found[2] or found[3] or found[4] or "").strip()
        try:
            target: str = urljoin(url, address.encode("latin-1", "ignore").decode("utf-8", "replace"))
        except ValueError:
            continue  # It is no address: browsers stay where they are.
        if address and urldefrag(target).url != urldefrag(url).url:
            return target
    return None


def _told_in(page: str) -> Iterator[str]:
    """What each `<meta http-equiv="refresh">` of a page holds."""
    small, at = page.lower(), 0
    while (at := small.find("<", at)) >= 0:
        named = _NAME.match(small, at + 1)
        name = named[0] if named is not None else ""
        if small.startswith("<!--", at):
            end = small.find("-->", at + 4)
        elif name in _UNREAD:
            end = small.find(f"</{name}", at)
        else:
            end = small.find(">", at) if name == "meta" else at
        if end < 0:
            return
        if name == "meta":
            found = _FIELD.findall(page, at, end)
            fields = {key.lower(): double or single or bare for key, double, single, bare in found}
            if fields.get("http-equiv", "").strip().lower() == "refresh":
                yield unescape(fields.get("content", ""))
        at = end + 1
