"""Files that a PDF brings along: of a portfolio, of an invoice that machines read as well."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pypdfium2

from bot.files.reader.trouble import Trouble


def files_of_pdf(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each; one that is damaged is left out. Raises `Trouble`."""
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        raise Trouble("encrypted" if "password" in str(error).lower() else "broken") from error
    for number in range(document.count_attachments()):
        try:
            attachment = document.get_attachment(number)
            name, data = attachment.get_name(), bytes(attachment.get_data())
        except pypdfium2.PdfiumError:
            continue
        yield PurePosixPath(name.replace("\\", "/")).name or f"file {number + 1}", data
