"""What the user sees when the program itself is wrong: one dialog, details, Copy. Qt's messages go to the log."""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QObject, Qt, QtMsgType, Signal, qInstallMessageHandler, qVersion
from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout

from app.ui.controls import button, label

_log = logging.getLogger(__name__)
_qt_log = logging.getLogger("qt")
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class CrashDialog(QDialog):
    """Says that it is not the user's fault, and gives what a bug report needs."""

    def __init__(self, details: str) -> None:
        super().__init__()
        self.setWindowTitle("Tangnet has a problem")
        self.setWindowModality(Qt.WindowModality.ApplicationModal)
        self.resize(640, 420)
        column = QVBoxLayout(self)
        column.setContentsMargins(28, 24, 28, 20)
        column.setSpacing(12)
        column.addWidget(label("Something went wrong inside Tangnet", scale=1.35, weight=QFont.Weight.DemiBold))
        column.addWidget(
            label(
                "This is a mistake in the program, not yours. Your documents and conversations are safe. "
                "Please report it with the details below; look through them first, they may hold file names.",
                wrap=True,
                tone="muted",
            )
        )
        self.details = QPlainTextEdit(details)
        self.details.setReadOnly(True)
        self.details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.details.setAccessibleName("Details")
        column.addWidget(self.details, 1)
        row = QHBoxLayout()
        self.copy_button = button("&Copy details", glyph="copy", clicked=self._copy)
        row.addWidget(self.copy_button)
        row.addStretch()
        self.close_button = button("Go on", kind="primary", clicked=self.accept)
        self.close_button.setDefault(True)
        row.addWidget(self.close_button)
        column.addLayout(row)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.details.toPlainText())
        self.copy_button.setText("Copied")


class CrashReporter(QObject):
    """Shows unexpected errors of any thread in one dialog; those that come while it is open are added to it."""

    _raised = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.dialog: CrashDialog | None = None
        self._raised.connect(self._show, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """Take over the exception hooks of the interpreter and of threads."""
        sys.excepthook = self._hook
        threading.excepthook = lambda args: self._hook(
            args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
        )

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
        if self.dialog is not None:
            if details not in self.dialog.details.toPlainText():
                self.dialog.details.appendPlainText(f"\n{details}")
            return
        self.dialog = CrashDialog(details)
        self.dialog.finished.connect(self._closed)
        self.dialog.open()

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
