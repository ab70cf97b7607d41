"""The one error of identities, pins and pairing; apart, so that catching it loads no cryptography."""

from __future__ import annotations


class TrustFailure(Exception):
    """An identity, a pin or a pairing is not what it must be. `message` is one plain sentence, `hint` what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
