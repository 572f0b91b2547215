"""Rendering a batch: as many operations as fit, without those that the provider fails on."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import sqlalchemy as sa

from hub.engine.facts import Ground
from hub.engine.faults import plugin_failed
from hub.engine.settling import hold
from hub.models import OperationRow, table
from hub.providers import BatchRule, Facts, Operation, Payload

log = logging.getLogger("hub.engine")

operations = table(OperationRow)


def render_sound(
    db: sa.Connection, ground: Ground, ready: Sequence[Operation], facts: Facts, rule: BatchRule
) -> tuple[Payload, Sequence[Operation]] | None:
    """Render what can be rendered; what the provider fails on is held, each for itself. None when nothing is left."""
    try:
        return _render(ground, ready, facts, rule)
    except Exception:
        log.exception("%s could not render %s operations together", ground.provider.name, len(ready))
    sound = [one for one in ready if not _is_faulty(db, ground, one, facts)]
    if len(sound) == len(ready):
        sound = sound[:1]  # each by itself can be rendered, so they go one at a time
    return _render(ground, sound, facts, rule) if sound else None


def _is_faulty(db: sa.Connection, ground: Ground, one: Operation, facts: Facts) -> bool:
    try:
        ground.provider.render([one], facts)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told with the record
        row = db.execute(sa.select(operations).where(operations.c.id == one.id)).one()
        hold(db, row, plugin_failed(ground.provider, row.label, error))
        return True
    return False


def _render(
    ground: Ground, ready: Sequence[Operation], facts: Facts, rule: BatchRule
) -> tuple[Payload, Sequence[Operation]]:
    """Render as many as fit the byte limit, halving until they do; the rest waits for the next batch."""
    chosen = list(ready)
    while True:
        payload = ground.provider.render(chosen, facts)
        if len(payload.body) <= rule.bytes or len(chosen) == 1:
            return payload, chosen
        chosen = chosen[: len(chosen) // 2]
