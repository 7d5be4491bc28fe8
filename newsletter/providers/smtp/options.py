"""The options of ``[provider] name = "smtp"``, and the relay that they describe."""

import socket
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from newsletter.errors import SecretError
from newsletter.providers.options import Options, option_path
from newsletter.providers.smtp.relay import Relay, Security

PASSWORD = "NEWSLETTER_SMTP_PASSWORD"  # noqa: S105 the variable's name
_PORTS: Mapping[Security, int] = {"starttls": 587, "tls": 465, "none": 25}


class SmtpOptions(Options):
    """The options of ``[provider] name = "smtp"``."""

    host: str = Field(min_length=1, pattern=r"^[^\s/@]+$")
    port: int | None = Field(default=None, ge=1, le=65535)
    security: Security = "starttls"
    allow_unencrypted: bool = False
    username: str = ""
    ca_file: str | None = None
    hello: str | None = Field(default=None, pattern=r"^[A-Za-z0-9.:\[\]-]+$")
    connections: int = Field(default=4, ge=1, le=100)
    batch_size: int = Field(default=5, ge=1, le=1000)  # small, because a kill leaves the whole batch uncertain
    messages_per_connection: int = Field(default=100, ge=1)
    timeout: int = Field(default=60, ge=1, le=600)
    dkim_domain: str | None = Field(default=None, pattern=r"^[A-Za-z0-9.-]+$")
    dkim_selector: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]+$")
    dkim_key: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.security == "none" and not self.allow_unencrypted and not _is_loopback(self.host):
            raise ValueError(
                f'security = "none" would send everything unencrypted to {self.host}: use "starttls" or "tls",'
                " or set allow_unencrypted = true"
            )
        given = [value is not None for value in (self.dkim_domain, self.dkim_selector, self.dkim_key)]
        if any(given) and not all(given):
            raise ValueError("set all of dkim_domain, dkim_selector and dkim_key, or none of them")
        return self


def configured_relay(options: SmtpOptions, *, root: Path, environment: Mapping[str, str]) -> Relay:
    """Return the relay that the options describe. Raise SecretError if its password is missing."""
    password = environment.get(PASSWORD, "") if options.username else ""
    if options.username and not password:
        raise SecretError(
            f"[provider] username is set, but {PASSWORD} is not", hint=f"export {PASSWORD}, or remove username"
        )
    return Relay(
        host=options.host,
        port=options.port or _PORTS[options.security],
        security=options.security,
        timeout=options.timeout,
        hello=options.hello or _own_name(),
        username=options.username,
        password=password,
        ca_file=str(option_path(root, options.ca_file)) if options.ca_file else None,
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _own_name() -> str:
    """Return the name for EHLO: this machine's full name, or else an address literal (RFC 5321 §4.1.3)."""
    name = socket.gethostname()  # getfqdn() would ask a name server and may block
    return name if "." in name and name.isascii() else "[127.0.0.1]"
