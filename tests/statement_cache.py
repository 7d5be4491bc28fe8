"""A cache of compiled SQLAlchemy statements, shared by all stores of a test process.

Otherwise each engine has its own, and with a store per test, compiling takes a third of a small send's time.
"""

from collections.abc import Hashable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.util import LRUCache


class _Statements(LRUCache[tuple[Any, ...], Any]):
    """A cache whose keys begin with a dialect; all dialects of the same kind share statements."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get(_by_kind(key), default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        super().__setitem__(_by_kind(key), compiled)


def _by_kind(key: tuple[Any, ...]) -> tuple[Hashable, ...]:
    dialect, *statement = key
    return (type(dialect), dialect._json_serializer, *statement)


_statements = _Statements(2000)


@sa.event.listens_for(sa.Engine, "engine_connect")
def _share(connection: sa.Connection) -> None:
    connection.execution_options(compiled_cache=_statements)
