"""The whole window is killed while it records; its next start finishes the recording and hands it to the library."""

from __future__ import annotations

import os
import subprocess
import sys
import wave
from pathlib import Path

from tests.ui.test_application import ROOT, finish


def start(what: str, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.ui.recording_parts", what],
        cwd=ROOT,
        env={**os.environ, "TANGNET_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_a_window_that_is_killed_loses_less_than_a_second(home: Path) -> None:
    window = start("record", home)
    assert window.stdout is not None
    told = 0.0
    try:
        for line in window.stdout:
            if line.startswith("RECORDED"):
                told = float(line.split()[1])
                if told >= 2.0:
                    break
    finally:
        window.kill()
        window.communicate()
    assert told >= 2.0
    status, out, err = finish(start("look", home))
    assert status == 0, err
    (added,) = [line.removeprefix("ADDED ") for line in out.splitlines() if line.startswith("ADDED")]
    with wave.open(added, "rb") as file:
        length = file.getnframes() / file.getframerate()
    assert Path(added).parent == home / "recordings" and length > told - 1.0
    assert f"A recording of 0:0{int(length)} was not ended" in out
