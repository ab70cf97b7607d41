"""Our window with a scripted runtime, for a screen reader outside: says "here" once it stands, then obeys.

Commands on stdin: "view NAME" shows that view, "tab" presses Tab, "ask QUESTION" asks. The answer is the address and
the name of what has the keyboard then.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from shiboken6 import getCppPointer

from tests.ui.fake_runtime import document
from tests.ui.fleet import busy, fleet
from tests.ui.own_window import OwnWindow


def main(home: Path) -> None:
    """Run until stdin ends."""
    own = OwnWindow(home)
    window, application = own.window, own.application
    own.runtime.cluster.known = busy(fleet(2, 1), 1)
    own.runtime.library.more = [document("/home/u/Tax/return.pdf"), document("/home/u/House/plan.pdf")]

    def opened() -> None:
        window.pane.ask("How high is the tower?")
        window.pane.runs[0].ended.connect(lambda: print("here", flush=True))

    def focused() -> str:
        at = application.focusWidget()
        if at is None:
            return "0"
        told = QAccessible.queryAccessibleInterface(at).text(QAccessible.Text.Name)
        return f"{getCppPointer(at)[0]} {told}"

    def obey(line: str) -> None:
        word, _, rest = line.partition(" ")
        if word == "view":
            window.views.present(rest)
        elif word == "ask":
            window.pane.ask(rest)
        elif word == "tab":
            QTest.keyClick(application.focusWidget() or window, Qt.Key.Key_Tab)
        application.processEvents()
        print(focused(), flush=True)

    window.resize(1180, 780)
    own.run(opened, obey)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
