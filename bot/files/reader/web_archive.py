"""Pages as Safari saves them: a property list with the page, and what belongs to it."""

import plistlib
from xml.parsers.expat import ExpatError

from bot.files.reader.trouble import Trouble


def main_page(data: bytes) -> str:
    """The source of the page itself. Raises `Trouble`: there is none."""
    try:
        page = plistlib.loads(data, fmt=plistlib.FMT_BINARY)["WebMainResource"]
        source, encoding = page["WebResourceData"], page.get("WebResourceTextEncodingName") or "utf-8"
        return str(source.decode(encoding, "replace"))
    except LookupError:
        raise Trouble("unsupported") from None
    except (plistlib.InvalidFileException, ExpatError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise Trouble("broken") from error
