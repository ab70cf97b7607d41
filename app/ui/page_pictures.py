"""Pages as pictures for the window: asked of the library, unpacked off the Qt thread, kept in memory up to a bound."""

from __future__ import annotations

import io
from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from app.errors import DocumentError
from app.ui import phrases
from app.ui.bridge import Bridge, Handle
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.ui.seam import RuntimeSeam

THUMBNAIL = 160
"""Pixels across."""
WIDEST = 4000
"""Pixels across that are asked for at most."""
MEMORY_BYTES = 96 * 2**20
AT_ONCE = 2
WAITING_MOST = 60
"""Pictures that may wait; what was asked for first is then forgotten, for it has been scrolled away."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page that was drawn."""

    image: QImage
    page_width: float
    """Points, as the page is shown."""
    page_height: float


@dataclass(frozen=True, slots=True)
class Wish:
    """A picture: `page` from 1, `width` in device pixels; `stamp` tells versions of a file apart."""

    path: str
    page: int
    width: int
    stamp: str = ""


class PagePictures(QObject):
    """Finds pictures. What is not there yet is fetched, and `arrived` says so; what cannot be drawn says why."""

    arrived = Signal(object)
    """The Wish that can be had now, or that failed."""

    def __init__(self, bridge: Bridge, parent: QObject | None = None, memory: int = MEMORY_BYTES) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._runtime: RuntimeSeam | None = None
        self._memory = memory
        self._bytes = 0
        self._kept: OrderedDict[Wish, Sheet] = OrderedDict()
        self._troubles: OrderedDict[Wish, str] = OrderedDict()
        self._waiting: OrderedDict[Wish, None] = OrderedDict()
        self._running: dict[Wish, Handle] = {}

    @property
    def busy(self) -> bool:
        """Whether pictures are being fetched."""
        return bool(self._running or self._waiting)

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime; what was asked for before is fetched now."""
        self._runtime = runtime
        self._go_on()

    def get(self, wish: Wish) -> Sheet | None:
        """Return a picture that is there; else have it fetched before all that wait, and return None."""
        sheet = self._kept.get(wish)
        if sheet is not None:
            self._kept.move_to_end(wish)
            return sheet
        if wish not in self._troubles and wish not in self._running:
            self._waiting[wish] = None
            self._waiting.move_to_end(wish)
            while len(self._waiting) > WAITING_MOST:
                self._waiting.popitem(last=False)
            self._go_on()
        return None

    def trouble(self, wish: Wish) -> str:
        """Return why a picture cannot be had, "" if nothing is known against it."""
        return self._troubles.get(wish, "")

    def forget(self) -> None:
        """Drop what waits, and try again what failed."""
        self._waiting.clear()
        self._troubles.clear()

    def _go_on(self) -> None:
        if self._runtime is None:
            return
        library = self._runtime.library
        while self._waiting and len(self._running) < AT_ONCE:
            wish, _ = self._waiting.popitem()

            async def fetch(wish: Wish = wish) -> Sheet:
                import asyncio

                picture = await library.picture(Path(wish.path), wish.page, wish.width)
                image = await asyncio.to_thread(unpacked, picture.png)
                return Sheet(image, picture.page_width, picture.page_height)

            self._running[wish] = self._bridge.run(
                fetch, partial(self._take, wish), partial(self._refuse, wish), name="page picture"
            )

    def _take(self, wish: Wish, sheet: Sheet) -> None:
        self._running.pop(wish, None)
        self._kept[wish] = sheet
        self._bytes += sheet.image.sizeInBytes()
        while self._bytes > self._memory and len(self._kept) > 1:
            _, old = self._kept.popitem(last=False)
            self._bytes -= old.image.sizeInBytes()
        self.arrived.emit(wish)
        self._go_on()

    def _refuse(self, wish: Wish, error: BaseException) -> None:
        self._running.pop(wish, None)
        self._troubles[wish] = phrases.trouble(error)[0]
        while len(self._troubles) > 1000:
            self._troubles.popitem(last=False)
        if phrases.is_bug(error):
            self._bridge.failed.emit(error)
        self.arrived.emit(wish)
        self._go_on()


def unpacked(png: bytes) -> QImage:
    """Return a PNG that the reading process made as an image ready for painting. Raises DocumentError.

    Not by Qt: its reader asks a device of Python for the interpreter while it holds a lock that the Qt thread may wait
    for with the interpreter in hand (an icon that is loaded), and then neither goes on.
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(png), formats=("PNG",)) as picture:
            width, height = picture.size
            # The fourth byte has to be 255: what is painted over it would come out in other colours.
            pixels = picture.convert("RGB").convert("RGBA").tobytes("raw", "BGRA")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DocumentError(tr("The picture of the page is damaged."), code="no_picture") from error
    return QImage(pixels, width, height, 4 * width, QImage.Format.Format_RGB32).copy()
