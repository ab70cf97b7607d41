"""One window for each home folder: who holds the lock is the window, a later start gives it its words and ends.

The first one listens on a socket of the local machine that only its own user may open (mode 0600 in a folder of mode
0700; a named pipe with the user's rights on Windows). It listens on no network.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QDeadlineTimer, QEventLoop, QLockFile, QObject, QTimer, Signal

if TYPE_CHECKING:
    from PySide6.QtNetwork import QLocalServer, QLocalSocket

WAIT_MS = 3_000
"""How long the window may take to answer."""
START_MS = 10_000
"""How long a window that is just starting may take until it listens."""
AGAIN_MS = 50
"""Between two tries to reach it."""
LONGEST = 65_536
"""Bytes of what a later start says."""
_PATH_MOST = 100
"""Bytes of the path of a socket; Linux allows 107, macOS 103."""


def claim(home: Path) -> QLockFile | None:
    """Return the lock of the window in `home`, or None when another process that is alive holds it."""
    lock = QLockFile(str(home / "window.lock"))
    lock.setStaleLockTime(0)  # only the death of its holder ends it
    return lock if lock.tryLock(0) or lock.error() != QLockFile.LockError.LockFailedError else None


def hand_over(home: Path, words: Sequence[str]) -> bool:
    """Give `words` to the window of `home`, also to one that is just starting; tell whether it took them."""
    import json

    from PySide6.QtNetwork import QLocalSocket

    link = QLocalSocket()
    if not _reached(link, _name(home)):
        return False
    link.write(json.dumps(list(words)).encode() + b"\n")
    link.flush()
    return link.waitForReadyRead(WAIT_MS) and bytes(link.readAll().data()) == b"ok\n"


def _reached(link: QLocalSocket, address: str) -> bool:
    """Connect `link`; tell whether somebody listened there within START_MS."""
    until = QDeadlineTimer(START_MS)
    while True:
        link.connectToServer(address)
        if link.waitForConnected(WAIT_MS):
            return True
        if until.hasExpired():
            return False
        pause = QEventLoop()
        QTimer.singleShot(AGAIN_MS, pause.quit)
        pause.exec()


class Doorbell(QObject):
    """Listens for later starts."""

    rung = Signal(list)
    """The words of a later start: files and links, perhaps none."""

    def __init__(self, home: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        from PySide6.QtNetwork import QLocalServer

        self._server: QLocalServer = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        QLocalServer.removeServer(_name(home))  # of a window that was killed: the lock is ours
        self.listening = self._server.listen(_name(home))
        """False where there is no place for a socket; later starts then say that they cannot reach the window."""
        self._server.newConnection.connect(self._answer)

    def close(self) -> None:
        """Listen no more."""
        self._server.close()

    def _answer(self) -> None:
        while (link := self._server.nextPendingConnection()) is not None:
            link.disconnected.connect(link.deleteLater)
            if not _mine(link):
                link.abort()
                continue
            link.readyRead.connect(lambda link=link: self._read(link))

    def _read(self, link: QLocalSocket) -> None:
        if link.bytesAvailable() > LONGEST:
            link.abort()
        elif link.canReadLine():
            import json

            try:
                words = json.loads(bytes(link.readLine().data()))
            except ValueError:
                words = None
            if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
                link.abort()
                return
            link.write(b"ok\n")
            link.flush()
            link.disconnectFromServer()
            self.rung.emit(words)


def _mine(link: QLocalSocket) -> bool:
    """Whether the other end belongs to the same user, where the system can tell."""
    if not sys.platform.startswith("linux"):
        return True
    import socket
    import struct

    with socket.fromfd(int(link.socketDescriptor()), socket.AF_UNIX, socket.SOCK_STREAM) as end:
        _, user, _ = struct.unpack("3i", end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return bool(user == os.getuid())


def _name(home: Path) -> str:
    """Return the address of the window's socket: in its home, or where that path is too long, beside other sockets."""
    place = str(home / "window.sock")
    if sys.platform != "win32" and len(os.fsencode(place)) <= _PATH_MOST:
        return place
    import hashlib

    return f"tangnet-{hashlib.sha256(os.fsencode(home)).hexdigest()[:24]}"
