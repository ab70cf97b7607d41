"""Errors that a user can meet. Anything outside this tree is a bug.

TangnetError(code, message, hint)
├── UsageError          the request itself is wrong                     exit 2
├── SettingsError       settings.toml is wrong
├── DocumentError       a file cannot be read or indexed
├── StoreError          the index or the conversations cannot be used
├── VoiceError          microphone, audio file, transcription
├── NodeError           a node answered with an error
│   ├── NodeLost        it cannot be reached, or went away in the middle
│   ├── NodeBusy        it has no room now; another may
│   └── ModelError      a model is missing, damaged, unsafe, or does not fit
└── TrustError          pairing, certificates, keys
"""

from __future__ import annotations


class TangnetError(Exception):
    """Base. `code` is stable, `message` is one plain sentence, `hint` says what to do next."""

    def __init__(self, message: str, *, code: str = "error", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint


class UsageError(TangnetError):
    """The request itself is wrong: unknown option, no question, a path that does not exist."""


class SettingsError(TangnetError):
    """settings.toml has an unknown key or a value of the wrong type."""


class DocumentError(TangnetError):
    """A file cannot be read or indexed."""


class StoreError(TangnetError):
    """The index or the conversation store cannot be opened or written."""


class VoiceError(TangnetError):
    """Microphone, audio file or transcription failed."""


class NodeError(TangnetError):
    """A node answered with an error. `retryable`: another node, or the same one later, may succeed."""

    def __init__(self, message: str, *, code: str = "node", hint: str = "", retryable: bool = False) -> None:
        super().__init__(message, code=code, hint=hint)
        self.retryable = retryable


class NodeLost(NodeError):
    """The node cannot be reached, or went away in the middle of a call."""

    def __init__(self, message: str, *, code: str = "node_lost", hint: str = "") -> None:
        super().__init__(message, code=code, hint=hint, retryable=True)


class NodeBusy(NodeError):
    """The node has no room now. `retry_ms`: when it expects to have; 0 = unknown."""

    def __init__(self, message: str, *, code: str = "busy", hint: str = "", retry_ms: float = 0.0) -> None:
        super().__init__(message, code=code, hint=hint, retryable=True)
        self.retry_ms = retry_ms


class ModelError(NodeError):
    """A model is missing, damaged, unsafe to load, or does not fit."""


class TrustError(TangnetError):
    """Pairing failed, or a certificate or key is not the pinned one."""
