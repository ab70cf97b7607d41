"""Pages as pictures: PDF pages by PDFium, picture files by Pillow. Runs in the reading process only."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from app.rag.readers import sniffing
from app.rag.readers.outcome import Outcome, Refused

MAX_WIDTH = 4000
"""Of a picture that is made, in pixels."""
MAX_HEIGHT = 8000
MAX_SOURCE_PIXELS = 100_000_000
"""Of a picture file; a scan of A3 at 600 dots an inch has 70 million."""
MAX_FRAMES = 1000
_FORMATS = ("PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP")
_POINTS = 72.0
_DOTS = 96.0
"""Dots an inch of a picture file that does not say."""
_ORIENTATION = 0x0112  # in EXIF; 5 to 8 stand on their side


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page drawn as PNG, its size in pixels, and the size of the page as it is shown in points."""

    width: int
    height: int
    png: bytes
    page_width: float
    page_height: float


def draw(data: bytes, page: int, width: int, password: str = "") -> Drawn:
    """Draw a page of a PDF or of a picture file.

    Args:
        data: The whole file.
        page: From 1.
        width: Of the picture in pixels, 16 to MAX_WIDTH; it gets narrower where it would be higher than MAX_HEIGHT.
        password: Of a protected PDF.

    Raises:
        Refused: there is no such page, or the file has none that could be drawn.
    """
    width = min(max(width, 16), MAX_WIDTH)
    if sniffing.is_pdf(data):
        image, page_width, page_height = _pdf_page(data, page, width, password)
    elif sniffing.kind_of(data, "") != "picture":
        raise Refused("rejected", "It has no pages that could be shown as pictures.")
    else:
        image, page_width, page_height = _file_page(data, page, width)
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=3)
    return Drawn(image.width, image.height, out.getvalue(), page_width, page_height)


def picture_file(data: bytes) -> Outcome:
    """Return what a picture file tells without recognition: its pages. Raises Refused."""
    with _opened(data) as image:
        frames = min(int(getattr(image, "n_frames", 1)), MAX_FRAMES) if image.format == "TIFF" else 1
    return Outcome((), frames, "It is a picture: it holds no text.", needs_ocr=range(1, frames + 1))


def _pdf_page(data: bytes, page: int, width: int, password: str) -> tuple[Image.Image, float, float]:
    import pypdfium2

    from app.rag.readers import pdf

    document = pdf.opened(data, password)
    try:
        if not 1 <= page <= len(document):
            raise Refused("error", "It has no such page.")
        document.init_forms()
        try:
            sheet = document[page - 1]
        except pypdfium2.PdfiumError as error:
            raise Refused("error", "The page is damaged.") from error
        try:
            across, down = sheet.get_size()
            if not (0 < across < 10**5 and 0 < down < 10**5):
                raise Refused("error", "The page has no size.")
            bitmap = sheet.render(scale=min(width / across, MAX_HEIGHT / down))
            try:
                return bitmap.to_pil().convert("RGB"), across, down
            finally:
                bitmap.close()
        finally:
            sheet.close()
    finally:
        document.close()


def _file_page(data: bytes, page: int, width: int) -> tuple[Image.Image, float, float]:
    with _opened(data) as source:
        try:
            source.seek(page - 1)
            turned = source.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
            across, down = reversed(source.size) if turned else source.size
            scale = min(1.0, width / across, MAX_HEIGHT / down)
            source.draft("RGB", (int(source.width * scale) + 1, int(source.height * scale) + 1))  # JPEG: less to decode
            image = _flat(ImageOps.exif_transpose(source))
        except EOFError as error:
            raise Refused("error", "It has no such page.") from error
        except (OSError, SyntaxError, ValueError) as error:
            raise Refused("rejected", "It is a damaged picture.") from error
        dots = source.info.get("dpi", (_DOTS, _DOTS))
        if turned:
            dots = dots[::-1]
    size = max(1, round(across * scale)), max(1, round(down * scale))
    if size != image.size:
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return image, across * _POINTS / _sane(dots[0]), down * _POINTS / _sane(dots[1])


def _opened(data: bytes) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of sizes and of odd tags: sizes are judged here
        try:
            image = Image.open(io.BytesIO(data), formats=_FORMATS)
        except Image.DecompressionBombError as error:
            raise Refused("rejected", "The picture is too large.") from error
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
            raise Refused("rejected", "It is a damaged picture, or one of a kind that cannot be read.") from error
    if image.width * image.height > MAX_SOURCE_PIXELS:
        raise Refused("rejected", f"The picture has more than {MAX_SOURCE_PIXELS // 10**6} million dots.")
    return image


def _flat(image: Image.Image) -> Image.Image:
    """Return it in RGB, on white where it lets through."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        over = image.convert("RGBA")
        under = Image.new("RGB", over.size, "white")
        under.paste(over, mask=over.getchannel("A"))
        return under
    if image.mode.startswith("I;16") or image.mode == "I":
        return image.point(lambda value: value / 256).convert("L").convert("RGB")
    return image.convert("RGB")


def _sane(dots: float) -> float:
    return float(dots) if 30 <= dots <= 4800 else _DOTS
