"""A program of its own with one text field, for tests that type into other programs: prints what stands there."""

from __future__ import annotations

import sys

from PySide6.QtCore import QSocketNotifier
from PySide6.QtWidgets import QApplication, QPlainTextEdit


def main() -> None:
    """Run until killed: "window ID" once the field has the keyboard, then its text at every change."""
    application = QApplication([])
    field = QPlainTextEdit()
    field.resize(300, 200)

    def focused(window: object) -> None:
        if window is not None:
            print("window", int(field.winId()), flush=True)
            application.focusWindowChanged.disconnect(focused)

    application.focusWindowChanged.connect(focused)
    field.textChanged.connect(lambda: print(field.toPlainText().replace("\n", "⏎"), flush=True))
    told = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read)
    told.activated.connect(lambda: field.clear() if sys.stdin.readline() else application.quit())
    field.show()
    field.activateWindow()
    application.exec()


if __name__ == "__main__":
    main()
