"""Skipping: what rests on a record that was skipped, or is no longer, is planned anew and names the true cause."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from hub.documents import TRADE_KINDS, Kind
from hub.engine.freeing import MONEY
from hub.engine.notes import touch_facts
from hub.engine.summaries import wake_corrected
from hub.mapping import link_fact
from hub.store import Store

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
