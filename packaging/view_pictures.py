"""Makes pictures of all views of the window, in docs/pictures/views: colours, sizes, languages, directions.

    python packaging/view_pictures.py              all of them
    python packaging/view_pictures.py light de     these alone; each is a folder or a sheet

What is in the window is written (tests/ui/stage.py), so that two runs make the same pictures but for the time of day.
"light" and "dark" have a picture for each view, and tests/ui/test_pictures.py compares with them; the others, a sheet.
"empty" is a window that nobody has used yet.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PySide6.QtCore import QTranslator
    from PySide6.QtWidgets import QApplication

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "pictures" / "views"
FONTS = Path("/usr/share/fonts/truetype/dejavu")
SIZE = (1180, 780)
"""Logical pixels of the window."""
MIRRORED = "mirrored"
"""No language: English words that claim to be written from the right, so that the layout can be seen."""
VARIANTS = {
    "light": {},
    "dark": {"theme": "dark"},
    "contrast-light": {"theme": "contrast"},
    "contrast-dark": {"theme": "contrast", "system": "dark"},
    "double": {"scale": "2"},
    "german": {"language": "de"},
    "mirrored": {"language": MIRRORED},
    "empty": {"empty": "yes"},
    "empty-dark": {"empty": "yes", "theme": "dark"},
    "dialogs": {"dialogs": "yes"},
    "dialogs-dark": {"dialogs": "yes", "theme": "dark"},
}
WHOLE = ("light", "dark")
"""Of these each view is a picture of its own."""


def main() -> int:
    """Make the pictures; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("variants", nargs="*", choices=[*VARIANTS, []], help="which; none: all")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder for the pictures")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    choice = parser.parse_args()
    if choice.here:
        return _take(choice.variants[0], choice.out)
    for variant in choice.variants or VARIANTS:
        environment = {**os.environ, "QT_SCALE_FACTOR": VARIANTS[variant].get("scale", "1")}
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
        if FONTS.is_dir():
            environment.setdefault("QT_QPA_FONTDIR", str(FONTS))
        with tempfile.TemporaryDirectory(prefix="tangnet-pictures-") as home:
            environment["TANGNET_HOME"] = home
            command = [sys.executable, __file__, variant, "--here", "--out", str(choice.out)]
            status = subprocess.run(command, env=environment, check=False).returncode
        if status:
            return status
    return 0


def _take(variant: str, out: Path) -> int:
    """Make the pictures of one variant in this process."""
    sys.path.insert(0, str(ROOT))
    from PySide6.QtCore import QEventLoop, Qt
    from PySide6.QtWidgets import QApplication

    from app.ui.bridge import Bridge
    from app.ui.seam import RuntimeSeam
    from app.ui.theme import Theme
    from app.ui.translation import speak
    from app.ui.window import MainWindow
    from tests.ui.fake_runtime import ScriptedRuntime
    from tests.ui.fake_sound import FakeEar, FakePlayer
    from tests.ui.stage import Stage, furnish
    from tests.ui.stage_dialogs import dialogs

    wish = VARIANTS[variant]
    application = QApplication(["tangnet"])
    application.setStyle("Fusion")
    if wish.get("language") == MIRRORED:
        application.installTranslator(_mirror(application))
        application.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    else:
        speak(application, wish.get("language", "en"))
    theme = Theme(application, wish.get("theme", "light"), dark=lambda: wish.get("system") == "dark")
    bridge = Bridge()
    bridge.start()
    window = MainWindow()
    window.complete(bridge, theme, lambda _device, *on: FakeEar(*on), FakePlayer)
    theme.dress()
    window.resize(*SIZE)
    runtime = ScriptedRuntime(Path(os.environ["TANGNET_HOME"]))
    if not wish.get("empty"):
        furnish(runtime)
    runtime.settings.window_theme = wish.get("theme", "light")

    def until(done: Callable[[], object]) -> None:
        deadline = time.monotonic() + 60
        while not done():
            if time.monotonic() > deadline:
                raise SystemExit("view_pictures: waited a minute in vain")
            application.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)

    def settle() -> None:
        still = time.monotonic() + 0.5
        until(lambda: time.monotonic() > still)

    async def opened() -> RuntimeSeam:
        bridge.at_close(runtime.close)
        return runtime

    window.show()
    bridge.run(opened, window.attach)
    until(lambda: window.runtime is not None)
    stage = Stage(window, runtime, until)
    taken: dict[str, Image] = {}
    views = stage.empty if wish.get("empty") else {} if wish.get("dialogs") else stage.views
    for name, show in views.items():
        show()
        settle()
        taken[name] = stage.picture()
    for name, make in dialogs(window, runtime).items() if wish.get("dialogs") else ():
        dialog = make()
        dialog.show()
        settle()
        taken[name] = stage.picture(dialog)
        dialog.close()
    bridge.close(10)
    _keep(variant, taken, out)
    return 0


def _mirror(application: QApplication) -> QTranslator:
    """Return a translator to English words behind a mark that makes them run from the right."""
    from PySide6.QtCore import QTranslator

    class Mirror(QTranslator):
        def translate(self, context: str, text: str, disambiguation: str | None = None, n: int = -1) -> str:
            return "\u200f" + text.replace("%n", str(n))

    return Mirror(application)


def _keep(variant: str, taken: dict[str, Image], out: Path) -> None:
    from PIL import Image

    if variant in WHOLE:
        folder = out / variant
        folder.mkdir(parents=True, exist_ok=True)
        for name, picture in taken.items():
            _save(picture, folder / f"{name}.png", 128)
        return
    out.mkdir(parents=True, exist_ok=True)
    across = 3
    width, height = SIZE[0] * 3 // 5, SIZE[1] * 3 // 5
    down = -(-len(taken) // across)
    sheet = Image.new("RGB", (across * (width + 8) - 8, down * (height + 8) - 8), "#808080")
    for at, picture in enumerate(taken.values()):
        share = min(width / picture.width, height / picture.height, 1.0)  # a dialog is smaller than a window
        small = picture.resize((round(picture.width * share), round(picture.height * share)), Image.Resampling.LANCZOS)
        left, top = (width - small.width) // 2, (height - small.height) // 2
        sheet.paste(small, (at % across * (width + 8) + left, at // across * (height + 8) + top))
    _save(sheet, out / f"{variant}.png", 96)


def _save(picture: Image, path: Path, colours: int) -> None:
    from PIL import Image

    picture.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    raise SystemExit(main())
