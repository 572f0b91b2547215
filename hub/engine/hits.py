"""What a person does before a flow's first write: look, and adopt or exclude what the ledger has already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.documents import TRADE_KINDS, Kind
from hub.engine import connections
from hub.engine.cases import Portion, cases_of
from hub.engine.facts import Ground, load_ground
from hub.engine.first_write import Check, Hit, differences, has_written, hits_of, keep, load_check, portion_of
from hub.engine.plan_rows import PlannedRows
from hub.engine.planning import is_ready
from hub.engine.runs import want_run
from hub.engine.sending import look
from hub.engine.settling import ON_ITS_WAY
from hub.errors import SettingsError
from hub.models import Cursor, Flow, FlowMode, Integration, Link, table
from hub.providers import Action, Operation, TargetState, TargetStatus
from hub.reconcile import Case, Match, state_digest

if TYPE_CHECKING:
    from hub.engine.hub import Hub

cursors = table(Cursor)
flows = table(Flow)
links = table(Link)

EXAMPLES = 3
"""How many hits a refusal names."""
LOOKS_AT_ONCE = 20
"""How often adopting what matches looks for more before a person is asked to go on."""


@dataclass(frozen=True)
class Looked:
    """What a look found; ``put_off`` says why none was made now: the run that would write first makes it."""

    hits: tuple[Hit, ...] = ()
    put_off: str = ""


class Hits:
    """A person's verbs on what was found. ``actor`` is who decides; it goes into the audit."""

    def __init__(self, hub: Hub, actor: str) -> None:
        self.hub = hub
        self.store = hub.store
        self.actor = actor

    def must_be_none(self, flow_id: int) -> str:
        """Before a flow that is off is switched on; raises ``SettingsError`` when the ledger has what it would post.

        Answers with why nothing was looked for, empty when nothing has to be.
        """
        flow, integration = self._flow(flow_id)
        if flow.mode != FlowMode.OFF or Kind(flow.kind) not in TRADE_KINDS or not integration.others_off_by:
            return ""
        with self.store.read() as db:
            if has_written(db, flow):
                return ""
        looked = self.look(flow_id)
        if looked.hits:
            raise SettingsError(_refusal(flow.kind, self.hub.connection(integration.ledger_id).name, looked.hits))
        return looked.put_off

    def look(self, flow_id: int) -> Looked:
        """Look for the newest documents in the ledger, and keep what is found on the flow; a hit switches it off."""
        flow, integration = self._flow(flow_id)
        with self.store.read() as db:
            put_off = self._put_off(db, flow, integration)
            if put_off:
                return Looked(put_off=put_off)
            check = load_check(db, load_ground(db, integration.id or 0, self.hub.providers), flow_id)
        if not check.cases:
            return Looked(put_off="there is nothing to look for yet")
        found = self._ask(integration, check.operations)
        with self.store.write() as db:
            self.store.claim(db, check.integration_id)
            hits = hits_of(db, check, found)
            keep(self.store, db, check, hits, actor=self.actor, at=self.hub.clock())
        return Looked(tuple(hits))

    def adopt(self, flow_id: int, source_id: str, target_id: str, *, confirmed: bool = False) -> None:
        """Link a source document to what the ledger has; nothing is written. What differs must be ``confirmed``."""
        hit = next((one for one in self._hits(flow_id) if _is(one, source_id, target_id)), None)
        if hit is None:
            raise SettingsError("Somebody has decided about this document meanwhile.")
        objections = self._adopt(flow_id, [hit], confirmed=confirmed)
        if objections:
            raise SettingsError(objections[0])

    def adopt_exact(self, flow_id: int) -> int:
        """Adopt every hit that matches exactly and could be nothing else, then look for more until none is found."""
        count = 0
        for _ in range(LOOKS_AT_ONCE):
            hits = self._hits(flow_id)
            chosen = _exact(hits)
            adopted = len(chosen) - len(self._adopt(flow_id, chosen, confirmed=False)) if chosen else 0
            count += adopted
            if not adopted or adopted < len(hits) or not self.look(flow_id).hits:
                break
        return count

    def exclude(self, flow_id: int, source_id: str, reason: str) -> None:
        """Never post a source document that was found in the ledger; undone as every drop is."""
        if not reason.strip():
            raise SettingsError("Say why it is excluded: the reason is kept with the record.")
        with self.store.write() as db:
            portion = self._portion(db, flow_id, [source_id])
            if all(hit.source_id != source_id for hit in _stored(db, flow_id)):
                raise SettingsError("Somebody has decided about this document meanwhile.")
            plan = PlannedRows(portion, self.hub.clock())
            for case, _ in cases_of(portion):
                plan.leave_out(case, reason.strip())
                self.hub.audit(db, self.actor, "excluded", case.document.label, reason.strip(), flow=flow_id)
            plan.save(self.store)
            self._forget(db, flow_id, sources={source_id})

    def find(self, flow_id: int, source_id: str, number: str) -> tuple[Hit, ...]:
        """What the ledger has under ``number`` that could be this document, each with its differences.

        Raises ``SettingsError`` when nothing can be asked now, ``ProviderError`` when the ledger does not answer.
        """
        flow, integration = self._flow(flow_id)
        if not number.strip():
            raise SettingsError("Say under which number the ledger has it.")
        with self.store.read() as db:
            put_off = self._put_off(db, flow, integration)
            if put_off:
                raise SettingsError(f"It can't be looked for: {put_off}.")
            check = load_check(db, load_ground(db, integration.id or 0, self.hub.providers), flow_id, [source_id])
        asked = [
            replace(one, document=one.document.model_copy(update={"number": number.strip()}))
            for one in check.operations
        ]
        found = self._ask(integration, asked) if asked else {}
        with self.store.read() as db:
            return tuple(hits_of(db, check, found))

    def adopt_found(self, flow_id: int, source_id: str, target_id: str, *, confirmed: bool = False) -> None:
        """Link a source document to a record of the ledger that a person found; it is read again and compared.

        Raises ``SettingsError`` that says what speaks against it; what merely differs may be ``confirmed``.
        """
        flow, _ = self._flow(flow_id)
        named = TargetState(kind=Kind(flow.kind), target_id=target_id, status=TargetStatus.OPEN)
        objections = self._adopt(flow_id, [Hit(source_id=source_id, label=source_id, state=named)], confirmed=confirmed)
        if objections:
            raise SettingsError(objections[0])

    # -- the steps of an adoption --------------------------------------------------------------------------------------

    def _adopt(self, flow_id: int, chosen: Sequence[Hit], *, confirmed: bool) -> list[str]:
        """Adopt what may be; answers with what speaks against the others. The ledger is asked how they are now."""
        _, integration = self._flow(flow_id)
        targets = {hit.source_id: hit.state.target_id for hit in chosen}
        with self.store.read() as db:
            ground = load_ground(db, integration.id or 0, self.hub.providers)
            check = load_check(db, ground, flow_id, list(targets))
        by_id = [
            replace(one, action=Action.UPDATE, target_id=targets[one.document.external_id]) for one in check.operations
        ]
        gone = [hit.label for hit in chosen if hit.source_id not in check.source_ids]
        found = self._ask(integration, by_id)
        with self.store.write() as db:
            objections = self._link(db, check, by_id, found, confirmed=confirmed)
        return [*objections, *(f"{label} is not to be posted any more. Look again." for label in gone)]

    def _link(
        self,
        db: sa.Connection,
        check: Check,
        asked: Sequence[Operation],
        found: Mapping[int, Sequence[TargetState]],
        *,
        confirmed: bool,
    ) -> list[str]:
        portion = self._portion(db, check.flow_id, check.source_ids)
        plan = PlannedRows(portion, self.hub.clock())
        cases = {case.document.external_id: case for case, _ in cases_of(portion)}
        objections: list[str] = []
        for one in asked:
            case, state = cases[one.document.external_id], next(iter(found[one.id]), None)
            differ = differences(case, state, one.targets) if state else ()
            objection = _objection(db, portion, case, state, () if confirmed else differ)
            if state is None or objection:
                objections.append(objection)
                continue
            plan.adopt(case, Match(state.target_id, case.document.label, state), state_digest(state))
            details = {"flow": check.flow_id, "target": state.target_id}
            self.hub.audit(db, self.actor, "adopted", one.document.label, ", ".join(differ), **details)
        plan.save(self.store)
        adopted = plan.adopted
        self._forget(
            db,
            check.flow_id,
            sources={row["source_id"] for row in adopted},
            targets={row["target_id"] for row in adopted},
        )
        if adopted:
            want_run(db, check.ledger_id, "nudge", self.hub.clock())
        return objections

    def _portion(self, db: sa.Connection, flow_id: int, source_ids: Sequence[str]) -> Portion:
        """The records as they are now, while nobody else plans."""
        integration_id = db.execute(sa.select(flows.c.integration_id).where(flows.c.id == flow_id)).scalar_one()
        self.store.claim(db, integration_id)
        ground: Ground = load_ground(db, integration_id, self.hub.providers)
        return portion_of(db, ground, ground.flows[flow_id], source_ids)

    def _forget(
        self, db: sa.Connection, flow_id: int, *, sources: Collection[str], targets: Collection[str] = ()
    ) -> None:
        left = [h for h in _stored(db, flow_id) if h.source_id not in sources and h.state.target_id not in targets]
        change = sa.update(flows).where(flows.c.id == flow_id)
        db.execute(change.values(hits=[hit.model_dump(mode="json") for hit in left]))

    # -- what a look needs ---------------------------------------------------------------------------------------------

    def _flow(self, flow_id: int) -> tuple[sa.Row[Any], Integration]:
        with self.store.read() as db:
            flow = db.execute(sa.select(flows).where(flows.c.id == flow_id)).one()
        return flow, self.hub.integration(flow.integration_id)

    def _hits(self, flow_id: int) -> list[Hit]:
        with self.store.read() as db:
            return _stored(db, flow_id)

    def _put_off(self, db: sa.Connection, flow: sa.Row[Any], integration: Integration) -> str:
        ledger, stock = self.hub.connection(integration.ledger_id), self.hub.connection(integration.stock_id)
        if self.hub.provider(ledger.provider).visit is not None:
            return f"{ledger.name} can only be asked while it visits the hub"
        if not is_ready(db, integration, self.hub.providers):
            return f"{ledger.name} has not been read completely yet; run it once"
        feeds = [feed.name for feed in self.hub.provider(stock.provider).feeds if Kind(flow.kind) in feed.kinds]
        done = sa.select(cursors.c.feed).where(
            cursors.c.connection_id == stock.id, cursors.c.feed.in_(feeds), cursors.c.completed_at.is_not(None)
        )
        if set(db.execute(done).scalars()) < set(feeds):
            kinds = flow.kind.replace("_", " ") + "s"
            return f"the {kinds} of {stock.name} have not been read yet: that begins once their flow is on"
        return ""

    def _ask(self, integration: Integration, operations: Sequence[Operation]) -> Mapping[int, Sequence[TargetState]]:
        ledger = self.hub.connection(integration.ledger_id)
        provider = self.hub.provider(ledger.provider)
        connection = connections.view(self.hub, ledger)
        door = self.hub.door(connection, connections.limits_of(provider, connection.settings, ledger.limits))
        try:
            return look(provider.open(connection, door), operations)
        finally:
            door.close()


def _stored(db: sa.Connection, flow_id: int) -> list[Hit]:
    rows = db.execute(sa.select(flows.c.hits).where(flows.c.id == flow_id)).scalar_one()
    return [Hit.model_validate(row) for row in rows]


def _is(hit: Hit, source_id: str, target_id: str) -> bool:
    return (hit.source_id, hit.state.target_id) == (source_id, target_id)


def _exact(hits: Sequence[Hit]) -> list[Hit]:
    """Those that do not differ, where neither the source document nor the ledger's could be meant by another one."""
    sources = Counter(hit.source_id for hit in hits)
    targets = Counter(hit.state.target_id for hit in hits)
    alone = (hit for hit in hits if sources[hit.source_id] == targets[hit.state.target_id] == 1)
    return [hit for hit in alone if not hit.differences]


def _objection(
    db: sa.Connection, portion: Portion, case: Case, state: TargetState | None, differ: Sequence[str]
) -> str:
    """What speaks against linking the two, empty when nothing does."""
    label, source_id = case.document.label, case.document.external_id
    if state is None or not state.status.is_live:
        return f"{label} is no longer in the ledger. Look again."
    busy = portion.open.get(source_id)
    if case.link is not None or (busy is not None and busy.state in ON_ITS_WAY):
        return f"{label} was posted by the hub meanwhile. Look again."
    taken = sa.select(links.c.source_id).where(
        links.c.ledger_id == portion.ground.integration.ledger_id,
        links.c.kind == case.document.kind.value,
        links.c.target_id == state.target_id,
        links.c.live.is_(True),
    )
    if db.execute(taken).first() is not None:
        return f"{state.number or state.target_id} is linked to another document already."
    if differ:
        return f"{label} is different in the ledger: {', '.join(differ)}. Confirm that it is the same document."
    return ""


def _refusal(kind: str, ledger: str, hits: Sequence[Hit]) -> str:
    labels = list(dict.fromkeys(hit.label for hit in hits))
    named = ", ".join(labels[:EXAMPLES]) + (" and others" if len(labels) > EXAMPLES else "")
    kinds = f"{kind.replace('_', ' ')}s"
    return (
        f"{len(labels)} of the newest {kinds} {'is' if len(labels) == 1 else 'are'} in {ledger} already, and not by"
        f" this hub: {named}. The flow stays off. Find out who posts them, and switch that off; then adopt or exclude"
        " each one on the integration's page, and switch the flow on."
    )
