"""The whole program in a fresh process: what is imported when, closing, signals, wrong settings, kept size."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "llama_cpp", "faster_whisper", "lancedb", "pyarrow", "numpy", "grpc", "sounddevice", "av", "asyncio")
START = """
import sys
from app.ui.application import run
from tests.ui.application_parts import say, scripted
"""


def start(code: str, home: Path, *, inherit: dict[str, str] | None = None) -> subprocess.Popen[str]:
    environment = {**os.environ, "TANGNET_HOME": str(home), "QT_QPA_PLATFORM": "offscreen", **(inherit or {})}
    return subprocess.Popen(
        [sys.executable, "-c", START + code],
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def finish(process: subprocess.Popen[str], seconds: float = 90.0) -> tuple[int, str, str]:
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return process.returncode, out, err


def test_nothing_heavy_is_imported_before_the_window_shows(home: Path) -> None:
    code = f"""
def painted(window):
    say("LOADED", [name for name in {HEAVY!r} if name in sys.modules])
    say("VISIBLE", window.isVisible())
    window.close()
raise SystemExit(run(["tangnet"], open_runtime=scripted, on_painted=painted))
"""
    status, out, err = finish(start(code, home))
    assert (status, err) == (0, "")
    assert "LOADED []" in out and "VISIBLE True" in out


def test_no_source_text_is_read_and_kept(home: Path) -> None:
    """PySide would read that of each module: see app/ui/unread_source.py."""
    code = """
import linecache
from PySide6.QtCore import QTimer
def painted(window):
    def look():
        if window.runtime is not None:
            say("READ", [name for name in linecache.cache if name.endswith(("composer.py", "sidebar.py"))])
            window.close()
    window.look = QTimer(window, interval=20)
    window.look.timeout.connect(look)
    window.look.start()
raise SystemExit(run(["tangnet"], open_runtime=scripted, on_painted=painted))
"""
    status, out, err = finish(start(code, home))
    assert (status, err) == (0, "")
    assert "READ []" in out


def test_an_open_runtime_that_does_nothing_has_no_numpy() -> None:
    """It is a tenth of the window's memory, and first needed where a file is read or searched, beside the Qt thread."""
    code = """
import sys
import app.cluster.client, app.cluster.cluster, app.memory.memory, app.rag.library, app.runtime, app.ui.wiring
print([name for name in ("numpy", "lancedb", "pyarrow") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_it_opens_closes_and_keeps_its_size(home: Path) -> None:
    code = """
from PySide6.QtCore import QTimer
def painted(window):
    say("SIZE", window.width(), window.height())
    window.resize(700, 600)
    def look():
        if window.runtime is not None:
            say("OPEN")
            window.close()
    window.look = QTimer(window, interval=20)
    window.look.timeout.connect(look)
    window.look.start()
raise SystemExit(run(["tangnet"], open_runtime=scripted, on_painted=painted))
"""
    status, out, err = finish(start(code, home))
    assert (status, err) == (0, "")
    assert "OPEN" in out and "CLOSED" in out
    assert (home / "window.ini").is_file() and (home / "logs" / "window.log").is_file()
    assert "SIZE 700 600" in finish(start(code, home))[1]


def test_the_language_that_was_chosen_is_spoken_from_the_next_start(home: Path) -> None:
    code = """
from PySide6.QtCore import QTimer
def painted(window):
    def look():
        if window.runtime is not None:
            window.look.stop()
            say("SAYS", window.sidebar.new_button.text())
            window.runtime.settings.window_language = "de"
            window.close()
    window.look = QTimer(window, interval=20)
    window.look.timeout.connect(look)
    window.look.start()
raise SystemExit(run(["tangnet"], open_runtime=scripted, on_painted=painted))
"""
    english = {"LANGUAGE": "en", "LC_ALL": "C.UTF-8"}
    assert "SAYS New conversation" in finish(start(code, home, inherit=english))[1].replace("&", "")
    status, out, err = finish(start(code, home, inherit=english))
    assert (status, err) == (0, "")
    assert "SAYS Neues Gespräch" in out.replace("&", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_it_cleanly(home: Path, number: int) -> None:
    code = """
def painted(window):
    say("UP")
raise SystemExit(run(["tangnet"], open_runtime=scripted, on_painted=painted))
"""
    process = start(code, home)
    assert process.stdout is not None
    try:
        assert process.stdout.readline().strip() == "UP"
    finally:
        process.send_signal(number)
    status, out, err = finish(process)
    assert (status, err) == (0, "")
    assert "CLOSED" in out or "OPENED" not in out


def test_wrong_settings_are_told_and_can_be_tried_again(home: Path) -> None:
    code = """
from PySide6.QtCore import QTimer
from tests.ui.application_parts import refusing
def painted(window):
    def look():
        if window.pane.trouble.isVisible():
            say("TOLD", window.pane.pill.state, window.pane.trouble.sentence.text(), window.pane.trouble.hint.text())
            window.pane.trouble.action.click()
        if window.runtime is not None:
            window.close()
    window.look = QTimer(window, interval=20)
    window.look.timeout.connect(look)
    window.look.start()
raise SystemExit(run(["tangnet"], open_runtime=refusing, on_painted=painted))
"""
    status, out, err = finish(start(code, home))
    assert (status, err) == (0, "")
    assert "TOLD failed unknown setting voice.kye. Did you mean voice.key?" in out


def test_an_unexpected_error_gives_one_dialog_with_details(home: Path) -> None:
    code = """
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
def broken():
    raise ZeroDivisionError("a bug")
def painted(window):
    QTimer.singleShot(0, broken)
    QTimer.singleShot(0, broken)
    def look():
        found = [w for w in QApplication.topLevelWidgets() if type(w).__name__ == "CrashDialog"]
        if found:
            found[0].copy_button.click()
            say("DIALOGS", len(found), "ZeroDivisionError: a bug" in QApplication.clipboard().text())
            found[0].close_button.click()
            window.close()
    window.look = QTimer(window, interval=50)
    window.look.timeout.connect(look)
    window.look.start()
raise SystemExit(run(["tangnet"], open_runtime=scripted, on_painted=painted))
"""
    status, out, err = finish(start(code, home))
    assert (status, err) == (0, "")
    assert "DIALOGS 1 True" in out
    assert "ZeroDivisionError" in (home / "logs" / "window.log").read_text()
