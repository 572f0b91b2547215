"""Who looks at a page, read in one statement with the stamp that tells what is remembered of the page.

Both are remembered until anything is committed: who was suspended, or signed out elsewhere, is so at once.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from hub.accounts.datastore import PeopleStore, people
from hub.web.remembered import STAMP_COLUMNS, Stamp, note_stamp
from hub.web.unchanged import unchanged

SESSION = "fs_uniquifier"
"""The column that the session of a browser holds."""

_BY_SESSION = sa.select(people, *STAMP_COLUMNS).where(people.c[SESSION] == sa.bindparam("session"))
"""Made once: every page asks it."""


class PeopleOfPages(PeopleStore):
    """As the sign-in's own; the person of a session comes with the stamp."""

    def row(self, db: sa.Connection, column: str, value: Any) -> sa.RowMapping | None:
        """The person's row."""
        if column != SESSION:
            return super().row(db, column, value)
        found = unchanged(db, (PeopleOfPages, value), lambda: _person(db, value))
        if found is None:
            return None
        row, present = found
        note_stamp(db, present)
        return row


def _person(db: sa.Connection, session: str) -> tuple[sa.RowMapping, Stamp] | None:
    found = db.execute(_BY_SESSION, {"session": session}).mappings().first()
    return None if found is None else (found, Stamp.of([found[each.name] for each in STAMP_COLUMNS]))
