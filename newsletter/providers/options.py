"""Validation of a provider's table in newsletter.toml. Errors read ``[provider] <option>: …`` and carry a hint."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from newsletter.errors import SettingsError
from newsletter.files import library_errors

TOPIC = r"^arn:(aws|aws-cn|aws-us-gov):sns:([a-z]{2}(?:-[a-z]+)+-\d):\d{12}:[A-Za-z0-9_-]{1,256}$"  # an SNS topic's ARN


class Options(BaseModel):
    """A base class for a provider's options: unknown options are errors, and no types are converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


OptionsT = TypeVar("OptionsT", bound=Options)


def read_options(model: type[OptionsT], provider: str, options: Mapping[str, Any]) -> OptionsT:
    """Return the options as an instance of ``model``. Raise a SettingsError that names every invalid option."""
    try:
        return model.model_validate(dict(options))
    except ValidationError as err:
        known = sorted(model.model_fields)
        # The message must not show the value of an unknown option: it could be a secret in the wrong place.
        wrong = "; ".join(_explained(error, provider, known) for error in err.errors())
        raise SettingsError(wrong, hint=f"docs/providers.md lists the options of {provider}") from None


def option_path(root: Path, text: str) -> Path:
    """Return the path given in an option; relative paths start at the newsletter's folder."""
    return root / Path(text).expanduser()


def _explained(error: Any, provider: str, known: list[str]) -> str:
    name = ".".join(str(key) for key in error["loc"])
    label = f"[provider] {name}" if name else "[provider]"
    if error["type"] == "extra_forbidden":
        if "password" in name or "secret" in name:
            return f"{label}: a secret belongs in the environment, never in this file"
        close = get_close_matches(name, known, 1, 0.6)
        advice = f"did you mean {close[0]}?" if close else f"{provider} takes {', '.join(known)}"
        return f"{label}: no such option; {advice}"
    if error["type"] == "missing":
        return f"{label}: is missing"
    message = library_errors.of_value(error)
    return f"{label}: {message[:1].lower()}{message[1:]}" + (f", not {error['input']!r}" if name else "")
