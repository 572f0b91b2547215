"""Changed since posted: what happened to a posted document on either side, and the one legal next step for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from hub.documents import Document
from hub.engine.cases import cases_of
from hub.engine.decisions import Decisions
from hub.engine.facts import load_ground
from hub.engine.first_write import portion_of
from hub.engine.notes import note_due, touch_facts
from hub.engine.runs import want_run
from hub.errors import SettingsError
from hub.mapping import link_fact
from hub.models import Flow, Link, table
from hub.providers import Provider, TargetState
from hub.reconcile import (
    LEGAL_ANSWERS,
    Answer,
    Change,
    Decision,
    Standing,
    change_of,
    decide,
    standing_of,
    state_digest,
)

flows = table(Flow)
links = table(Link)


@dataclass(frozen=True)
class Changed:
    """A posted document beside its source: what we wrote, what it would be now, and what the rules say to that."""

    source_id: str
    change: Change
    standing: Standing
    answer: Answer
    decision: Decision
    written: Document | None
    wanted: Document
    state: TargetState


def changed(
    db: sa.Connection, providers: Mapping[str, Provider], integration_id: int, flow_id: int, source_ids: Sequence[str]
) -> dict[str, Changed]:
    """Those of the source records of one flow that are linked, by source id; decided anew from stored facts."""
    ground = load_ground(db, integration_id, providers)
    portion = portion_of(db, ground, ground.flows[flow_id], source_ids)
    found: dict[str, Changed] = {}
    for case, _ in cases_of(portion):
        link = case.link
        if link is None:
            continue
        change, standing = change_of(case, link), standing_of(case, link)
        found[case.document.external_id] = Changed(
            case.document.external_id,
            change,
            standing,
            LEGAL_ANSWERS[change, standing],
            decide(case),
            link.written_document,
            case.fitted,
            link.state,
        )
    return found


def take_note(person: Decisions, link_id: int) -> None:
    """A person has seen what was edited in the ledger, and it may stay; a change of the source may overwrite it.

    Raises ``SettingsError`` when the link is no longer there.
    """
    with person.store.write() as db:
        row = db.execute(sa.select(links).where(links.c.id == link_id, links.c.live.is_(True))).first()
        if row is None:
            raise SettingsError("It is no longer linked to what is in the ledger.")
        person.store.claim(db, row.integration_id)
        stamp = state_digest(TargetState.model_validate(row.state))
        values = {"settled_stamp": stamp, "edited": False, "version": links.c.version + 1}
        db.execute(sa.update(links).where(links.c.id == link_id).values(values))
        touch_facts(person.store, db, [row.integration_id], [link_fact(row.kind, row.source_id)], waiting_only=False)
        mine = sa.select(flows.c.id).where(flows.c.integration_id == row.integration_id, flows.c.kind == row.kind)
        reason = f"{person.actor} has seen what was edited in the ledger"
        notes = [
            {"flow_id": id, "external_id": row.source_id, "reason": reason} for id in db.execute(mine).scalars().all()
        ]
        note_due(person.store, db, notes)
        want_run(db, row.ledger_id, "nudge", person.hub.clock())
        person.hub.audit(db, person.actor, "took note", row.target_number or row.target_id, link=link_id)
