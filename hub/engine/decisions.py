"""What a person decides: approve, drop, retry, map, switch flows. Each is audited in the transaction that does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from hub.documents import Kind
from hub.engine.connections import check_pair
from hub.engine.delivery import read_back
from hub.engine.facts import COMING_STATES
from hub.engine.freeing import removal_dropped
from hub.engine.hits import Hits
from hub.engine.hub import Hub
from hub.engine.methods import must_be_perpetual
from hub.engine.notes import ONLY_A_PERSON_KNOWS, all_due, chunks, forget_facts, note_due, open_due, touch_facts
from hub.engine.pilot import keep_to_pilot, must_be_settled
from hub.engine.previewing import operation_row, preview
from hub.engine.reference import load_reference
from hub.engine.runs import want_run
from hub.engine.skipping import refuse_replaced_corrections, wake_resting
from hub.engine.summaries import forget_written
from hub.errors import SettingsError
from hub.mapping import MappingList, Suggestion, fold, link_fact, map_fact
from hub.models import (
    Due,
    Exclusion,
    Flow,
    FlowMode,
    Integration,
    Link,
    MappingRow,
    OperationRow,
    OperationState,
    Snapshot,
    table,
)
from hub.providers import Action

due = table(Due)
exclusions = table(Exclusion)
flows = table(Flow)
integrations = table(Integration)
links = table(Link)
mappings = table(MappingRow)
operations = table(OperationRow)
snapshots = table(Snapshot)

DROPPABLE = (
    OperationState.HELD.value,
    OperationState.FAILED.value,
    OperationState.PROPOSED.value,
    OperationState.PENDING.value,
)


def _gives_way(row: sa.Row[Any]) -> bool:
    dropped = row.state == OperationState.DROPPED.value
    return row.problem_code != "unsure" and (dropped or row.problem_code in ONLY_A_PERSON_KNOWS)


class Decisions:
    """A person's verbs. ``actor`` is who decides; it goes into the audit."""

    def __init__(self, hub: Hub, actor: str) -> None:
        self.hub = hub
        self.store = hub.store
        self.actor = actor

    def approve(self, operation_ids: Sequence[int], *, hashes: Mapping[int, str] | None = None) -> int:
        """Let proposed operations go. With ``hashes``, only those that still are what the person saw.

        Until the pilot is settled, only its documents, contacts and items go.
        """
        count, ledgers = 0, set[int]()
        with self.store.write() as db:
            self._claim(db, operation_ids)
            keep_to_pilot(db, operation_ids)
            for part in chunks(operation_ids):
                rows = db.execute(
                    sa.select(operations.c.id, operations.c.payload_hash, operations.c.ledger_id).where(
                        operations.c.id.in_(part), operations.c.state == OperationState.PROPOSED.value
                    )
                ).all()
                seen = [row for row in rows if hashes is None or hashes.get(row.id) == row.payload_hash]
                change = sa.update(operations).where(operations.c.id.in_([row.id for row in seen]))
                values = {
                    "state": OperationState.PENDING.value,
                    "caught": False,
                    "approved_hash": operations.c.payload_hash,
                    "approved_by": self.actor,
                    "approved_at": self.hub.clock(),
                }
                count += db.execute(change.values(values)).rowcount
                ledgers |= {row.ledger_id for row in seen}
            for ledger_id in ledgers:
                want_run(db, ledger_id, "nudge", self.hub.clock())
            only = next(iter(ledgers)) if len(ledgers) == 1 else None
            self.hub.audit(db, self.actor, "approved", f"{count} operations", connection=only)
        return count

    def drop(self, operation_ids: Sequence[int], reason: str) -> int:
        """Never write these, for a stated reason. An unsure one can't be dropped before it was looked for."""
        if not reason.strip():
            raise SettingsError("Say why it is skipped: the reason is kept with the record.")
        count, dropped = 0, list[sa.Row[Any]]()
        with self.store.write() as db:
            self._claim(db, operation_ids)
            for part in chunks(operation_ids):
                rows = self._rows(db, part, DROPPABLE)
                dropped += rows
                change = sa.update(operations).where(operations.c.id.in_([row.id for row in rows]))
                values = {
                    "state": OperationState.DROPPED.value,
                    "reason": reason.strip(),
                    "settled_at": self.hub.clock(),
                }
                count += db.execute(change.values(values)).rowcount
                for row in rows:
                    removal_dropped(self.store, db, row)
                    self.hub.audit(db, self.actor, "dropped", row.label, reason.strip(), operation=row.id)
            self._wake_resting(db, dropped)
        return count

    def undrop(self, operation_ids: Sequence[int]) -> int:
        """Undo a drop: the record is planned anew.

        Raises ``SettingsError`` for a correction after which another one was made: both would post the same twice.
        """
        return self._again(operation_ids, (OperationState.DROPPED.value,), "undropped")

    def retry(self, operation_ids: Sequence[int]) -> int:
        """Plan held or failed operations anew, though nothing they wait for changed."""
        return self._again(operation_ids, (OperationState.HELD.value, OperationState.FAILED.value), "retried")

    def _again(self, operation_ids: Sequence[int], states: Sequence[str], what: str) -> int:
        count, again = 0, list[sa.Row[Any]]()
        with self.store.write() as db:
            self._claim(db, operation_ids)
            for part in chunks(operation_ids):
                rows = self._rows(db, part, states)
                refuse_replaced_corrections(db, [row for row in rows if row.state == OperationState.DROPPED.value])
                again += rows
                self._reopen(db, rows)
                notes = [
                    {
                        "flow_id": row.flow_id,
                        "external_id": row.source_id,
                        "reason": f"{what} by {self.actor}",
                    }
                    for row in rows
                ]
                note_due(self.store, db, notes)
                for row in rows:
                    self.hub.audit(db, self.actor, what, row.label, operation=row.id)
                for ledger_id in {row.ledger_id for row in rows}:
                    want_run(db, ledger_id, "nudge", self.hub.clock())
                count += len(rows)
            self._wake_resting(db, [row for row in again if row.state == OperationState.DROPPED.value])
        return count

    def _wake_resting(self, db: sa.Connection, rows: Sequence[sa.Row[Any]]) -> None:
        """What rests on records that were skipped, or are no longer, would go on naming another cause."""
        creates: dict[tuple[int, int, str], list[sa.Row[Any]]] = {}
        for row in rows:
            if row.action == Action.CREATE.value:
                creates.setdefault((row.ledger_id, row.integration_id, row.kind), []).append(row)
        for (ledger_id, integration_id, kind), group in creates.items():
            coming = any(row.state in COMING_STATES for row in group)
            ids = [row.source_id for row in group]
            if wake_resting(self.store, db, integration_id, kind, ids, were_coming=coming):
                want_run(db, ledger_id, "nudge", self.hub.clock())

    def _reopen(self, db: sa.Connection, rows: Sequence[sa.Row[Any]]) -> None:
        """What may have arrived is looked for again; what was dropped or posted twice gives way to a new plan."""
        for ids, state in (
            ([row.id for row in rows if row.problem_code == "unsure"], OperationState.UNSURE),
            ([row.id for row in rows if _gives_way(row)], OperationState.REPLACED),
        ):
            change = sa.update(operations).where(operations.c.id.in_(ids))
            db.execute(change.values(state=state.value, attempt=0))
            forget_facts(db, ids)

    def _claim(self, db: sa.Connection, operation_ids: Sequence[int]) -> None:
        """Nothing is planned while a person decides."""
        found: set[int] = set()
        for part in chunks(operation_ids):
            chosen = sa.select(operations.c.integration_id).where(operations.c.id.in_(part))
            found |= set(db.execute(chosen).scalars())
        for integration_id in sorted(found):
            self.store.claim(db, integration_id)

    def _rows(self, db: sa.Connection, ids: Sequence[int], states: Sequence[str]) -> Sequence[sa.Row[Any]]:
        return db.execute(sa.select(operations).where(operations.c.id.in_(ids), operations.c.state.in_(states))).all()

    def set_mapping(
        self, integration_id: int, where: MappingList, codes: Mapping[str, str], *, suggested: bool = False
    ) -> int:
        """Map source codes to target codes (an empty target unmaps). Acts on what is not posted yet."""
        changed: dict[str, str] = {}
        with self.store.write() as db:
            self.store.claim(db, integration_id)
            for source, target in codes.items():
                before = self._map_one(db, integration_id, where, source, target, suggested)
                if before is not None:
                    changed[source] = before
            touch_facts(
                self.store,
                db,
                [integration_id],
                [map_fact(where, code) for code in changed],
                waiting_only=False,
            )
            self.want_both(db, integration_id)
            if changed:
                mapped = {code: codes[code] for code in changed}
                was = {code: before for code, before in changed.items() if before}
                self.hub.audit(db, self.actor, "mapped", where, codes=mapped, was=was, integration=integration_id)
        return len(changed)

    def _map_one(
        self,
        db: sa.Connection,
        integration_id: int,
        where: MappingList,
        source: str,
        target: str,
        suggested: bool,
    ) -> str | None:
        """What it was mapped to before, which may be nothing; None when it is the same."""
        mine = (
            mappings.c.integration_id == integration_id,
            mappings.c.list == where.value,
            mappings.c.source_code == source,
        )
        before = db.execute(sa.select(mappings.c.target_code).where(*mine)).scalar() or ""
        if before == target:
            return None
        db.execute(sa.delete(mappings).where(*mine))
        if target:
            row = {
                "integration_id": integration_id,
                "list": where.value,
                "source_code": source,
                "target_code": target,
            }
            db.execute(sa.insert(mappings).values(**row, suggested=suggested, changed_at=self.hub.clock()))
        return str(before)

    def want_both(self, db: sa.Connection, integration_id: int) -> None:
        """Have what was decided take effect soon."""
        row = db.execute(sa.select(integrations).where(integrations.c.id == integration_id)).one()
        want_run(db, row.ledger_id, "nudge", self.hub.clock())

    def suggestions(self, integration_id: int) -> dict[MappingList, list[Suggestion]]:
        """What we would map, and why, for codes that are not mapped yet."""
        integration = self.hub.integration(integration_id)
        with self.store.read() as db:
            reference = load_reference(db, integration.stock_id, integration.ledger_id)
            rows = db.execute(
                sa.select(mappings.c.list, mappings.c.source_code).where(mappings.c.integration_id == integration_id)
            )
            mapped = {(row.list, fold(row.source_code)) for row in rows}
        return reference.suggestions(mapped, periodic=integration.inventory_method == "periodic")

    def accept_suggestions(self, integration_id: int) -> int:
        """Take every suggestion."""
        count = 0
        for where, found in self.suggestions(integration_id).items():
            count += self.set_mapping(
                integration_id, where, {s.source_code: s.target_code for s in found}, suggested=True
            )
        return count

    def set_flow(
        self, flow_id: int, *, mode: FlowMode, post_as: str = "authorised", update_approved: bool = True
    ) -> None:
        """Switch a flow. Everything of its kind that is not posted comes due.

        Before the first document of a kind is written, the newest ones are looked for in the ledger: now, or where that
        can't be, in the run that would write it. A hit keeps the flow off. No flow becomes automatic before the pilot
        is settled, and none is on while the two keep their books in different currencies.
        """
        if mode is not FlowMode.OFF:
            self._check_currencies(flow_id)
        put_off = "" if mode is FlowMode.OFF else Hits(self.hub, self.actor).must_be_none(flow_id)
        values: dict[str, Any] = {"mode": mode.value, "post_as": post_as, "update_approved": update_approved}
        with self.store.write() as db:
            self._claim_of(db, flow_id)
            self.switch(db, flow_id, values | ({"checked_at": None, "hits": []} if put_off else {}), put_off)

    def switch(self, db: sa.Connection, flow_id: int, values: Mapping[str, Any], why: str = "") -> None:
        """Switch a flow within the caller's transaction, which holds the claim; see ``set_flow``."""
        flow = db.execute(sa.select(flows).where(flows.c.id == flow_id)).one()
        integration = db.execute(sa.select(integrations).where(integrations.c.id == flow.integration_id)).one()
        mode = FlowMode(values["mode"])
        if mode is not FlowMode.OFF and not integration.others_off_by:
            raise SettingsError(
                "Confirm first that every other integration between the two is off: two of them post twice."
            )
        if mode is FlowMode.AUTOMATIC and flow.mode != FlowMode.AUTOMATIC:
            must_be_settled(db, flow.integration_id)
        if flow.mode == FlowMode.OFF and mode is not FlowMode.OFF and flow.kind == Kind.JOURNAL:
            must_be_perpetual(integration)
        db.execute(sa.update(flows).where(flows.c.id == flow_id).values(values))
        all_due(db, flow, integration.stock_id)
        # Whatever is not posted yet may rest on this flow being on, off, or posting drafts.
        open_due(self.store, db, flow.integration_id, "a flow was switched")
        self.want_both(db, flow.integration_id)
        said = {"post_as": values["post_as"], "flow": flow_id}
        self.hub.audit(db, self.actor, "set flow", f"{flow.kind}: {mode}", why, **said)

    def _claim_of(self, db: sa.Connection, flow_id: int) -> None:
        """Nothing of the flow's integration is planned meanwhile: a plan in the making would not see the switch."""
        joined = sa.select(flows.c.integration_id).where(flows.c.id == flow_id)
        self.store.claim(db, db.execute(joined).scalar_one())

    def _check_currencies(self, flow_id: int) -> None:
        with self.store.read() as db:
            joined = sa.select(flows.c.integration_id).where(flows.c.id == flow_id)
            integration = self.hub.integration(db.execute(joined).scalar_one())
        check_pair(self.hub.connection(integration.stock_id), self.hub.connection(integration.ledger_id))

    def confirm_others_off(self, integration_id: int) -> None:
        """A person vouches that no other integration posts between the two."""
        with self.store.write() as db:
            change = sa.update(integrations).where(integrations.c.id == integration_id)
            db.execute(change.values(others_off_by=self.actor, others_off_at=self.hub.clock()))
            self.hub.audit(db, self.actor, "confirmed", "other integrations are off", integration=integration_id)

    def unlink(self, integration_id: int, kind: Kind, source_id: str, reason: str) -> None:
        """End a live link; nothing is written. The record is planned anew as the next generation."""
        with self.store.write() as db:
            self.store.claim(db, integration_id)
            mine = (
                links.c.integration_id == integration_id,
                links.c.kind == kind.value,
                links.c.source_id == source_id,
                links.c.live.is_(True),
            )
            change = sa.update(links).where(*mine)
            values = {
                "live": False,
                "ended_at": self.hub.clock(),
                "ended_why": reason,
                "version": links.c.version + 1,
            }
            written = db.execute(sa.select(links.c.written_document).where(*mine)).scalar()
            if db.execute(change.values(values)).rowcount:
                if kind is Kind.JOURNAL and written:
                    forget_written(db, integration_id, source_id, written)
                touch_facts(self.store, db, [integration_id], [link_fact(kind, source_id)], waiting_only=False)
                mine_flows = sa.select(flows.c.id).where(
                    flows.c.integration_id == integration_id, flows.c.kind == kind.value
                )
                rows = [
                    {"flow_id": id, "external_id": source_id, "reason": f"unlinked by {self.actor}"}
                    for id in db.execute(mine_flows).scalars()
                ]
                note_due(self.store, db, rows)
                self.hub.audit(db, self.actor, "unlinked", f"{kind} {source_id}", reason, integration=integration_id)

    def set_start_date(self, integration_id: int, start_date: date) -> None:
        """Move the start date; records that it excluded or included come due."""
        with self.store.write() as db:
            self.store.claim(db, integration_id)
            row = db.execute(sa.select(integrations).where(integrations.c.id == integration_id)).one()
            change = sa.update(integrations).where(integrations.c.id == integration_id)
            db.execute(change.values(start_date=start_date))
            if read_back(db, row.stock_id, row.start_date, start_date):
                want_run(db, row.stock_id, "an earlier start date", self.hub.clock())
            for flow in db.execute(sa.select(flows).where(flows.c.integration_id == integration_id)).all():
                all_due(db, flow, row.stock_id)
            self.hub.audit(db, self.actor, "set start date", str(start_date), integration=integration_id)

    def set_rounding_limit(self, integration_id: int, cents: int) -> None:
        """Let differences of up to so many cents be corrected unasked; what is not posted yet is planned anew."""
        with self.store.write() as db:
            self.store.claim(db, integration_id)
            change = sa.update(integrations).where(integrations.c.id == integration_id)
            db.execute(change.values(rounding_limit_cents=cents))
            open_due(self.store, db, integration_id, "the rounding limit was changed")
            self.want_both(db, integration_id)
            self.hub.audit(db, self.actor, "set rounding limit", f"{cents} cents", integration=integration_id)

    def preview(self, operation_id: int) -> tuple[str, bytes]:
        """Route and body exactly as they would be sent now; references still to come show as symbols.

        Raises ``SettingsError`` where the plugin fails on it.
        """
        with self.store.read() as db:
            row = operation_row(db, operation_id)
        return preview(self.hub, row)
