"""A relay and how to connect to it, and the error for one that can't be used for now."""

import base64
from dataclasses import dataclass
from typing import Literal

from newsletter.errors import OutageError

Security = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """A relay and how to connect to it. ``timeout`` is in seconds per answer; ``password`` is never printed."""

    host: str
    port: int
    security: Security
    timeout: float
    hello: str
    username: str = ""
    password: str = ""
    ca_file: str | None = None

    def __repr__(self) -> str:
        return f"{self.host}:{self.port}"

    def without_secrets(self, words: str) -> str:
        """Return a server's words with the password masked in all its forms: servers may repeat what they received."""
        if not self.password:
            return words
        plain = f"\0{self.username}\0{self.password}"
        for secret in (plain, self.password):
            words = words.replace(base64.b64encode(secret.encode()).decode("ascii"), "***").replace(secret, "***")
        return words


class UnavailableError(OutageError):
    """A server without a connection or a clear answer for now. ``words`` is its reply, if there was one."""

    code = "smtp-unavailable"

    def __init__(self, what: str, *, hint: str, words: str = "") -> None:
        self.words = words
        super().__init__(what, hint=hint)

    def copy(self) -> "UnavailableError":
        """Return the same error without a traceback, for another thread to raise."""
        return UnavailableError(self.what, hint=self.hint, words=self.words)
