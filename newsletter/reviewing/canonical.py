"""Values as canonical text, so that equal ones have equal digests in every process. No I/O."""

import datetime
import hashlib
import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from enum import Enum


def canonical_text(value: object) -> str:
    """Return a value of dataclasses, collections and plain values as text; equal values have equal text."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"))


def digest_of_value(value: object) -> str:
    """Return the SHA-256 of a value, in hexadecimal."""
    return hashlib.sha256(canonical_text(value).encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime.datetime):
        aware = value if value.tzinfo is None else value.astimezone(datetime.UTC)
        return aware.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        compared = [field.name for field in fields(value) if field.compare]
        return [type(value).__name__, {name: _plain(getattr(value, name)) for name in compared}]
    if isinstance(value, Mapping):
        return sorted([str(_plain(key)), _plain(kept)] for key, kept in value.items())
    if isinstance(value, AbstractSet):
        return sorted(canonical_text(member) for member in value)
    if isinstance(value, Sequence):
        return [_plain(member) for member in value]
    return str(value)
