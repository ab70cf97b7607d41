"""A second start wakes the window that is open and gives it its links and files."""

from __future__ import annotations

import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QLockFile
from pytestqt.qtbot import QtBot

from app.links import ToConversation, ToDocument
from app.ui.arrivals import take
from app.ui.single import Doorbell, claim
from tests.ui.conftest import Scene
from tests.ui.fake_runtime import document

KNOCK = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from app.ui.single import hand_over
application = QCoreApplication([])
raise SystemExit(0 if hand_over(Path(sys.argv[1]), sys.argv[2:]) else 1)
"""


def test_a_second_start_hands_over_and_ends(qtbot: QtBot, home: Path) -> None:
    lock = claim(home)
    assert isinstance(lock, QLockFile) and claim(home) is None
    bell = Doorbell(home)
    assert bell.listening and stat.S_IMODE((home / "window.sock").stat().st_mode) & 0o077 == 0
    with qtbot.waitSignal(bell.rung, timeout=20_000) as rung:
        second = subprocess.Popen([sys.executable, "-c", KNOCK, str(home), "tangnet://x", "/a b"])
    assert rung.args == [["tangnet://x", "/a b"]]
    assert second.wait(20) == 0
    for nonsense in (b"{}\n", b"not json\n", b"[1]\n", b"x" * 70_000):
        with socket.socket(socket.AF_UNIX) as link, qtbot.assertNotEmitted(bell.rung, wait=100):
            link.connect(str(home / "window.sock"))
            link.sendall(nonsense)
            qtbot.wait(50)
    bell.close()
    assert subprocess.run([sys.executable, "-c", KNOCK, str(home)], timeout=60).returncode == 1
    lock.unlock()
    assert claim(home) is not None


def test_a_start_beside_one_that_does_not_listen_yet_waits_for_it(qtbot: QtBot, home: Path) -> None:
    knock = KNOCK.replace("raise", "print('knocks', flush=True)\nraise")
    second = subprocess.Popen([sys.executable, "-c", knock, str(home), "/a"], stdout=subprocess.PIPE)
    assert second.stdout is not None and second.stdout.readline() == b"knocks\n"
    qtbot.wait(300)  # it has found nobody
    assert second.poll() is None
    bell = Doorbell(home)
    with qtbot.waitSignal(bell.rung, timeout=20_000) as rung:
        pass
    qtbot.waitUntil(lambda: second.poll() is not None, timeout=20_000)
    assert rung.args == [["/a"]] and second.returncode == 0
    second.stdout.close()
    bell.close()


def test_a_long_path_has_a_place_too(qtbot: QtBot, tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 30)
    deep.mkdir()
    bell = Doorbell(deep)
    assert bell.listening
    bell.close()


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_links_show_what_they_lead_to_and_files_are_asked_about(scene: Scene, tmp_path: Path) -> None:
    store = scene.runtime.conversations
    made = store.create("The tower")
    ids = [store.ask(made.id, f"Question {number}") for number in range(60)]
    scene.runtime.library.more = [document("/home/u/plan.pdf")]
    scene.attach()
    window = scene.window
    window.show_documents()
    take(window, [str(ToConversation(made.id, ids[3]))])
    view = window.pane.view
    scene.until(lambda: window.pane.conversation == made.id and view.place[0] == ids[3])
    assert window.views.name == "conversation"
    take(window, [str(ToDocument("/home/u/plan.pdf", 4))])
    scene.until(lambda: window.side.page is not None)
    take(window, [str(ToDocument("/etc/passwd"))])
    scene.until(lambda: "not in your library" in window.pane.trouble.sentence.text())
    take(window, ["tangnet://run?command=rm"])
    assert "none that Tangnet knows" in window.pane.trouble.sentence.text()
    take(window, ["tangnet://pair/192.168.1.7:7443?code=12345678&key=0123456789abcdef0123456789abcdef"])
    assert window.nodes.pairing is not None and "192.168.1.7" in window.nodes.pairing.digits.text()
    window.nodes.pairing.reject()
    file = tmp_path / "new.txt"
    file.write_text("x")
    take(window, [str(file)])
    assert window.pane.trouble.sentence.text() == "Add new.txt to your documents?" and not scene.runtime.library.paths
    window.pane.trouble.action.click()
    scene.until(lambda: scene.runtime.library.paths == [file])
    other = tmp_path / "other.txt"
    other.write_text("y")
    take(window, [str(other)])
    window.pane.trouble.other.click()
    scene.until(lambda: window.pane.composer.attachments.paths == (other,))
    assert window.views.name == "conversation" and scene.runtime.library.paths == [file]
    take(window, [str(tmp_path / "gone.txt")])
    assert "is not there" in window.pane.trouble.sentence.text()
