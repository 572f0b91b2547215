"""What a person decides about contacts: link, unlink, upload, ignore. Linking itself writes nothing to the ledger.

Every verb works in portions of one transaction each, and answers with what it did not do and why.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from hub.documents import Kind
from hub.engine.cases import Portion, cases_of, load_portion
from hub.engine.contact_list import CONTACT, is_ignored
from hub.engine.decisions import Decisions
from hub.engine.directory import entries
from hub.engine.facts import Ground, load_ground
from hub.engine.hub import Hub
from hub.engine.notes import chunks, note_due, touch_facts
from hub.engine.plan_rows import PlannedRows
from hub.engine.planning import PORTION, is_ready
from hub.engine.runs import want_run
from hub.engine.settling import ON_ITS_WAY
from hub.engine.suggesting import clear_suggestions
from hub.errors import SettingsError
from hub.mapping import link_fact
from hub.models import Flow, FlowMode, Link, OperationRow, OperationState, Snapshot, table
from hub.providers import TargetState, TargetStatus
from hub.reconcile import Match, Verdict, decide

links = table(Link)
operations = table(OperationRow)
snapshots = table(Snapshot)

PERSON = "person"
"""The origin of a link that a person made."""

NOT_THERE = "It is not in the stock system, or no longer."
MOVING = "It is on its way to the ledger just now. Wait until the run has ended."
NOT_LINKED = "It is not linked."
STILL_LINKED = "It is linked. Unlink it first."
ALREADY = "It is linked to this contact already."
NOT_IN_LEDGER = "The ledger has no such contact, as far as it was read."
ARCHIVED = "The contact is archived in the ledger. Restore it there, or choose another."
SAME_NAME = "The ledger has an active contact of this name. Link it instead."


@dataclass
class Outcome:
    """The source ids that a verb was carried out for, and for each other one why not."""

    done: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Work:
    """One transaction, while nobody else plans."""

    db: sa.Connection
    ground: Ground
    flow: Flow

    def portion(self, source_ids: Sequence[str]) -> Portion:
        """These contacts as they are stored; those that are not are left out."""
        chosen = sa.select(snapshots.c.external_id, sa.literal("decided by a person").label("reason")).where(
            snapshots.c.connection_id == self.ground.integration.stock_id,
            snapshots.c.kind == CONTACT,
            snapshots.c.external_id.in_(source_ids),
            snapshots.c.withdrawn.is_(False),
        )
        return load_portion(self.db, self.ground, self.flow, self.db.execute(chosen).all())


class Linking:
    """A person's verbs for contacts. ``actor`` is who decides; it goes into the audit."""

    def __init__(self, hub: Hub, actor: str) -> None:
        self.hub = hub
        self.store = hub.store
        self.actor = actor

    def link(self, integration_id: int, pairs: Mapping[str, str], reasons: Mapping[str, str] | None = None) -> Outcome:
        """Link source ids to ledger ids; a link to another contact is ended first. What waited for them comes due."""
        outcome = Outcome()
        for part in chunks(list(pairs), PORTION):
            with self._work(integration_id) as work:
                before = work.portion(part)
                matches, missing = _targets(work, {pairs[id] for id in part})
                refused = {id: missing[pairs[id]] for id in part if pairs[id] in missing} | _refusals(before, part)
                same = [id for id, link in before.links.items() if link.target_id == pairs[id]]
                refused |= {id: ALREADY for id in same if id not in refused}
                chosen = [id for id in part if id not in refused]
                self._end(work, [id for id in chosen if id in before.links], "linked to another")
                plan = self._plan(work, chosen)
                for case, _ in cases_of(plan.portion):
                    id = case.document.external_id
                    plan.adopt(case, matches[pairs[id]], "", origin=PERSON)
                    self._audit(work, "linked", id, case.document.label, (reasons or {}).get(id, ""), target=pairs[id])
                self._save(work, plan)
                outcome.done += chosen
                outcome.refused |= refused
        return outcome

    def unlink(self, integration_id: int, source_ids: Sequence[str], reason: str, *, plan_anew: bool) -> Outcome:
        """End live links; nothing is written. Unless planned anew, the contacts are kept back until a person decides.

        Planned anew means: adopted where exactly one active contact of the ledger has the name, else to be created.
        """
        outcome = Outcome()
        for part in chunks(source_ids, PORTION):
            with self._work(integration_id) as work:
                before = work.portion(part)
                refused = {id: NOT_LINKED for id in part if id not in before.links} | _refusals(before, part)
                chosen = [id for id in part if id not in refused]
                self._end(work, chosen, reason)
                for id in chosen:
                    self._audit(work, "unlinked", id, before.snapshots[id].label, reason)
                if plan_anew:
                    notes = [{"flow_id": work.flow.id, "external_id": id, "reason": "unlinked"} for id in chosen]
                    note_due(self.store, work.db, notes)
                    want_run(work.db, work.ground.integration.ledger_id, "nudge", self.hub.clock())
                else:
                    self._keep_back(work, chosen, reason)
                outcome.done += chosen
                outcome.refused |= refused
        return outcome

    def ignore(self, integration_id: int, source_ids: Sequence[str], reason: str) -> Outcome:
        """Neither create nor link these unasked. Their documents wait; raises ``SettingsError`` without a reason."""
        if not reason.strip():
            raise SettingsError("Say why it is ignored: the reason is kept with the contact.")
        outcome = Outcome()
        for part in chunks(source_ids, PORTION):
            with self._work(integration_id) as work:
                before = work.portion(part)
                refused = dict.fromkeys(before.links, STILL_LINKED) | _refusals(before, part)
                chosen = [id for id in part if id not in refused]
                self._keep_back(work, chosen, reason.strip())
                for id in chosen:
                    self._audit(work, "ignored", id, before.snapshots[id].label, reason.strip())
                outcome.done += chosen
                outcome.refused |= refused
        return outcome

    def unignore(self, integration_id: int, source_ids: Sequence[str]) -> int:
        """Take it back: they are planned anew."""
        found: list[int] = []
        with self.store.read() as db:
            for part in chunks(source_ids):
                chosen = sa.select(operations.c.id).where(*is_ignored(integration_id), operations.c.source_id.in_(part))
                found.extend(db.execute(chosen).scalars())
        return Decisions(self.hub, self.actor).undrop(found) if found else 0

    def upload(self, integration_id: int, source_ids: Sequence[str]) -> Outcome:
        """Create contacts in the ledger, or update them there with what changed: planned and approved now."""
        outcome = Outcome()
        for part in chunks(source_ids, PORTION):
            with self._work(integration_id) as work:
                self._may_upload(work)
                portion = work.portion(part)
                plan = PlannedRows(replace(portion, dropped={}), self.hub.clock())
                refused = _refusals(portion, part)
                chosen = [id for id in part if id not in refused]
                refused |= _plan_upload(plan, portion, chosen, f"uploaded by {self.actor}")
                plan.save(self.store)
                outcome.done += [id for id in chosen if id not in refused]
                outcome.refused |= refused
        self._approve(integration_id, outcome.done)
        return outcome

    def accept(self, integration_id: int, at_least: float) -> Outcome:
        """Link every contact that has one clear suggestion of this score or more, from 0 to 1."""
        integration = self.hub.integration(integration_id)
        with self.store.read() as db:
            portions = list(clear_suggestions(db, integration, at_least))
        outcome = Outcome()
        for portion in portions:
            reasons = {id: f"{', '.join(found.reasons)}: {found.score}" for id, found in portion.items()}
            linked = self.link(integration_id, {id: found.target_id for id, found in portion.items()}, reasons)
            outcome.done += linked.done
            outcome.refused |= linked.refused
        return outcome

    # -- the steps of a verb -------------------------------------------------------------------------------------------

    @contextmanager
    def _work(self, integration_id: int) -> Iterator[_Work]:
        with self.store.write() as db:
            self.store.claim(db, integration_id)
            ground = load_ground(db, integration_id, self.hub.providers)
            flow = next((flow for flow in ground.flows.values() if flow.kind == Kind.CONTACT), None)
            if flow is None:
                raise SettingsError("These two have no contacts in common.")
            yield _Work(db, ground, flow)

    def _may_upload(self, work: _Work) -> None:
        if work.flow.mode == FlowMode.OFF:
            raise SettingsError("The flow of contacts is off. Switch it to review or automatic, then upload.")
        if not is_ready(work.db, work.ground.integration, self.hub.providers):
            raise SettingsError("The ledger has not been read completely yet. Run it once, then upload.")

    def _plan(self, work: _Work, source_ids: Sequence[str]) -> PlannedRows:
        """A plan for these; what was ignored before is decided anew with it."""
        plan = PlannedRows(work.portion(source_ids), self.hub.clock())
        plan.replaced += [row.id for row in plan.portion.dropped.values()]
        return plan

    def _save(self, work: _Work, plan: PlannedRows) -> None:
        plan.save(self.store)
        want_run(work.db, work.ground.integration.ledger_id, "nudge", self.hub.clock())

    def _keep_back(self, work: _Work, source_ids: Sequence[str], reason: str) -> None:
        plan = self._plan(work, source_ids)
        for case, _ in cases_of(plan.portion):
            plan.leave_out(case, reason)
        plan.save(self.store)

    def _end(self, work: _Work, source_ids: Sequence[str], why: str) -> None:
        if not source_ids:
            return
        integration_id = work.flow.integration_id
        mine = (
            links.c.integration_id == integration_id,
            links.c.kind == CONTACT,
            links.c.source_id.in_(source_ids),
            links.c.live.is_(True),
        )
        values = {"live": False, "ended_at": self.hub.clock(), "ended_why": why, "version": links.c.version + 1}
        work.db.execute(sa.update(links).where(*mine).values(values))
        facts = [link_fact(Kind.CONTACT, id) for id in source_ids]
        touch_facts(self.store, work.db, [integration_id], facts, waiting_only=False)

    def _approve(self, integration_id: int, source_ids: Sequence[str]) -> None:
        ids: list[int] = []
        with self.store.read() as db:
            for part in chunks(source_ids):
                chosen = sa.select(operations.c.id).where(
                    operations.c.integration_id == integration_id,
                    operations.c.kind == CONTACT,
                    operations.c.source_id.in_(part),
                    operations.c.state == OperationState.PROPOSED.value,
                )
                ids.extend(db.execute(chosen).scalars())
        if ids:
            Decisions(self.hub, self.actor).approve(ids)

    def _audit(self, work: _Work, what: str, source_id: str, label: str, reason: str, **details: Any) -> None:
        integration_id = work.flow.integration_id
        self.hub.audit(
            work.db,
            self.actor,
            what,
            f"contact {label}",
            reason,
            source=source_id,
            integration=integration_id,
            **details,
        )


def _refusals(portion: Portion, source_ids: Sequence[str]) -> dict[str, str]:
    """Why nothing can be decided about some contacts now."""
    refused = {id: NOT_THERE for id in source_ids if id not in portion.snapshots}
    return refused | {id: MOVING for id, row in portion.open.items() if row.state in ON_ITS_WAY}


def _plan_upload(plan: PlannedRows, portion: Portion, chosen: Collection[str], reason: str) -> dict[str, str]:
    """Plan these; answers with those that nothing can be sent of, and why."""
    refused: dict[str, str] = {}
    for case, _ in cases_of(portion):
        id = case.document.external_id
        if id not in chosen:
            continue
        decision = decide(case)
        if decision.verdict is Verdict.ADOPT:
            refused[id] = SAME_NAME
        elif decision.verdict in (Verdict.WRITE, Verdict.HOLD):
            plan.add(case, decision, reason)
            plan.replaced += [portion.dropped[id].id] if id in portion.dropped else []
            if decision.problem is not None:
                refused[id] = str(decision.problem)
        else:
            refused[id] = f"There is nothing to send: {decision.rule}."
    return refused


def _targets(work: _Work, target_ids: Collection[str]) -> tuple[dict[str, Match], dict[str, str]]:
    """The ledger's contacts as matches, and of the others why they can't be linked to."""
    chosen = (
        sa.select(snapshots.c.external_id, snapshots.c.label, snapshots.c.withdrawn, entries.c.active)
        .join(
            entries,
            sa.and_(
                entries.c.connection_id == snapshots.c.connection_id, entries.c.external_id == snapshots.c.external_id
            ),
        )
        .where(snapshots.c.connection_id == work.ground.integration.ledger_id, snapshots.c.kind == CONTACT)
        .where(snapshots.c.external_id.in_(target_ids))
    )
    found: dict[str, Match] = {}
    missing = dict.fromkeys(target_ids, NOT_IN_LEDGER)
    for row in work.db.execute(chosen):
        if row.withdrawn:
            continue
        if not row.active:
            missing[row.external_id] = ARCHIVED
            continue
        del missing[row.external_id]
        state = TargetState(kind=Kind.CONTACT, target_id=row.external_id, status=TargetStatus.ACTIVE, number=row.label)
        found[row.external_id] = Match(row.external_id, row.label, state)
    return found, missing
