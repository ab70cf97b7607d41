"""What the user sees when the program itself is wrong: one dialog, details, Copy. Qt's messages go to the log.

Each report is kept as a file on this machine and sent to nobody. What ends the process from outside Python, a crash in
a library, is written by the interpreter's fault handler and shown at the next start.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from PySide6.QtCore import QMessageLogContext, QObject, Qt, QtMsgType, Signal, qInstallMessageHandler, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from app.ui.translation import tr

if TYPE_CHECKING:
    from app.ui.chrome import TroubleBar
    from app.ui.crash_dialog import CrashDialog

KEPT = 20
"""Reports that are kept; older ones go."""
FAULT = "fault.log"
_log = logging.getLogger(__name__)
_qt_log = logging.getLogger("qt")
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class CrashReporter(QObject):
    """Shows unexpected errors of any thread in one dialog; those that come while it is open are added to it."""

    _raised = Signal(str)

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        """`folder`: where reports are kept."""
        super().__init__(parent)
        self._folder = folder
        self._fault: TextIO | None = None
        self.last = ""
        """How the process before this one crashed; "" where it did not."""
        self.dialog: CrashDialog | None = None
        self._raised.connect(self._show, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """Take over the exception hooks of the interpreter and of threads."""
        sys.excepthook = self._hook
        threading.excepthook = lambda args: self._hook(
            args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
        )
        fault = self._folder / FAULT
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.last = fault.read_text(encoding="utf-8", errors="replace") if fault.exists() else ""
            self._fault = fault.open("w", encoding="utf-8")
        except OSError as error:
            _log.warning("no report of a crash could be kept: %s", error)
            return
        if self.last:
            self._keep(self.last)
        faulthandler.enable(self._fault)

    def tell_last(self, bar: TroubleBar) -> None:
        """Say that the process before this one crashed, with a way to see how."""
        if self.last:
            bar.tell(
                tr("Tangnet ended unexpectedly last time. Your documents and conversations are as they were."),
                retry=lambda: self._open(self.last, tr("Tangnet ended unexpectedly last time")),
                action=tr("&Show report"),
            )

    def close(self) -> None:
        """The process ends as it should: leave nothing that looks like a crash."""
        if self._fault is not None:
            faulthandler.disable()
            self._fault.close()
            self._fault = None

    def report(self, error: BaseException) -> None:
        """Show `error`; may be called from any thread."""
        self._raised.emit(describe(error))

    def _hook(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        _log.critical("unexpected error", exc_info=(kind, error, trace))
        self.report(error)

    def _show(self, details: str) -> None:
        if self.dialog is None:
            self._keep(details)
            self._open(details)
        elif details not in self.dialog.details.toPlainText():
            self._keep(details)
            self.dialog.details.appendPlainText(f"\n{details}")

    def _open(self, details: str, sentence: str = "") -> None:
        from app.ui.crash_dialog import CrashDialog

        self.dialog = CrashDialog(details, sentence)
        self.dialog.finished.connect(self._closed)
        self.dialog.open()

    def _keep(self, details: str) -> None:
        """Write a report, and let the oldest ones go."""
        from datetime import datetime

        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            name = f"{datetime.now():%Y-%m-%d %H.%M.%S.%f}.txt"
            (self._folder / name).write_text(details, encoding="utf-8", errors="replace")
            for old in sorted(self._folder.glob("*.txt"))[:-KEPT]:
                os.unlink(old)
        except OSError as error:
            _log.warning("a report could not be kept: %s", error)

    def _closed(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None


def describe(error: BaseException) -> str:
    """Return versions and traceback: what a report needs, and nothing about the user."""
    import platform
    import traceback

    from app import __version__

    trace = "".join(traceback.format_exception(error))
    return (
        f"Tangnet {__version__}, Python {platform.python_version()}, Qt {qVersion()}, "
        f"{platform.system()} {platform.machine()}, {QGuiApplication.platformName()}\n\n{trace}"
    )


def log_qt_messages() -> None:
    """Send what Qt says to the log instead of the terminal."""
    qInstallMessageHandler(_take_message)


def _take_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    _qt_log.log(_LEVELS.get(kind, logging.WARNING), "%s: %s", context.category or "default", message)
