"""Errors of a node; the server turns each into a gRPC status with code and hint (see serving/server.py).

EngineError(code, message, hint)
├── ModelMissing, ModelDamaged, ModelUnsafe, ModelTooLarge
├── AnswerLost          this answer cannot be finished here; the engine goes on with the others
├── ContextOverflow     the prompt does not fit
├── Busy                no slot and no room to queue
├── Draining            the node is going away
├── BadRequest
├── Duplicate           it makes that answer already, or has made it
├── NotAllowed          this caller may not do that
├── DownloadFailed, NoSpace
├── EngineLost          the engine's process ended or was ended
└── Unsupported         no engine for that here
"""

from __future__ import annotations

from typing import ClassVar

from nodeworker.protocol import Code


class EngineError(Exception):
    """Base: `message` is one plain sentence, `hint` says what to do. The class gives the code."""

    code: ClassVar[Code] = Code.ENGINE_FAILED

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ModelMissing(EngineError):
    """No model for that role or of that name."""

    code = Code.MODEL_MISSING


class ModelDamaged(EngineError):
    """The file is not what its hash or its format says."""

    code = Code.MODEL_DAMAGED


class ModelUnsafe(EngineError):
    """The format can run code when loaded; refused."""

    code = Code.MODEL_UNSAFE


class ModelTooLarge(EngineError):
    """It does not fit into this machine's memory."""

    code = Code.MODEL_TOO_LARGE


class AnswerLost(EngineError):
    """One answer cannot be finished; the engine is sound. Its code is the base's: another node may go on."""


class ContextOverflow(EngineError):
    """The prompt has more tokens than the context holds."""

    code = Code.CONTEXT_OVERFLOW


class Busy(EngineError):
    """No slot and no room to queue. `retry_ms`: when it may be worth asking again; 0 = unknown."""

    code = Code.BUSY

    def __init__(self, message: str, hint: str = "", retry_ms: float = 0.0) -> None:
        super().__init__(message, hint)
        self.retry_ms = retry_ms


class Draining(EngineError):
    """The node takes no new work because it is going away."""

    code = Code.DRAINING


class BadRequest(EngineError):
    """The caller sent something that makes no sense."""

    code = Code.BAD_REQUEST


class Duplicate(EngineError):
    """The answer of that id is being made for this caller, or was."""

    code = Code.DUPLICATE


class NotAllowed(EngineError):
    """This caller may not do that."""

    code = Code.NOT_ALLOWED


class DownloadFailed(EngineError):
    """A model could not be fetched."""

    code = Code.DOWNLOAD_FAILED


class NoSpace(EngineError):
    """The disk is full."""

    code = Code.NO_SPACE


class EngineLost(EngineError):
    """The engine's process ended, or was ended because it hung."""


class Unsupported(EngineError):
    """No engine for that here."""

    code = Code.UNSUPPORTED


def first_line(error: Exception) -> str:
    """Return what a library's error says, as one line without a full stop; its class where it says nothing."""
    text = str(error).strip().splitlines()
    return text[0][:300].rstrip(".") if text else type(error).__name__
