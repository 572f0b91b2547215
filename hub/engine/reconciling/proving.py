"""Proof of no double posting: the ledger is asked for every mark of an integration's live links.

What the hub believes a document became plays no part in the answer: its target id is not sent along, so that a second
target with the same mark would be found as well as the first. How a kind is asked for is the provider's matter: by
number, by day, or by the record that it belongs to, as an allocation by its credit note.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from hub.documents import Kind, parse_document
from hub.engine.facts import load_targets, refs_of
from hub.engine.reconciling import work
from hub.engine.reconciling.loading import DATED
from hub.engine.reconciling.work import Work, attempt, claim, end, opened
from hub.engine.runs import BY_A_PERSON, want_run
from hub.engine.sending import look
from hub.errors import SettingsError
from hub.http.answers import SAFE_METHODS
from hub.models import Exchange, Integration, Link, Proof, table
from hub.models.states import ReconciliationState
from hub.providers import Action, BatchRule, Operation, Organisation, Provider, TargetState

if TYPE_CHECKING:
    from hub.engine.hub import Hub

exchanges = table(Exchange)
links = table(Link)
rows = proof_rows = table(Proof)

ASKED_AT_ONCE = 200
CREATED = "created"
"""The origin of a link to what the hub made; what others made carries no mark of it."""
QUERIES_KEPT = 2
"""So many of the questions about each kind are kept as they were sent; all are in the log as long as it keeps them."""
LISTED_MOST = 500


class Proving:
    """A person's verbs. ``actor`` is who asks; it goes into the audit."""

    def __init__(self, hub: Hub, actor: str) -> None:
        self.hub = hub
        self.actor = actor

    def expected(self, integration_id: int) -> int:
        """About how many calls a proof makes: as many for each link as the one before, else one for each batch."""
        provider = self.hub.provider(self.hub.connection(self.hub.integration(integration_id).ledger_id).provider)
        with self.hub.store.read() as db:
            counts = count_links(db, integration_id)
            before = db.execute(
                sa.select(rows.c.asked, rows.c.calls)
                .where(rows.c.integration_id == integration_id, rows.c.state == ReconciliationState.DONE.value)
                .where(rows.c.asked > 0)
                .order_by(rows.c.id.desc())
                .limit(1)
            ).first()
        if before is not None:
            return int(-(-sum(counts.values()) * before.calls // before.asked))
        return sum(-(-count // _rule(provider, kind).operations) for kind, count in counts.items())

    def ask(self, integration_id: int) -> int:
        """Note that a proof is wanted; its id. Raises ``SettingsError`` that says why there can't be one."""
        integration = self.hub.integration(integration_id)
        provider = work.ready(self.hub, self.hub.connection(integration.ledger_id), may_visit=True)
        work.fail_dead(self.hub, rows)
        row = {
            "integration_id": integration_id,
            "state": ReconciliationState.WANTED.value,
            "asked_by": self.actor,
            "token": "",
            "stop_requested": False,
            "expected_calls": self.expected(integration_id),
            **dict.fromkeys(("calls", "links", "asked", "found"), 0),
            **{name: [] for name in ("duplicates", "missing", "queries")},
            "kinds": {},
            "asked_at": self.hub.clock(),
        }
        try:
            with self.hub.store.write() as db:
                made = int(db.execute(sa.insert(rows).values(row).returning(rows.c.id)).scalar_one())
                details: dict[str, Any] = {"proof": made, "integration": integration_id}
                self.hub.audit(db, self.actor, "asked for a proof", integration.name, **details)
                if provider.visit is not None:
                    want_run(db, integration.ledger_id, BY_A_PERSON, self.hub.clock())
        except IntegrityError:
            raise SettingsError(f"{integration.name} is being looked through already. Wait for its end.") from None
        return made

    def stop(self, proof_id: int) -> None:
        """Ask one to end."""
        work.request_stop(self.hub, rows, proof_id)


def _rule(provider: Provider, kind: Kind) -> BatchRule:
    return provider.batch_rules.get(kind, BatchRule())


def count_links(db: sa.Connection, integration_id: int) -> dict[Kind, int]:
    """How many live links of documents there are, by kind."""
    chosen = sa.select(links.c.kind, sa.func.count().label("many")).where(*_live(integration_id))
    return {Kind(row.kind): row.many for row in db.execute(chosen.group_by(links.c.kind))}


def live_links(integration_id: int, kind: str, *, after: int = 0) -> sa.Select[Any]:
    """The live links of one kind, those after a link's id, in their order."""
    mine = (*_live(integration_id), links.c.kind == kind, links.c.id > after)
    return sa.select(links).where(*mine).order_by(links.c.id)


def _live(integration_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return links.c.integration_id == integration_id, links.c.live.is_(True), links.c.kind.in_(DATED)


def prove(hub: Hub, proof_id: int) -> bool:
    """Make one that is wanted; False when another process or a visit makes it, or nobody wants it any more."""
    with hub.store.read() as db:
        of = sa.select(rows.c.integration_id).where(rows.c.id == proof_id)
        integration = hub.integration(db.execute(of).scalar_one())
    visits = hub.provider(hub.connection(integration.ledger_id).provider).visit is not None
    claimed = None if visits else claim(hub, rows, proof_id)
    if claimed is None:
        return False
    attempt(hub, claimed, ProofMaker(hub, claimed, integration).make)
    return True


@dataclass
class ProofMaker:
    """One proof while it is made."""

    hub: Hub
    work: Work
    integration: Integration
    kinds: dict[str, int] = field(default_factory=dict)
    asked: int = 0
    found: int = 0
    duplicates: list[dict[str, Any]] = field(default_factory=list)
    missing: list[dict[str, Any]] = field(default_factory=list)
    began: dict[str, int] = field(default_factory=dict)
    """By kind, in the order in which they were asked about: the newest call in the log before."""

    def make(self) -> None:
        """Ask for every mark, and keep what was answered."""
        with self.hub.store.read() as db:
            count = sum(count_links(db, self.integration.id or 0).values())
        self.work.tell(links=count)
        ledger = self.hub.connection(self.integration.ledger_id)
        with opened(self.hub, ledger, self.work, "ledger") as session:
            for part in self._parts():
                self._begin(part[0].kind)
                operations = self.operations_of(part)
                if operations:
                    self.hear(self.links_of([one.id for one in operations]), look(session, operations))
                self.work.flush()
                self.tell()
        with self.hub.store.read() as db:
            queries = self._queries(db)
        self.finish(queries)

    def _begin(self, kind: str) -> None:
        if kind not in self.began:
            with self.hub.store.read() as db:
                self.began[kind] = db.execute(sa.select(sa.func.max(exchanges.c.id))).scalar() or 0

    def tell(self) -> None:
        """Save how far it is."""
        self.work.tell(**self._values())

    def finish(self, queries: Sequence[dict[str, Any]]) -> None:
        """Every mark was asked for."""
        with self.hub.store.write() as db:
            end(self.work, db, ReconciliationState.DONE, **self._values(), queries=queries)

    def _values(self) -> dict[str, Any]:
        return {
            "asked": self.asked,
            "found": self.found,
            "kinds": self.kinds,
            "duplicates": self.duplicates[:LISTED_MOST],
            "missing": self.missing[:LISTED_MOST],
        }

    def _parts(self) -> Iterator[Sequence[sa.Row[Any]]]:
        """The live links, a portion of one kind at a time."""
        for kind in DATED:
            last = 0
            while True:
                chosen = live_links(self.integration.id or 0, kind, after=last).limit(ASKED_AT_ONCE)
                with self.hub.store.read() as db:
                    part = db.execute(chosen).all()
                if not part:
                    break
                last = part[-1].id
                yield part

    def operations_of(self, part: Sequence[sa.Row[Any]]) -> list[Operation]:
        """What is asked about links: nothing of what others made, which carries no mark."""
        with self.hub.store.read() as db:
            return [_operation(db, row) for row in part if row.written_document and row.origin == CREATED]

    def links_of(self, ids: Sequence[int]) -> Sequence[sa.Row[Any]]:
        """The links that were asked about, as they are now."""
        with self.hub.store.read() as db:
            return db.execute(sa.select(links).where(links.c.id.in_(ids)).order_by(links.c.id)).all()

    def hear(self, asked: Sequence[sa.Row[Any]], answers: Mapping[int, Sequence[TargetState]]) -> None:
        """Judge what the ledger answered about links of one kind."""
        for row in asked:
            self._judge(row, [state for state in answers[row.id] if state.status.is_live])
        self.asked += len(asked)
        if asked:
            self.kinds[asked[0].kind] = self.kinds.get(asked[0].kind, 0) + len(asked)

    def _judge(self, row: sa.Row[Any], states: Sequence[TargetState]) -> None:
        targets = {state.target_id: state for state in states}
        if not targets:
            if TargetState.model_validate(row.state).status.is_live:
                self.missing.append(self._told(row, {row.target_id: TargetState.model_validate(row.state)}))
            return
        self.found += 1
        if targets.keys() - {row.target_id}:
            self.duplicates.append(self._told(row, {row.target_id: None, **targets}))

    def _told(self, row: sa.Row[Any], targets: Mapping[str, TargetState | None]) -> dict[str, Any]:
        label = parse_document(row.kind, row.written_document).label
        shown = [
            {
                "id": target_id,
                "number": (state.number if state else row.target_number) or target_id,
                "ours": state.ours if state else True,
                "linked": target_id == row.target_id,
                "url": self._address(Kind(row.kind), target_id),
            }
            for target_id, state in targets.items()
        ]
        return {"kind": row.kind, "source_id": row.source_id, "label": label, "targets": shown}

    def _address(self, kind: Kind, target_id: str) -> str:
        row = self.hub.connection(self.integration.ledger_id)
        if not row.organisation:
            return ""
        organisation = Organisation.model_validate(row.organisation)
        return self.hub.provider(row.provider).address_of(kind, target_id, organisation)

    def _queries(self, db: sa.Connection) -> list[dict[str, Any]]:
        """The first questions about each kind as the log of calls has them, without sign-ins and what runs asked."""
        mine = sa.select(exchanges.c.id, exchanges.c.method, exchanges.c.url).where(
            exchanges.c.connection_id == self.integration.ledger_id,
            exchanges.c.run_id.is_(None),
            exchanges.c.method.in_(SAFE_METHODS),
        )
        kept: list[dict[str, Any]] = []
        for kind, until in zip(self.began, [*[*self.began.values()][1:], None], strict=True):
            chosen = mine.where(exchanges.c.id > self.began[kind])
            if until is not None:
                chosen = chosen.where(exchanges.c.id <= until)
            found = db.execute(chosen.order_by(exchanges.c.id).limit(QUERIES_KEPT)).all()
            kept += [{"kind": kind, "exchange": row.id, "sent": f"{row.method} {row.url}"} for row in found]
        return kept


def _operation(db: sa.Connection, row: sa.Row[Any]) -> Operation:
    """What is looked for: the document as it was written, by its mark alone."""
    document = parse_document(row.kind, row.written_document)
    return Operation(
        id=row.id,
        kind=Kind(row.kind),
        action=Action.CREATE,
        document=document,
        key="",
        generation=row.generation,
        targets=load_targets(db, row.integration_id, refs_of(document)),
    )
