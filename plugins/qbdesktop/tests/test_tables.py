"""The tables are those of the revisions."""

from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hub_qbdesktop.tables import METADATA

from hub.store import Store


def test_the_revisions_make_exactly_these_tables(template: Path) -> None:
    store = Store(f"sqlite:///{template}")

    def ours(_object: object, name: str | None, type_: str, _reflected: bool, _compare_to: object) -> bool:
        return type_ != "table" or str(name).startswith("qbdesktop_")

    with store.write() as db:
        context = MigrationContext.configure(db, opts={"compare_type": True, "include_object": ours})
        assert compare_metadata(context, METADATA) == []
    store.dispose()
