"""What stands on a page of a PDF beside its text: the values of a form, and remarks."""

import ctypes
from collections.abc import Callable, Iterator
from typing import Any

import pypdfium2
from pypdfium2 import raw

from bot.files.reader.html import words_of_html

_REMARKS = (raw.FPDF_ANNOT_FREETEXT, raw.FPDF_ANNOT_TEXT, raw.FPDF_ANNOT_HIGHLIGHT, raw.FPDF_ANNOT_STAMP)
_UNSEEN = raw.FPDF_ANNOT_FLAG_HIDDEN | raw.FPDF_ANNOT_FLAG_NOVIEW
_PASSWORD = 1 << 13
"""Of a text field (ISO 32000-1, table 228)."""

_PUSH_BUTTON = 1 << 16
_OFF = ("", "Off")


def beside_the_text(document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, text: str) -> Iterator[str]:
    """Lines of them, each once: "name: value" of a field, the words of a remark that the text does not hold."""
    told = {"".join(text.split())}
    for annotation in _annotations(page):
        line = "".join(_line(document, annotation))
        letters = "".join(line.split())
        if letters and not any(letters in each for each in told):
            told.add(letters)
            yield line


def _annotations(page: pypdfium2.PdfPage) -> Iterator[Any]:
    for number in range(raw.FPDFPage_GetAnnotCount(page)):
        annotation = raw.FPDFPage_GetAnnot(page, number)
        if not annotation:
            continue
        try:
            if not raw.FPDFAnnot_GetFlags(annotation) & _UNSEEN:
                yield annotation
        finally:
            raw.FPDFPage_CloseAnnot(annotation)


def _line(document: pypdfium2.PdfDocument, annotation: Any) -> Iterator[str]:
    kind = raw.FPDFAnnot_GetSubtype(annotation)
    if kind == raw.FPDF_ANNOT_WIDGET:
        yield _field(document.formenv, annotation) if document.formenv is not None else _cut_off(annotation)
    elif kind in _REMARKS:
        plain = _string(raw.FPDFAnnot_GetStringValue, annotation, b"Contents")
        yield plain or words_of_html(_string(raw.FPDFAnnot_GetStringValue, annotation, b"RC"))


def _field(forms: Any, annotation: Any) -> str:
    if raw.FPDFAnnot_GetFormFieldFlags(forms, annotation) & _PASSWORD:
        return ""
    value = _string(raw.FPDFAnnot_GetFormFieldValue, forms, annotation)
    if value in _OFF or raw.FPDFAnnot_GetFormFieldType(forms, annotation) == raw.FPDF_FORMFIELD_PUSHBUTTON:
        return ""
    name = _string(raw.FPDFAnnot_GetFormFieldAlternateName, forms, annotation)
    name = name or _string(raw.FPDFAnnot_GetFormFieldName, forms, annotation)
    return f"{name}: {value}" if name else value


def _cut_off(annotation: Any) -> str:
    """A field of a page that was taken out of its document, without the form that it belongs to."""
    name, value = (
        next(filter(None, (_string(raw.FPDFAnnot_GetStringValue, annotation, key) for key in keys)), "")
        for keys in ((b"TU", b"T"), (b"V",))
    )
    flags = ctypes.c_float()
    raw.FPDFAnnot_GetNumberValue(annotation, b"Ff", flags)
    if value in _OFF or int(flags.value) & (_PASSWORD | _PUSH_BUTTON):
        return ""
    return f"{name}: {value}" if name else value


def _string(call: Callable[..., int], *about: Any) -> str:
    """What one of PDFium's calls gives as UTF-16, asked for its length first."""
    length = call(*about, None, 0)
    if length <= 2:
        return ""
    buffer = ctypes.create_string_buffer(length)
    call(*about, ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), length)
    return buffer.raw[: length - 2].decode("utf-16-le", "replace").replace("\r\n", "\n").replace("\r", "\n").strip()
