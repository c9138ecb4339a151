"""Why an account cannot be as it is asked for."""

from __future__ import annotations


class AccountError(ValueError):
    """What is asked for cannot be; the message says why and what to do. ``reason`` is for programs and for words."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
