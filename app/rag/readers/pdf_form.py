"""What was filled into a PDF: values of form fields and text typed onto a page, at the places where they are shown."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator

import pypdfium2
import pypdfium2.raw as pdfium

MAX_FIELDS = 5000
"""Of one page; the rest is left out."""
_SECRET = 1 << 13  # flag of a field for a password
_WRITTEN = (pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX)
_TICKED = (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON)
_MAX_BYTES = 64 * 1024
_Box = tuple[float, float, float, float]


def form_of(document: pypdfium2.PdfDocument) -> object | None:
    """Return PDFium's handle of the form of a document; None if it has none."""
    if document.get_formtype() == pdfium.FORMTYPE_NONE:
        return None
    document.init_forms()
    return document.formenv.raw if document.formenv else None


def filled(form: object, page: object) -> Iterator[tuple[str, _Box]]:
    """Yield what is filled in, with left, bottom, right, top in the page's own space."""
    rectangle = pdfium.FS_RECTF()
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page), MAX_FIELDS)):
        note = pdfium.FPDFPage_GetAnnot(page, index)
        if not note:
            continue
        try:
            text = _text(form, note)
            if text and pdfium.FPDFAnnot_GetRect(note, ctypes.byref(rectangle)):
                yield text, (rectangle.left, rectangle.bottom, rectangle.right, rectangle.top)
        finally:
            pdfium.FPDFPage_CloseAnnot(note)


def _text(form: object, note: object) -> str:
    kind = pdfium.FPDFAnnot_GetSubtype(note)
    if kind == pdfium.FPDF_ANNOT_FREETEXT:
        return _string(lambda buffer, size: pdfium.FPDFAnnot_GetStringValue(note, b"Contents", buffer, size))
    if kind != pdfium.FPDF_ANNOT_WIDGET:
        return ""
    field = pdfium.FPDFAnnot_GetFormFieldType(form, note)
    if field in _TICKED:
        return "☒" if pdfium.FPDFAnnot_IsChecked(form, note) else ""
    if field in _WRITTEN and not pdfium.FPDFAnnot_GetFormFieldFlags(form, note) & _SECRET:
        return _string(lambda buffer, size: pdfium.FPDFAnnot_GetFormFieldValue(form, note, buffer, size))
    return ""


def _string(get: Callable[[object, int], int]) -> str:
    size = min(get(None, 0), _MAX_BYTES)
    if size <= 2:
        return ""
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    get(buffer, size)
    return " ".join(bytes(buffer)[: size - 2].decode("utf-16-le", "ignore").split())
