"""The options of ``[provider] name = "ses"``."""

from typing import Annotated

from pydantic import Field

from newsletter.providers.options import TOPIC, Options


class SesOptions(Options):
    """The options of ``[provider] name = "ses"``. Credentials come from AWS's own chain."""

    region: str | None = Field(default=None, pattern=r"^[a-z0-9-]+$")
    configuration_set: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,64}$")
    sandbox: bool = False
    concurrency: int = Field(default=4, ge=1, le=50)
    timeout: int = Field(default=60, ge=1, le=600)
    endpoint_url: str | None = Field(default=None, pattern=r"^https?://[^\s@]+$")
    topics: list[Annotated[str, Field(pattern=TOPIC)]] = Field(default=[], max_length=100)
