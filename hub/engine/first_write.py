"""Before the first write of a kind: the newest source documents are looked for in the ledger, in case others post them.

Once a flow has posted something, its own links say what is in the ledger, and nothing is looked for any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.documents import TRADE_KINDS, Frozen, Kind, Status, TradeDocument
from hub.engine.cases import Portion, cases_of, load_portion
from hub.engine.facts import Ground, load_ground, load_targets, refs_of
from hub.engine.notes import chunks, left_alone, open_due
from hub.engine.runs import RunToken
from hub.engine.taking import Candidates
from hub.mapping import DIRECT_TARGET, Ref
from hub.models import AuditEvent, Flow, FlowMode, Link, OperationRow, OperationState, Snapshot, table
from hub.providers import Action, Operation, Provider, TargetState
from hub.reconcile import Case
from hub.store import Store

audit_events = table(AuditEvent)
flows = table(Flow)
links = table(Link)
operations = table(OperationRow)
snapshots = table(Snapshot)

NEWEST_LOOKED_FOR = 25
"""How many of the newest source documents are looked for before a flow's first write."""

CHECKED = "looked for already posted"
"""What the audit calls such a look."""


class Hit(Frozen):
    """A document of the ledger that may be a source document which we did not post."""

    source_id: str
    label: str
    state: TargetState
    differences: tuple[str, ...] = ()
    """In what the two differ, in words; one without differences is the same document as far as anybody can tell."""


@dataclass(frozen=True)
class Check:
    """A look before a flow's first write: ``operations`` are what would be created, one for each of ``cases``."""

    flow_id: int
    integration_id: int
    ledger_id: int
    kind: Kind
    cases: tuple[Case, ...]
    operations: tuple[Operation, ...]

    @property
    def source_ids(self) -> list[str]:
        """The documents that are looked for."""
        return [case.document.external_id for case in self.cases]


def flows_that_wrote(db: sa.Connection, integration_id: int) -> set[int]:
    """The integration's flows of which something that they made is in the ledger."""
    return set(db.execute(_THAT_WROTE, {"integration": integration_id}).scalars())


def has_written(db: sa.Connection, flow: sa.Row[Any]) -> bool:
    """Whether something that this flow made is in the ledger."""
    return flow.id in flows_that_wrote(db, flow.integration_id)


_THAT_WROTE = sa.select(flows.c.id).where(
    flows.c.integration_id == sa.bindparam("integration"),
    sa.exists().where(
        links.c.integration_id == flows.c.integration_id,
        links.c.kind == flows.c.kind,
        links.c.origin == "created",
        links.c.live.is_(True),
    ),
)


def check_before(store: Store, providers: Mapping[str, Provider], chosen: Candidates) -> Check | None:
    """The look that must come before these operations go; None when they may go."""
    if chosen.kind not in TRADE_KINDS or chosen.action is not Action.CREATE:
        return None
    mine = sa.select(flows).where(flows.c.integration_id == chosen.integration_id, flows.c.kind == chosen.kind.value)
    with store.read() as db:
        flow = db.execute(mine).one()
        if flow.checked_at is not None or has_written(db, flow):
            return None
        check = load_check(db, load_ground(db, chosen.integration_id, providers), flow.id)
    return check if check.cases else None


def check_again(
    store: Store, providers: Mapping[str, Provider], flow_id: int, source_ids: Sequence[str]
) -> Check | None:
    """The look that was asked for in an earlier request; None when it would not be the same any more."""
    with store.read() as db:
        integration_id = db.execute(sa.select(flows.c.integration_id).where(flows.c.id == flow_id)).scalar_one()
        check = load_check(db, load_ground(db, integration_id, providers), flow_id, source_ids)
    return check if check.source_ids == list(source_ids) else None


def load_check(db: sa.Connection, ground: Ground, flow_id: int, source_ids: Sequence[str] | None = None) -> Check:
    """What is looked for: the newest documents that nobody has decided about yet, or those that are named."""
    flow = ground.flows[flow_id]
    found: list[Case] = []
    for ids in [source_ids] if source_ids is not None else _newest(db, ground, flow):
        cases = (case for case, _ in cases_of(portion_of(db, ground, flow, ids)))
        found += [case for case in cases if _is_eligible(case)]
        if len(found) >= NEWEST_LOOKED_FOR:
            break
    kept = tuple(found[:NEWEST_LOOKED_FOR])
    asked = tuple(_asked(db, flow, number, case) for number, case in enumerate(kept, start=1))
    return Check(flow_id, flow.integration_id, ground.integration.ledger_id, Kind(flow.kind), kept, asked)


def portion_of(db: sa.Connection, ground: Ground, flow: Flow, source_ids: Sequence[str]) -> Portion:
    """The named source records as planning loads them."""
    noted: dict[str, sa.Row[Any]] = {}
    for part in chunks(source_ids):
        chosen = sa.select(snapshots.c.external_id, sa.literal("").label("reason")).where(
            snapshots.c.connection_id == ground.integration.stock_id,
            snapshots.c.kind == flow.kind,
            snapshots.c.external_id.in_(part),
        )
        noted |= {row.external_id: row for row in db.execute(chosen)}
    return load_portion(db, ground, flow, [noted[id] for id in source_ids if id in noted])


def _newest(db: sa.Connection, ground: Ground, flow: Flow) -> Iterator[Sequence[str]]:
    """Source ids, newest document first, without those that are linked, left out by a person, or on their way."""
    linked = sa.exists().where(
        links.c.integration_id == flow.integration_id,
        links.c.kind == flow.kind,
        links.c.source_id == snapshots.c.external_id,
        links.c.live.is_(True),
    )
    decided = sa.exists().where(
        operations.c.flow_id == flow.id,
        operations.c.integration_id == flow.integration_id,  # with the kind: the index of a source record's operations
        operations.c.kind == flow.kind,
        operations.c.source_id == snapshots.c.external_id,
        sa.or_(operations.c.state == OperationState.DROPPED.value, left_alone()),
    )
    chosen = (
        sa.select(snapshots.c.external_id)
        .where(snapshots.c.connection_id == ground.integration.stock_id, snapshots.c.kind == flow.kind)
        .where(snapshots.c.withdrawn.is_(False), snapshots.c.document_date >= ground.integration.start_date)
        .where(~linked, ~decided)
        .order_by(snapshots.c.document_date.desc(), snapshots.c.id.desc())
        .limit(NEWEST_LOOKED_FOR)
    )
    start = 0
    while ids := db.execute(chosen.offset(start)).scalars().all():
        yield ids
        start += NEWEST_LOOKED_FOR


def _is_eligible(case: Case) -> bool:
    return isinstance(case.document, TradeDocument) and case.document.status is Status.AUTHORISED


def _asked(db: sa.Connection, flow: Flow, number: int, case: Case) -> Operation:
    targets = load_targets(db, flow.integration_id, refs_of(case.fitted))
    return Operation(
        id=number,
        kind=Kind(flow.kind),
        action=Action.CREATE,
        document=case.fitted,
        key="",
        generation=case.generation,
        targets=targets,
    )


def hits_of(db: sa.Connection, check: Check, found: Mapping[int, Sequence[TargetState]]) -> list[Hit]:
    """What of a look's finds counts in the ledger and is none of our links, past ones included.

    What another integration posted is a hit: an account that is connected twice would have everything posted twice.
    """
    live = [
        (case, one, state)
        for case, one in zip(check.cases, check.operations, strict=True)
        for state in found.get(one.id, ())
        if state.status.is_live
    ]
    ours = _linked_targets(db, check, [state.target_id for _, _, state in live])
    return [
        Hit(
            source_id=case.document.external_id,
            label=case.document.label,
            state=state,
            differences=differences(case, state, one.targets),
        )
        for case, one, state in live
        if state.target_id not in ours
    ]


def _linked_targets(db: sa.Connection, check: Check, target_ids: Sequence[str]) -> set[str]:
    ours = sa.select(links.c.target_id).where(
        links.c.integration_id == check.integration_id,
        links.c.ledger_id == check.ledger_id,
        links.c.kind == check.kind.value,
    )
    return {
        target_id
        for part in chunks(target_ids)
        for target_id in db.execute(ours.where(links.c.target_id.in_(part))).scalars()
    }


def differences(case: Case, state: TargetState, targets: Mapping[Ref, str]) -> tuple[str, ...]:
    """In what a document of the ledger differs from what we would make, in words.

    Where the contact is known to be the same, another number is no difference: bills are often entered without theirs.
    """
    document = case.fitted
    if not isinstance(document, TradeDocument):
        raise TypeError(f"{document.kind} is not looked for before the first write")
    direct = document.contact_id.startswith(DIRECT_TARGET)
    contact = document.contact_id[1:] if direct else targets.get((Kind.CONTACT, document.contact_id), "")
    both_known = bool(contact and state.contact_id)
    same_contact = both_known and contact.casefold() == state.contact_id.casefold()
    found = {
        "another contact": both_known and not same_contact,
        f"number {state.number or 'missing'}": not same_contact
        and state.number.casefold() != document.number.casefold(),
        f"dated {state.date or 'nothing'}": state.date != document.date,
        f"total {state.total}": state.total != document.total,
        f"in {state.currency}": state.currency not in ("", document.currency),
    }
    return tuple(words for words, differs in found.items() if differs)


def record_check(store: Store, run: RunToken, check: Check, found: Mapping[int, Sequence[TargetState]]) -> None:
    """Keep what the look of a run said; a hit switches the flow off before anything was written."""
    with store.write() as db:
        run.guard(db)
        store.claim(db, check.integration_id)
        keep(store, db, check, hits_of(db, check, found), actor="hub", at=run.clock())


def keep(store: Store, db: sa.Connection, check: Check, hits: Sequence[Hit], *, actor: str, at: datetime) -> None:
    """Note on the flow what a look found, in the transaction that judged it."""
    values: dict[str, Any] = {"checked_at": at, "hits": [hit.model_dump(mode="json") for hit in hits]}
    if hits:
        values["mode"] = FlowMode.OFF.value
    db.execute(sa.update(flows).where(flows.c.id == check.flow_id).values(values))
    if hits:
        open_due(store, db, check.integration_id, "documents were found in the ledger already")
    subject = f"{check.kind}: {len(check.cases)} looked for, {len(hits)} found"
    details = {"flow": check.flow_id, "found": [f"{hit.label}: {hit.state.target_id}" for hit in hits]}
    event = {"at": at, "actor": actor, "what": CHECKED, "subject": subject, "reason": "", "details": details}
    db.execute(sa.insert(audit_events).values(event))
