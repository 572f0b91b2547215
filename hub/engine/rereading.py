"""Reading a ledger's documents anew: some edits there move no stamp, so that asking for changes never shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from hub.engine.runs import want_run
from hub.models import ConnectionRow, Cursor, table

if TYPE_CHECKING:
    from hub.engine.hub import Hub

NIGHTLY = "nightly look"

connections = table(ConnectionRow)
cursors = table(Cursor)


def reread_states(hub: Hub) -> int:
    """Have the next run of each ledger list the state of everything; answers with the number of ledgers.

    It costs a call for each page of documents that the ledger has, not one for each document.
    """
    count = 0
    with hub.store.write() as db:
        mine = connections.c.removed_at.is_(None), connections.c.suspended.is_(None)
        for row in db.execute(sa.select(connections.c.id, connections.c.provider).where(*mine)).all():
            provider = hub.providers.get(row.provider)
            feeds = [feed.name for feed in provider.feeds if feed.states_only] if provider else []
            change = sa.update(cursors).where(cursors.c.connection_id == row.id, cursors.c.feed.in_(feeds))
            # A list that is being read goes on; it is asked for anew the night after.
            again = change.where(cursors.c.progress.is_(None), cursors.c.watermark.is_not(None))
            if feeds and db.execute(again.values(watermark=None)).rowcount:
                want_run(db, row.id, NIGHTLY, hub.clock())
                count += 1
    return count
