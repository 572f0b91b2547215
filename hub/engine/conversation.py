"""One run: look for what is unsure, pull, plan, push, until nothing is left to do.

What comes next is worked out from the database alone, so a provider that we call and one that visits us, one HTTP
request per step, go through the same steps.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hub.documents import REFERENCE_KINDS, Kind
from hub.engine import first_write, looking, taking
from hub.engine.delivery import Neighbours, deliver, earliest_start, neighbours
from hub.engine.notes import chunks, left_alone
from hub.engine.planning import LISTED, is_ready, is_unreleased, plan, plan_cards
from hub.engine.runs import RunToken, want_run, write_progress
from hub.models import (
    ConnectionRow,
    Cursor,
    Due,
    Flow,
    FlowMode,
    Integration,
    NativeRecord,
    OperationRow,
    OperationState,
    Run,
    table,
)
from hub.providers import Batch, BatchRule, Feed, Operation, Page, Provider, TargetState, Want
from hub.store import Store
from hub.vault import Vault

connections = table(ConnectionRow)
cursors = table(Cursor)
due = table(Due)
flows = table(Flow)
integrations = table(Integration)
operations = table(OperationRow)
records = table(NativeRecord)
runs = table(Run)

UNREAD_AT_ONCE = 200
"""Records that could not be read are asked for again so many at a time: an account full of them must not use up the
calls that its changes need."""


@dataclass(frozen=True)
class PullStep:
    """Pull a feed."""

    want: Want


@dataclass(frozen=True)
class LookStep:
    """Look for targets: of unsure operations, of ``candidates`` before they change something, or for a ``check``."""

    operations: tuple[Operation, ...]
    unsure: looking.UnsureOperations | None = None
    candidates: taking.Candidates | None = None
    check: first_write.Check | None = None


@dataclass(frozen=True)
class SendStep:
    """Send a batch that is committed."""

    batch: Batch


@dataclass(frozen=True)
class WaitStep:
    """Nothing can be done for some seconds: a look must not come too early."""

    seconds: float


Step = PullStep | LookStep | SendStep | WaitStep


MONEY = frozenset({Kind.PAYMENT, Kind.REFUND, Kind.ALLOCATION})
"""What the reserved calls of a day are for."""


WAITS_FOR_CALLS = "documents wait for tomorrow's calls"
"""How a run's progress names what the reserve kept back."""


def _always() -> bool:
    return True


def _nothing_known(_ids: Sequence[str]) -> Mapping[str, str]:
    return {}


@dataclass
class Conversation:
    """One run's way through its steps."""

    store: Store
    vault: Vault
    run: RunToken
    provider: Provider
    providers: Mapping[str, Provider]
    fresh_for: timedelta | None = None
    """Feeds completed within this time are not pulled again (a nudged run right after another)."""
    has_spare: Callable[[], bool] = _always
    """Whether the day's calls may go to new documents; else only money goes."""
    reads_only: bool = False
    """Nothing is sent or looked for: nobody confirmed the account yet, and what another one lacks proves nothing."""

    def next_step(self) -> Step | None:
        """What to do now; None when the run is finished."""
        unsure, later = (None, None) if self.reads_only else looking.unsure(self.store, self.run)
        if unsure:
            return LookStep(unsure.operations, unsure=unsure)
        if later is not None:
            return WaitStep(max(0.05, (later - self.run.clock()).total_seconds()))
        want = self.next_want()
        if want:
            return PullStep(want)
        while True:
            self._plan()
            step = None if self.reads_only else self._next_send()
            if step is not None or not self._has_due():
                return step

    def delivered(self, step: PullStep, page: Page) -> dict[str, int]:
        """Save a page of a pull."""
        counts = deliver(self.store, self.run, step.want.feed, page, step.want.since)
        if page.watermark is not None:
            self._feed_done(step.want.feed.name)
            self.store.gather_statistics()
        elif step.want.feed.kinds and step.want.feed.kinds.isdisjoint(LISTED):
            self._plan_cards()
        return counts

    def look_of(self, ids: Sequence[int], *, unsure: bool) -> LookStep | None:
        """The look that a visitor was asked for, as far as it is still of use."""
        state = OperationState.UNSURE if unsure else OperationState.PENDING
        integration_id, found = looking.still_open(self.store, ids, state)
        if not found:
            return None
        if unsure:
            return LookStep(found, unsure=looking.UnsureOperations(integration_id, found))
        first = found[0]
        looked = taking.Candidates(integration_id, first.kind, first.action, tuple(one.id for one in found), found)
        return LookStep(found, candidates=looked)

    def check_of(self, flow_id: int, source_ids: Sequence[str]) -> LookStep | None:
        """The look before a first write that a visitor was asked for, unless one of its documents changed meanwhile."""
        check = first_write.check_again(self.store, self.providers, flow_id, source_ids)
        return LookStep(check.operations, check=check) if check else None

    def looked(self, step: LookStep, found: Mapping[int, Sequence[TargetState]]) -> None:
        """Save what a look found."""
        if step.unsure:
            looking.settle_look(self.store, self.run, step.unsure, found, self.providers)
        elif step.candidates:
            looking.record_look(self.store, self.run, step.candidates, found)
        elif step.check:
            first_write.record_check(self.store, self.run, step.check, found)

    def sides(self) -> Neighbours:
        """The integrations of this run's connection."""
        with self.store.read() as db:
            return neighbours(db, self.run.connection_id)

    def nudge(self) -> list[int]:
        """Want the runs that this one made useful: the ledgers that got something to post."""
        nudged: list[int] = []
        with self.store.write() as db:
            for integration in self._integrations(db):
                other = integration.ledger_id
                if other == self.run.connection_id:
                    continue
                waiting = (
                    sa.select(sa.func.count())
                    .select_from(operations)
                    .where(operations.c.ledger_id == other, operations.c.state == OperationState.PENDING.value)
                )
                if db.execute(waiting).scalar_one() or not is_ready(db, integration, self.providers):
                    want_run(db, other, "nudge", self.run.clock(), self.run.most_calls)
                    nudged.append(other)
        return nudged

    def _integrations(self, db: sa.Connection) -> list[Integration]:
        sides = neighbours(db, self.run.connection_id)
        chosen = sa.select(integrations).where(integrations.c.id.in_(sides.all))
        return [Integration(**row._mapping) for row in db.execute(chosen)]

    def _done_feeds(self, db: sa.Connection) -> list[str]:
        progress = db.execute(sa.select(runs.c.progress).where(runs.c.id == self.run.id)).scalar_one()
        return list(progress.get("feeds", ()))

    def _feed_done(self, name: str) -> None:
        with self.store.write(durable=False) as db:
            self.run.guard(db)
            row = db.execute(sa.select(runs.c.progress).where(runs.c.id == self.run.id)).scalar_one()
            progress = {**row, "feeds": [*row.get("feeds", ()), name]}
            db.execute(sa.update(runs).where(runs.c.id == self.run.id).values(progress=progress))

    def next_want(self) -> Want | None:
        """The next feed that this run has not pulled yet."""
        with self.store.read() as db:
            done = set(self._done_feeds(db))
            kinds, since = self._wanted_kinds(db)
            for feed in self.provider.feeds:
                if feed.name in done or (feed.kinds and feed.kinds.isdisjoint(kinds)):
                    continue
                cursor = self._cursor(db, feed)
                if cursor is None or not self._is_fresh(cursor):
                    watermark = cursor.watermark if cursor else None
                    progress = cursor.progress if cursor else None
                    # A full feed is told nothing: what it left out would count as withdrawn.
                    known = _nothing_known if feed.full else self._known(feed)
                    unread = {} if feed.full else self._unread(db, feed)
                    return Want(feed, watermark, progress, known, since, unread, self.run.id, self.run.clock())
        return None

    def _cursor(self, db: sa.Connection, feed: Feed) -> sa.Row[Any] | None:
        chosen = sa.select(cursors).where(
            cursors.c.connection_id == self.run.connection_id, cursors.c.feed == feed.name
        )
        return db.execute(chosen).first()

    def _is_fresh(self, cursor: sa.Row[Any]) -> bool:
        if self.fresh_for is None or cursor.completed_at is None or cursor.progress:
            return False
        return bool(self.run.clock() - cursor.completed_at < self.fresh_for)

    def _wanted_kinds(self, db: sa.Connection) -> tuple[frozenset[Kind], Any]:
        """The kinds that flows need; every list, contact and item is read even before a flow is on."""
        sides = neighbours(db, self.run.connection_id)
        chosen = sa.select(flows.c.kind).where(
            flows.c.integration_id.in_(sides.all), flows.c.mode != FlowMode.OFF.value
        )
        needed = {Kind(kind) for kind in db.execute(chosen).scalars()}
        return REFERENCE_KINDS | {Kind.CONTACT, Kind.ITEM} | needed, earliest_start(db, self.run.connection_id)

    def _known(self, feed: Feed) -> Any:
        def known(ids: Sequence[str]) -> Mapping[str, str]:
            found: dict[str, str] = {}
            with self.store.read() as db:
                for part in chunks(ids):
                    chosen = sa.select(records.c.record_id, records.c.stamp).where(
                        records.c.connection_id == self.run.connection_id,
                        records.c.feed == feed.name,
                        records.c.record_id.in_(part),
                    )
                    found |= {row.record_id: row.stamp for row in db.execute(chosen) if row.stamp}
            return found

        return known

    def _unread(self, db: sa.Connection, feed: Feed) -> dict[str, str]:
        chosen = (
            sa.select(records.c.record_id, records.c.label)
            .where(
                records.c.connection_id == self.run.connection_id,
                records.c.feed == feed.name,
                records.c.problem.is_not(None),
            )
            .order_by(records.c.seen_at, records.c.id)
            .limit(UNREAD_AT_ONCE)
        )
        return {row.record_id: row.label for row in db.execute(chosen)}

    def _plan(self) -> None:
        with self.store.read() as db:
            ready = [one for one in self._integrations(db) if is_ready(db, one, self.providers)]
            # A process that died between planning and releasing leaves what it planned as proposed.
            waiting = {one.id for one in ready if self._due_count(db, one.id or 0) or is_unreleased(db, one.id or 0)}
        for integration in ready:
            if integration.id in waiting and integration.id is not None:
                plan(self.store, self.run, integration.id, self.providers)

    def _plan_cards(self) -> None:
        """What documents name is complete once these are read; the next of them may have to wait for the limits."""
        with self.store.read() as db:
            ready = [one for one in self._integrations(db) if is_ready(db, one, self.providers)]
            waiting = [one.id for one in ready if one.id is not None and self._due_count(db, one.id)]
        for integration_id in waiting:
            plan_cards(self.store, self.run, integration_id, self.providers)

    def _due_count(self, db: sa.Connection, integration_id: int) -> int:
        """Whether notes can be planned now: not those of a record that is on its way."""
        busy = sa.exists().where(
            operations.c.flow_id == due.c.flow_id, operations.c.source_id == due.c.external_id, left_alone()
        )
        chosen = (
            sa.select(due.c.id)
            .join(flows, flows.c.id == due.c.flow_id)
            .where(flows.c.integration_id == integration_id, ~busy)
            .limit(1)
        )
        return 1 if db.execute(chosen).first() else 0

    def _has_due(self) -> bool:
        with self.store.read() as db:
            return any(
                self._due_count(db, one.id or 0) for one in self._integrations(db) if is_ready(db, one, self.providers)
            )

    def _next_send(self) -> LookStep | SendStep | None:
        """The next batch, committed; or the look that must come before it."""
        rules = self.provider.batch_rules
        while True:
            kinds = () if self.has_spare() else MONEY
            chosen = taking.candidates(self.store, self.run, self.providers, rules, kinds)
            if chosen is None:
                self._tell_what_waits(kinds)
                return None
            if chosen.looked_for:
                return LookStep(chosen.looked_for, candidates=chosen)
            check = first_write.check_before(self.store, self.providers, chosen)
            if check:
                return LookStep(check.operations, check=check)
            asked = self._numbers_before(chosen)
            if asked:
                return asked
            rule = rules.get(chosen.kind, BatchRule())
            batch = taking.take(self.store, self.vault, self.run, self.providers, chosen, rule)
            if batch is not None:
                return SendStep(batch)

    def _numbers_before(self, chosen: taking.Candidates) -> LookStep | None:
        """The look for numbers that a platform takes twice."""
        if chosen.kind not in self.provider.asks_before_creating:
            return None
        asked = looking.before_creating(self.store, self.run, chosen)
        return LookStep(asked, candidates=replace(chosen, looked_for=asked)) if asked else None

    def may_send(self, kind: Kind) -> bool:
        """Whether calls of this day are left for a kind."""
        return kind in MONEY or self.has_spare()

    def _tell_what_waits(self, kinds: Collection[Kind]) -> None:
        """Documents that could go but for the calls that are reserved for money."""
        if not kinds:
            return
        waiting = sa.select(sa.func.count()).where(
            operations.c.ledger_id == self.run.connection_id, operations.c.state == OperationState.PENDING.value
        )
        with self.store.write(durable=False) as db:
            self.run.guard(db)
            count = db.execute(waiting).scalar_one()
            if count:
                write_progress(db, self.run.id, "push", {}, {WAITS_FOR_CALLS: count})
