"""Import a library without modules that it needs only for what we never ask of it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def without_modules(*names: str) -> Iterator[None]:
    """Let imports in this context have empty modules in place of these; those that are imported already stay."""
    missing = [name for name in names if name not in sys.modules]
    sys.modules.update((name, ModuleType(name)) for name in missing)
    try:
        yield
    finally:
        for name in missing:
            del sys.modules[name]
