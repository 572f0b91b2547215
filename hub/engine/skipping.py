"""Skipping: what rests on a record that was skipped, or is no longer, is planned anew and names the true cause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from hub.documents import TRADE_KINDS, Kind
from hub.engine.freeing import MONEY
from hub.engine.notes import touch_facts
from hub.engine.summaries import wake_corrected
from hub.errors import SettingsError
from hub.mapping import link_fact
from hub.models import JournalSummary, table
from hub.reconcile import correction_number
from hub.store import Store

summaries = table(JournalSummary)

_TRADE = tuple(sorted(kind.value for kind in TRADE_KINDS))
_RESTING = {
    **dict.fromkeys((kind.value for kind in TRADE_KINDS), MONEY),
    **{kind.value: (*_TRADE, kind.value) for kind in (Kind.CONTACT, Kind.ITEM)},
}
"""Which kinds rest on a record of a kind; of contacts and items also the namesakes, which wait for the first."""


def wake_resting(
    store: Store, db: sa.Connection, integration_id: int, kind: str, source_ids: Sequence[str], *, were_coming: bool
) -> int:
    """Note as due what rests on records of a kind whose create was skipped or is no longer; answers with how many.

    What is held for them is found by index. Only where some ``were_coming`` can anything else rest on them, and what
    waits to go is then looked through once, however many they are.
    """
    if kind == Kind.JOURNAL:
        wake_corrected(store, db, integration_id, source_ids)
    kinds = _RESTING.get(kind, ())
    if not kinds:
        return 0
    facts = [link_fact(kind, id) for id in source_ids]
    return touch_facts(store, db, [integration_id], facts, waiting_only=not were_coming, kinds=kinds)


def refuse_replaced_corrections(db: sa.Connection, rows: Sequence[sa.Row[Any]]) -> None:
    """Raise ``SettingsError`` where a skipped operation is a correction after which another one was made.

    The later one was counted as if this one never came: were both posted, the same amount would be there twice.
    """
    labels = [row.label for row in rows if _is_replaced(db, row)]
    if labels:
        raise SettingsError(
            f"{', '.join(labels)}: another correction was made after this one was skipped, and both would post the same"
            " amount. Leave it skipped; what is still short or over is held, and can be corrected anew."
        )


def _is_replaced(db: sa.Connection, row: sa.Row[Any]) -> bool:
    own = correction_number(row.source_id)
    if not own:
        return False
    corrected = sa.select(summaries.c.corrects).where(
        summaries.c.flow_id == row.flow_id, summaries.c.external_id == row.source_id
    )
    alike = sa.select(summaries.c.external_id).where(
        summaries.c.flow_id == row.flow_id, summaries.c.corrects == corrected.scalar_subquery()
    )
    return any(correction_number(other) > own for other in db.execute(alike).scalars())
