"""All stores of a test process share the statements that SQLAlchemy has compiled.

An engine keeps its own otherwise, and with a store for each test, compiling is a third of what a small send costs.
"""

from collections.abc import Hashable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.util import LRUCache


class _Statements(LRUCache[tuple[Any, ...], Any]):
    """A cache whose keys begin with a dialect: any other dialect of the same kind has the same statements."""

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
