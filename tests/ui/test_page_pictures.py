"""Pictures of pages are unpacked beside the Qt thread, and neither ever waits for the other."""

from __future__ import annotations

import io
import subprocess
import sys
import textwrap

import pytest
from PIL import Image

from app.errors import DocumentError
from app.ui.page_pictures import unpacked


def packed(width: int, height: int) -> bytes:
    """Return a PNG with another colour at each point."""
    picture = Image.new("RGB", (width, height))
    picture.putdata([(x % 256, y % 256, (x * y) % 256) for y in range(height) for x in range(width)])
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def test_colours_and_size_are_those_of_the_picture() -> None:
    image = unpacked(packed(31, 17))
    assert (image.width(), image.height(), image.depth()) == (31, 17, 32)
    assert image.pixelColor(30, 16).getRgb() == (30, 16, 480 % 256, 255)
    assert set(bytes(image.constBits())[3::4]) == {255}


WHOLE = packed(40, 40)


@pytest.mark.parametrize("png", [b"", WHOLE[:8], WHOLE[:-60], WHOLE.replace(b"IHDR", b"IHDX"), b"GIF89a" + bytes(40)])
def test_a_damaged_one_is_refused(png: bytes) -> None:
    with pytest.raises(DocumentError):
        unpacked(png)


def test_icons_can_be_loaded_meanwhile() -> None:
    """With a reader of Qt's on a device of Python's, both threads stood still within a second."""
    program = """
        import threading, time
        from PySide6.QtCore import QByteArray
        from PySide6.QtGui import QImage
        from app.ui.page_pictures import unpacked
        from tests.ui.test_page_pictures import packed
        png, made, ends = packed(300, 300), [], time.monotonic() + 2
        def work():
            while time.monotonic() < ends:
                made.append(unpacked(png).width())
        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        while time.monotonic() < ends:
            assert not QImage.fromData(QByteArray(png)).isNull()
        for thread in threads:
            thread.join()
        assert made
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True, timeout=60)
