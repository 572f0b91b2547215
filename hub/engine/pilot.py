"""The pilot: a few documents are posted first and looked at in the ledger by a person; then everything may go.

Until the pilot is settled, no flow of the integration is automatic and nothing but the pilot's documents, with the
contacts and items they need, is let go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.documents import TRADE_KINDS, Kind, TradeDocument, parse_document
from hub.engine.notes import chunks
from hub.engine.runs import want_run
from hub.errors import SettingsError
from hub.models import Confirmation, Integration, Link, OperationRow, OperationState, PilotDocument, table
from hub.providers import Action, TargetState

if TYPE_CHECKING:
    from hub.engine.hub import Hub

confirmations = table(Confirmation)
integrations = table(Integration)
links = table(Link)
operations = table(OperationRow)
pilot_documents = table(PilotDocument)

SIZE = 5
"""How many documents a pilot has, where there are so many."""
_CONSIDERED = 400
"""Of how many of the newest documents that could be posted the pilot's are chosen."""
STEP = "pilot"
_TRADE = tuple(kind.value for kind in TRADE_KINDS)
_CARDS = (Kind.CONTACT.value, Kind.ITEM.value)
_CREDITS = (Kind.CREDIT_NOTE.value, Kind.SUPPLIER_CREDIT.value)


class PilotFirstError(SettingsError):
    """Nothing but the pilot may go yet; ``integration_id`` tells whose it is."""

    def __init__(self, integration_id: int, words: str) -> None:
        super().__init__(words)
        self.integration_id = integration_id


@dataclass(frozen=True)
class PilotView:
    """One document of the pilot and how it stands: ``state`` is that of its operation, or "done" when it is linked."""

    kind: str
    source_id: str
    label: str
    why: str
    right: bool | None
    note: str
    looked_by: str
    looked_at: Any
    state: str
    operation_id: int | None
    amount: str
    currency: str
    problem: Mapping[str, Any] | None
    target: TargetState | None

    @property
    def is_posted(self) -> bool:
        """Whether there is something to look at in the ledger."""
        return self.target is not None


def is_settled(db: sa.Connection, integration_id: int) -> bool:
    """Whether everything may go: a person confirmed the pilot or skipped it, or the hub has posted since long."""
    said, chosen, posted = db.execute(_SETTLED, {"integration": integration_id}).one()
    return said is not None or (chosen is None and posted is not None)


def _settled_statement() -> sa.Select[Any]:
    """What of an integration there is: a confirmation, a document of a pilot, something posted."""
    mine: sa.BindParameter[int] = sa.bindparam("integration")
    said = sa.select(confirmations.c.id).where(confirmations.c.integration_id == mine, confirmations.c.step == STEP)
    chosen = sa.select(pilot_documents.c.id).where(pilot_documents.c.integration_id == mine)
    posted = sa.select(links.c.id).where(
        links.c.integration_id == mine, links.c.kind.in_(_TRADE), links.c.origin == "created"
    )
    # In the order of the index that knows the kinds: contacts, of which there may be many, are not looked through.
    posted = posted.order_by(links.c.kind, links.c.source_id)
    return sa.select(*(each.limit(1).scalar_subquery() for each in (said, chosen, posted)))


_SETTLED = _settled_statement()


def must_be_settled(db: sa.Connection, integration_id: int) -> None:
    """Raises ``SettingsError`` as long as the pilot is neither confirmed nor skipped."""
    if not is_settled(db, integration_id):
        raise PilotFirstError(
            integration_id,
            "Post the pilot first: five documents that somebody looks at in the ledger. After that everything can be"
            " imported by itself. The set-up page leads there.",
        )


def keep_to_pilot(db: sa.Connection, operation_ids: Sequence[int]) -> None:
    """Before operations are let go by hand; raises ``SettingsError`` for documents that must wait for the pilot."""
    in_pilot = sa.exists().where(
        pilot_documents.c.integration_id == operations.c.integration_id,
        pilot_documents.c.kind == operations.c.kind,
        pilot_documents.c.source_id == operations.c.source_id,
    )
    others = sa.select(operations.c.integration_id).where(operations.c.kind.not_in(_CARDS), ~in_pilot).distinct()
    waiting: set[int] = set()
    for part in chunks(operation_ids):
        waiting |= set(db.execute(others.where(operations.c.id.in_(part))).scalars())
    for integration_id in sorted(waiting):
        must_be_settled(db, integration_id)


def pilot_of(db: sa.Connection, integration_id: int) -> list[PilotView]:
    """The chosen documents, in the order they were chosen in."""
    rows = _rows(db, integration_id)
    if not rows:
        return []
    newest = _newest_operations(db, integration_id, rows)
    live = _live_links(db, integration_id, rows)
    return [_view(row, newest.get((row.kind, row.source_id)), live.get((row.kind, row.source_id))) for row in rows]


class Pilot:
    """A person's verbs on an integration's pilot. ``actor`` is who decides; it goes into the audit."""

    def __init__(self, hub: Hub, actor: str) -> None:
        self.hub = hub
        self.store = hub.store
        self.actor = actor

    def choose(self, integration_id: int) -> int:
        """Choose documents of mixed sorts among those that could be posted now; answers with how many there are.

        Those that were posted stay, unless they were found wrong; the others are chosen anew.
        """
        with self.store.write() as db:
            self.store.claim(db, integration_id)
            kept = [view for view in pilot_of(db, integration_id) if view.is_posted and view.right is not False]
            if not kept and is_settled(db, integration_id):
                raise SettingsError("There is no need for a pilot any more: everything may be imported.")
            self._forget_others(db, integration_id, {(view.kind, view.source_id) for view in kept})
            chosen = list(_chosen(_candidates(db, integration_id), SIZE - len(kept), {view.why for view in kept}))
            for row, why in chosen:
                db.execute(sa.insert(pilot_documents).values(self._row(integration_id, row, why)))
            labels = [row.label for row, _ in chosen]
            about = f"{len(labels)} documents"
            self.hub.audit(db, self.actor, "chose the pilot", about, documents=labels, integration=integration_id)
        return len(kept) + len(chosen)

    def post(self, integration_id: int) -> int:
        """Let the chosen documents go, with the contacts and items they need, and nothing else."""
        with self.store.write() as db:
            self.store.claim(db, integration_id)
            waiting = [view for view in pilot_of(db, integration_id) if view.state == OperationState.PROPOSED.value]
            ids = [view.operation_id for view in waiting if view.operation_id is not None]
            needed = _needed(db, integration_id, ids)
            change = sa.update(operations).where(operations.c.id.in_([*ids, *needed]))
            values = {
                "state": OperationState.PENDING.value,
                "caught": False,
                "approved_hash": operations.c.payload_hash,
                "approved_by": self.actor,
                "approved_at": self.hub.clock(),
            }
            db.execute(change.values(values))
            ledger = sa.select(integrations.c.ledger_id).where(integrations.c.id == integration_id)
            want_run(db, db.execute(ledger).scalar_one(), "nudge", self.hub.clock())
            labels = [view.label for view in waiting]
            about = f"{len(labels)} documents"
            self.hub.audit(db, self.actor, "posted the pilot", about, documents=labels, integration=integration_id)
        return len(ids)

    def judge(self, integration_id: int, kind: str, source_id: str, *, right: bool, note: str = "") -> bool:
        """A person looked at one in the ledger. Once all are right, the pilot is confirmed; answers whether it is."""
        if not right and not note.strip():
            raise SettingsError("Say what is wrong with it: it is kept for whoever corrects it.")
        with self.store.write() as db:
            views = {(view.kind, view.source_id): view for view in pilot_of(db, integration_id)}
            view = views.get((kind, source_id))
            if view is None or not view.is_posted:
                raise SettingsError("It is not in the ledger yet, so nobody can have looked at it.")
            seen = {"right": right, "note": note.strip(), "looked_by": self.actor, "looked_at": self.hub.clock()}
            db.execute(sa.update(pilot_documents).where(_is(integration_id, kind, source_id)).values(seen))
            verdict = "looked at in the ledger: right" if right else "looked at in the ledger: wrong"
            self.hub.audit(db, self.actor, verdict, view.label, note.strip(), integration=integration_id)
            others = [each.right for key, each in views.items() if key != (kind, source_id)]
            if right and all(others):
                self._settle(db, integration_id, f"{len(views)} documents looked at", "")
                return True
        return False

    def skip(self, integration_id: int, reason: str) -> None:
        """Do without a pilot, for a stated reason."""
        if not reason.strip():
            raise SettingsError("Say why there is no pilot: the reason is kept with your name.")
        with self.store.write() as db:
            self._settle(db, integration_id, "skipped", reason.strip())

    def _settle(self, db: sa.Connection, integration_id: int, about: str, reason: str) -> None:
        key = {"integration_id": integration_id, "step": STEP}
        said = {"about": about, "reason": reason, "confirmed_by": self.actor, "confirmed_at": self.hub.clock()}
        self.store.upsert(db, confirmations, [key | said], key=tuple(key), update=tuple(said))
        what = "skipped the pilot" if reason else "confirmed the pilot"
        self.hub.audit(db, self.actor, what, about, reason, integration=integration_id)

    def _forget_others(self, db: sa.Connection, integration_id: int, kept: Collection[tuple[str, str]]) -> None:
        for row in _rows(db, integration_id):
            if (row.kind, row.source_id) not in kept:
                db.execute(sa.delete(pilot_documents).where(pilot_documents.c.id == row.id))

    def _row(self, integration_id: int, row: sa.Row[Any], why: str) -> dict[str, Any]:
        return {
            "integration_id": integration_id,
            "kind": row.kind,
            "source_id": row.source_id,
            "label": row.label,
            "why": why,
            "chosen_by": self.actor,
            "chosen_at": self.hub.clock(),
            "note": "",
            "looked_by": "",
        }


def _is(integration_id: int, kind: str, source_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        pilot_documents.c.integration_id == integration_id,
        pilot_documents.c.kind == kind,
        pilot_documents.c.source_id == source_id,
    )


def _rows(db: sa.Connection, integration_id: int) -> Sequence[sa.Row[Any]]:
    chosen = sa.select(pilot_documents).where(pilot_documents.c.integration_id == integration_id)
    return db.execute(chosen.order_by(pilot_documents.c.id)).all()


def _newest_operations(
    db: sa.Connection, integration_id: int, rows: Sequence[sa.Row[Any]]
) -> dict[tuple[str, str], sa.Row[Any]]:
    ids = [row.source_id for row in rows]
    chosen = sa.select(operations).where(
        operations.c.integration_id == integration_id,
        operations.c.kind.in_(_TRADE),
        operations.c.source_id.in_(ids),
        operations.c.state != OperationState.REPLACED.value,
    )
    return {(row.kind, row.source_id): row for row in db.execute(chosen.order_by(operations.c.id))}


def _live_links(
    db: sa.Connection, integration_id: int, rows: Sequence[sa.Row[Any]]
) -> dict[tuple[str, str], TargetState]:
    chosen = sa.select(links.c.kind, links.c.source_id, links.c.state).where(
        links.c.integration_id == integration_id,
        links.c.kind.in_(_TRADE),
        links.c.source_id.in_([row.source_id for row in rows]),
        links.c.live.is_(True),
    )
    return {(row.kind, row.source_id): TargetState.model_validate(row.state) for row in db.execute(chosen)}


def _view(row: sa.Row[Any], operation: sa.Row[Any] | None, target: TargetState | None) -> PilotView:
    return PilotView(
        kind=row.kind,
        source_id=row.source_id,
        label=row.label,
        why=row.why,
        right=row.right,
        note=row.note,
        looked_by=row.looked_by,
        looked_at=row.looked_at,
        state=operation.state if operation else OperationState.DONE.value if target else "",
        operation_id=operation.id if operation else None,
        amount=operation.amount if operation else "",
        currency=operation.currency if operation else "",
        problem=operation.problem if operation else None,
        target=target,
    )


def _candidates(db: sa.Connection, integration_id: int) -> list[sa.Row[Any]]:
    """Documents that wait for nothing but a person, newest first."""
    chosen = (
        sa.select(operations)
        .where(operations.c.integration_id == integration_id, operations.c.state == OperationState.PROPOSED.value)
        .where(operations.c.kind.in_(_TRADE), operations.c.action == Action.CREATE.value)
        .order_by(operations.c.document_date.desc(), operations.c.id.desc())
        .limit(_CONSIDERED)
    )
    taken = {(row.kind, row.source_id) for row in _rows(db, integration_id)}
    return [row for row in db.execute(chosen) if (row.kind, row.source_id) not in taken]


def _chosen(
    candidates: Sequence[sa.Row[Any]], count: int, covered: Collection[str]
) -> Iterator[tuple[sa.Row[Any], str]]:
    """Of each telling sort one, as long as there is one that was not chosen for another reason; then the newest."""
    left = list(candidates)
    for why, pick in _SORTS:
        found = pick(left) if why not in covered and count > 0 else None
        if found is not None:
            left.remove(found)
            count -= 1
            yield found, why
    for row in left[:count]:
        yield row, "one of the newest"


def _largest(rows: Sequence[sa.Row[Any]]) -> sa.Row[Any] | None:
    sales = [row for row in rows if row.kind == Kind.INVOICE.value]
    return max(sales, key=lambda row: Decimal(row.amount or 0), default=None)


def _credit(rows: Sequence[sa.Row[Any]]) -> sa.Row[Any] | None:
    return next((row for row in rows if row.kind in _CREDITS), None)


def _bill(rows: Sequence[sa.Row[Any]]) -> sa.Row[Any] | None:
    return next((row for row in rows if row.kind == Kind.BILL.value), None)


def _most_lines(rows: Sequence[sa.Row[Any]]) -> sa.Row[Any] | None:
    found = max(rows, key=_line_count, default=None)
    return found if found is not None and _line_count(found) > 1 else None


def _line_count(row: sa.Row[Any]) -> int:
    document = parse_document(row.kind, row.document)
    return len(document.lines) if isinstance(document, TradeDocument) else 0


def _newest(rows: Sequence[sa.Row[Any]]) -> sa.Row[Any] | None:
    return next(iter(rows), None)


_SORTS = (
    ("the largest invoice", _largest),
    ("a credit", _credit),
    ("a bill", _bill),
    ("the most lines", _most_lines),
    ("the newest", _newest),
)


def _needed(db: sa.Connection, integration_id: int, operation_ids: Sequence[int]) -> list[int]:
    """The proposed contacts and items that these operations wait for."""
    named = db.execute(sa.select(operations.c.depends_on).where(operations.c.id.in_(operation_ids))).scalars()
    refs = {(kind, source_id) for each in named for kind, source_id in each if kind in _CARDS}
    chosen = sa.select(operations.c.id, operations.c.kind, operations.c.source_id).where(
        operations.c.integration_id == integration_id,
        operations.c.kind.in_(_CARDS),
        operations.c.state == OperationState.PROPOSED.value,
        operations.c.action == Action.CREATE.value,
    )
    found: list[int] = []
    for part in chunks(sorted({source_id for _, source_id in refs})):
        rows = db.execute(chosen.where(operations.c.source_id.in_(part)))
        found += [row.id for row in rows if (row.kind, row.source_id) in refs]
    return found
