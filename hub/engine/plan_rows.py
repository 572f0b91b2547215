"""The plan as rows: what a decision adds, replaces or leaves as it is, written together at the end of a portion."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.documents import Kind, TradeDocument
from hub.engine.cases import Portion, load_operations
from hub.engine.freeing import REMOVALS, wake_money
from hub.engine.money import money_of
from hub.engine.notes import chunks, forget_facts, touch_facts
from hub.engine.skipping import wake_resting
from hub.engine.summaries import save_members, wake_corrected
from hub.mapping import link_fact
from hub.models import Exclusion, FlowMode, Link, OperationFact, OperationRow, OperationState, table
from hub.providers import Action
from hub.reconcile import REMOVAL_TIER, TIERS, Case, Decision, Match, Verdict, is_summary, payload_hash
from hub.store import Store

exclusions = table(Exclusion)
operation_facts = table(OperationFact)
operations = table(OperationRow)

AUTOMATIC = "automatic"
"""Who approved what an automatic flow let go."""


@dataclass
class PlannedRows:
    """What the decisions of one portion come to."""

    portion: Portion
    present: datetime
    rows: list[dict[str, Any]] = field(default_factory=list)
    facts: list[tuple[str, list[str]]] = field(default_factory=list)
    adopted: list[dict[str, Any]] = field(default_factory=list)
    excluded: list[dict[str, Any]] = field(default_factory=list)
    included: list[str] = field(default_factory=list)
    replaced: list[int] = field(default_factory=list)
    to_free: list[str] = field(default_factory=list)
    joined: dict[str, str] = field(default_factory=dict)
    """The summary that each journal is posted in; empty for one that is in none."""
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, name: str) -> None:
        """One more of these, for the run."""
        self.counts[name] = self.counts.get(name, 0) + 1

    def add(self, case: Case, decision: Decision, reason: str) -> None:
        """Turn one decision into rows; what stands already and says the same is left as it is."""
        _record(self, case, decision, reason)

    def adopt(self, case: Case, match: Match, settled_stamp: str, *, origin: str = "adopted") -> None:
        """A person says that the ledger's record is this one; nothing is written."""
        self._settle_open(case)
        said = {"settled_stamp": settled_stamp, "origin": origin}
        self.adopted.append(_adopted_link(self, case, match) | said)

    def leave_out(self, case: Case, reason: str) -> None:
        """A person says that this is never to be posted: a drop before there was anything to drop."""
        self._settle_open(case)
        row = _operation_row(self, case, Decision(Verdict.WRITE, rule=reason), reason)
        self.rows.append({**row, "state": OperationState.DROPPED.value, "settled_at": self.present})

    def _settle_open(self, case: Case) -> None:
        before = self.portion.open.get(case.document.external_id)
        if before is not None:
            self.replaced.append(before.id)
        self.included.append(case.document.external_id)

    def save(self, store: Store) -> None:
        """Write everything, in the transaction that the portion was loaded in."""
        db, flow = self.portion.db, self.portion.flow
        for part in chunks(self.replaced):
            replaced = sa.update(operations).where(operations.c.id.in_(part))
            db.execute(replaced.values(state=OperationState.REPLACED.value, settled_at=self.present))
        forget_facts(db, self.replaced)
        if flow.kind == Kind.JOURNAL:
            self._wake_what_they_correct(store)
        for ids in chunks(self.included):
            db.execute(sa.delete(exclusions).where(exclusions.c.flow_id == flow.id, exclusions.c.external_id.in_(ids)))
        if self.excluded:
            store.upsert(db, exclusions, self.excluded, key=("flow_id", "external_id"), update=("rule",))
        if self.adopted:
            store.insert(db, Link, self.adopted)
            facts = [link_fact(row["kind"], row["source_id"]) for row in self.adopted]
            touch_facts(store, db, [flow.integration_id], facts)
        if self.rows:
            store.insert(db, OperationRow, self.rows)
            self._save_facts(store)
            self._wake_those_that_name_them(store)
            self._wake_those_that_rest_on_what_is_left_out(store)
        if self.to_free:
            wake_money(store, db, flow.integration_id, flow.kind, self.to_free)
        if self.joined:
            save_members(store, db, flow, self.portion.memberships, self.joined)

    def _wake_what_they_correct(self, store: Store) -> None:
        """A correction that a rule leaves out from now on, or no longer, changes what its summary should say."""
        db, flow = self.portion.db, self.portion.flow
        ruled = {row["external_id"] for row in self.excluded if is_summary(row["external_id"])}
        ids = ruled | {id for id in self.included if is_summary(id)}
        chosen = sa.select(exclusions.c.external_id).where(exclusions.c.flow_id == flow.id)
        before = {
            id
            for part in chunks(sorted(ids))
            for id in db.execute(chosen.where(exclusions.c.external_id.in_(part))).scalars()
        }
        changed = (ruled - before) | (before - ruled)
        if changed:
            wake_corrected(store, db, flow.integration_id, changed)

    def _wake_those_that_name_them(self, store: Store) -> None:
        """A contact or an item is on its way now, for instance since its flow was switched on."""
        if self.portion.flow.kind in (Kind.CONTACT, Kind.ITEM):
            coming = [row for row in self.rows if row["state"] == OperationState.PROPOSED.value]
            facts = [link_fact(row["kind"], row["source_id"]) for row in coming if row["action"] == Action.CREATE.value]
            touch_facts(store, self.portion.db, [self.portion.flow.integration_id], facts)

    def _wake_those_that_rest_on_what_is_left_out(self, store: Store) -> None:
        left_out = [row["source_id"] for row in self.rows if row["state"] == OperationState.DROPPED.value]
        if left_out:
            flow = self.portion.flow
            wake_resting(store, self.portion.db, flow.integration_id, flow.kind, left_out, were_coming=True)

    def _save_facts(self, store: Store) -> None:
        if not self.facts:
            return
        db, flow = self.portion.db, self.portion.flow
        waiting = [source_id for source_id, _ in self.facts]
        held = load_operations(db, flow, waiting, (OperationState.HELD.value,))
        rows = [
            {"operation_id": held[source_id].id, "fact": fact, "integration_id": flow.integration_id}
            for source_id, facts in self.facts
            for fact in facts
        ]
        store.insert(db, operation_facts, rows)


def _record(plan: PlannedRows, case: Case, decision: Decision, reason: str) -> None:
    source_id = case.document.external_id
    before = plan.portion.open.get(source_id)
    # Whoever leaves a contact out does not want it linked unasked either.
    unasked = decision.verdict is Verdict.ADOPT and case.document.kind is Kind.CONTACT
    wanted = decision.verdict in (Verdict.WRITE, Verdict.HOLD, Verdict.JOIN)
    if (unasked or wanted) and _is_dropped(plan, case, decision):
        decision = Decision(Verdict.NOTHING, rule="dropped by a person")
    # While the flow is off nothing is decided: what is posted together stays as it is.
    is_on = plan.portion.flow.mode != FlowMode.OFF
    if is_on and case.document.kind is Kind.JOURNAL and not is_summary(source_id):
        plan.joined[source_id] = case.summary if decision.verdict is Verdict.JOIN else ""
    if isinstance(case.document, TradeDocument) and case.link and _is_about_removal(decision, before):
        plan.to_free.append(source_id)
    if decision.verdict is Verdict.EXCLUDED:
        flow_id = plan.portion.flow.id
        plan.excluded.append({"flow_id": flow_id, "external_id": source_id, "rule": decision.rule})
    else:
        plan.included.append(source_id)
    automatic = plan.portion.flow.mode == FlowMode.AUTOMATIC
    if decision.verdict is Verdict.WRITE and before is not None and _says_the_same(before, case, decision, automatic):
        plan.count("kept")
        return
    if before is not None:
        plan.replaced.append(before.id)
    if decision.verdict is Verdict.ADOPT and decision.match:
        plan.adopted.append(_adopted_link(plan, case, decision.match))
        plan.count("adopted")
    elif decision.verdict in (Verdict.WRITE, Verdict.HOLD):
        plan.rows.append(_operation_row(plan, case, decision, reason))
        plan.count("held" if decision.verdict is Verdict.HOLD else "proposed")
    elif decision.verdict is Verdict.EXCLUDED:
        plan.count("not eligible")
    elif decision.verdict is Verdict.JOIN:
        plan.count("in a summary")


def _is_dropped(plan: PlannedRows, case: Case, decision: Decision) -> bool:
    dropped = plan.portion.dropped.get(case.document.external_id)
    if dropped is None:
        return False
    if (dropped.action in REMOVALS) is not (decision.action.value in REMOVALS):
        return False  # leaving a change out is not leaving a withdrawn document in the books
    return dropped.fingerprint == case.fingerprint or (
        dropped.action == Action.CREATE.value and decision.action is Action.CREATE
    )


def _is_about_removal(decision: Decision, before: sa.Row[Any] | None) -> bool:
    """Whether a document is to leave the ledger, or was to and no longer is."""
    wanted = decision.verdict in (Verdict.WRITE, Verdict.HOLD) and decision.action.value in REMOVALS
    return wanted or (before is not None and before.action in REMOVALS)


def _says_the_same(before: sa.Row[Any], case: Case, decision: Decision, automatic: bool) -> bool:
    """Whether the open operation may stay; what went by itself needs a person once its flow is no longer automatic."""
    if before.approved_by == AUTOMATIC and not automatic:
        return False
    return (
        before.state in (OperationState.PROPOSED.value, OperationState.PENDING.value)
        and before.action == decision.action.value
        and before.fingerprint == case.fingerprint
        and before.payload_hash == payload_hash(case.fitted)
        and before.warnings == list(decision.warnings)
        and before.link_version == (case.link.version if case.link else 0)
    )


def _adopted_link(plan: PlannedRows, case: Case, match: Match) -> dict[str, Any]:
    return {
        "integration_id": plan.portion.flow.integration_id,
        "ledger_id": plan.portion.ground.integration.ledger_id,
        "kind": case.document.kind.value,
        "source_id": case.document.external_id,
        "target_id": match.target_id,
        "target_number": match.state.number,
        "generation": case.generation,
        "live": True,
        "version": 1,
        "origin": "adopted",
        "written_fingerprint": case.fingerprint,
        "written_payload": payload_hash(case.fitted),
        "written_document": case.fitted.model_dump_json(),
        "state": match.state.model_dump(mode="json"),
        "settled_stamp": "",
        **money_of(case.fitted),
        "created_at": plan.present,
        "ended_why": "",
    }


def _operation_row(plan: PlannedRows, case: Case, decision: Decision, reason: str) -> dict[str, Any]:
    document = decision.document or case.fitted
    held = decision.verdict is Verdict.HOLD
    problem = decision.problem
    facts = list(dict.fromkeys(decision.facts))
    source_id = document.external_id
    if held:
        plan.facts.append((source_id, facts))
    total = getattr(document, "total", None)
    amount = total if total is not None else getattr(document, "amount", "")
    removal = decision.action in (Action.VOID, Action.DELETE)
    tier = TIERS[document.kind]
    return {
        "integration_id": plan.portion.flow.integration_id,
        "flow_id": plan.portion.flow.id,
        "ledger_id": plan.portion.ground.integration.ledger_id,
        "kind": document.kind.value,
        "source_id": source_id,
        # As the source has it: a ledger may shorten a number or a name, and people know the document by its own.
        "label": case.document.label,
        "action": decision.action.value,
        "state": (OperationState.HELD if held else OperationState.PROPOSED).value,
        "tier": REMOVAL_TIER - tier if removal else tier,
        "document": document.model_dump_json(),
        "fingerprint": case.fingerprint,
        "payload_hash": payload_hash(document),
        "generation": case.generation,
        "target_id": case.link.target_id if case.link else "",
        "link_id": case.link.id if case.link else None,
        "link_version": case.link.version if case.link else 0,
        "fields": sorted(decision.fields) if decision.fields is not None else None,
        "depends_on": [[kind.value, id] for kind, id in case.resolved.depends_on],
        "trace": case.resolved.trace,
        "warnings": list(decision.warnings),
        "problem_code": problem.code if problem else "",
        "problem_subject": problem.subject if problem else "",
        "problem": problem.model_dump() if problem else None,
        "facts": facts,
        "caught": decision.ask,
        "amount": str(amount) if amount is not None else "",
        "currency": getattr(document, "currency", ""),
        "document_date": getattr(document, "date", None),
        "contact": getattr(document, "contact_name", ""),
        "post_as": case.post_as,
        "reason": decision.rule or reason,
        "planned_at": plan.present,
    }
