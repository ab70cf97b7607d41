"""Our window with its icon in the tray, on an X server: says "here" once it stands, "shown" and "hidden", "ended".

Commands on stdin: "close" closes the window as its user would, "read" begins to read documents, "read off" ends that,
"model" lets a model come.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QEvent, QObject

from app.library_state import LibraryState, Working
from tests.ui.own_window import OwnWindow

BUSY = LibraryState(waiting=3, done=12, total=300, working=(Working("a.pdf", "reading"),))


class _Seen(QObject):
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide):
            print("shown" if event.type() is QEvent.Type.Show else "hidden", flush=True)
        return False


def main(home: Path) -> None:
    """Run until stdin ends."""
    own = OwnWindow(home)
    own.application.setQuitOnLastWindowClosed(False)
    own.runtime.settings.window_tray = True
    seen = _Seen()
    own.window.installEventFilter(seen)
    own.window.closing.connect(lambda: print("ended", flush=True))
    own.window.tray.once = lambda _name: False

    def obey(line: str) -> None:
        if line == "close":
            own.window.close()
        elif line == "model":
            own.window.pane.models.came.emit("llama", "")
        else:
            state = BUSY if line == "read" else LibraryState()
            own.bridge.run(lambda: own.runtime.library.tell(state))

    own.run(lambda: print("here", flush=True), obey)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
