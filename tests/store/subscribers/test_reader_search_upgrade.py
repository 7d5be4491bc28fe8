"""The upgrade that makes names of earlier versions' readers searchable, on both databases."""

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from newsletter.store import migrate, open_store, tables
from newsletter.store.engines import connect
from tests import make
from tests.rows import fetch


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_readers_from_before_the_search_are_found(kind: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue("tmp_path")
    url = f"sqlite:///{folder}/a.db" if kind == "sqlite" else request.getfixturevalue("empty_postgresql")
    database = connect(url)
    with database.exclusive() as connection:
        config = Config(attributes={"connection": connection, "version_table": migrate.REVISION_TABLE})
        config.set_main_option("script_location", str(migrate.MIGRATIONS))
        config.set_main_option("path_separator", "os")
        command.upgrade(config, "0016")
        readers = [("ada", "Ada", "Lovelace"), ("zoe", "Zoë", ""), ("noname", "", "")] + [
            (f"r{at}", "", f"Müller {at}") for at in range(1001)
        ]
        same = {"status": "confirmed", "language": "", "attributes": {}, "created": make.WHEN, "changed": make.WHEN}
        connection.execute(
            sa.insert(tables.subscriber),
            [
                {
                    "key": f"{at:032}",
                    "address": f"{name}@example.org",
                    "address_key": f"{name}@example.org",
                    "first_name": first,
                    "last_name": last,
                    **same,
                }
                for at, (name, first, last) in enumerate(readers)
            ],
        )
    database.close()
    migrate.upgrade(url)
    with open_store(url) as store:
        names = {
            text: [reader.first_name for reader in store.reader_search.find(text, most=9)] for text in ("zoe", "l")
        }
        assert names == {"zoe": ["Zoë"], "l": ["Ada"]}
        assert [reader.address for reader in store.reader_search.find("muller 1000", most=9)] == ["r1000@example.org"]
        assert len(fetch(store, "SELECT 1 FROM subscriber WHERE name_key = ''")) == 1
