"""Cases: a portion of due records of one flow, with every stored fact that their decisions rest on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.documents import Contact, Document, Journal, Kind, Status, TradeDocument, parse_document
from hub.engine.card_currencies import load_card_currencies
from hub.engine.facts import Ground, load_links, load_matches, load_namesakes, load_resolver
from hub.engine.faults import allowed_for, fit_of
from hub.engine.notes import chunks
from hub.engine.standing import load_dependencies
from hub.mapping import Ref, Resolved, target_fact
from hub.models import OPEN_STATES, Flow, OperationRow, OperationState, Snapshot, SummaryMember, table
from hub.providers import Facts, Provider
from hub.reconcile import Case, LinkView, Match, covers, summary_of

members = table(SummaryMember)
operations = table(OperationRow)
snapshots = table(Snapshot)


@dataclass(frozen=True)
class Portion:
    """One transaction's worth of records of one flow, as stored. ``notes`` have an external id and a reason."""

    db: sa.Connection
    ground: Ground
    flow: Flow
    notes: Sequence[sa.Row[Any]]
    snapshots: Mapping[str, sa.Row[Any]]
    links: Mapping[str, LinkView]
    generations: Mapping[str, int]
    open: Mapping[str, sa.Row[Any]]
    dropped: Mapping[str, sa.Row[Any]]
    memberships: Mapping[str, sa.Row[Any]]
    """Of journals: the summary that each is in, and whether the ledger has it with that."""


def load_portion(db: sa.Connection, ground: Ground, flow: Flow, notes: Sequence[sa.Row[Any]]) -> Portion:
    """Load what is stored of the records that the notes name."""
    ids = [note.external_id for note in notes]
    live, generations = load_links(db, flow.integration_id, flow.kind, ids)
    return Portion(
        db=db,
        ground=ground,
        flow=flow,
        notes=notes,
        snapshots=_snapshots(db, ground.integration.stock_id, flow.kind, ids),
        links=live,
        generations=generations,
        open=load_operations(db, flow, ids, OPEN_STATES),
        dropped=load_operations(db, flow, ids, (OperationState.DROPPED.value,)),
        memberships=load_memberships(db, flow, ids) if flow.kind == Kind.JOURNAL else {},
    )


def _snapshots(db: sa.Connection, stock_id: int, kind: str, ids: Sequence[str]) -> dict[str, sa.Row[Any]]:
    found: dict[str, sa.Row[Any]] = {}
    for part in chunks(ids):
        chosen = sa.select(snapshots).where(
            snapshots.c.connection_id == stock_id, snapshots.c.kind == kind, snapshots.c.external_id.in_(part)
        )
        found |= {row.external_id: row for row in db.execute(chosen)}
    return found


def load_memberships(db: sa.Connection, flow: Flow, ids: Sequence[str]) -> dict[str, sa.Row[Any]]:
    """Which summaries these journals are in, by external id."""
    found: dict[str, sa.Row[Any]] = {}
    for part in chunks(ids):
        chosen = sa.select(members).where(members.c.flow_id == flow.id, members.c.external_id.in_(part))
        found |= {row.external_id: row for row in db.execute(chosen)}
    return found


def load_operations(db: sa.Connection, flow: Flow, ids: Sequence[str], states: Sequence[str]) -> dict[str, sa.Row[Any]]:
    """The latest operation in one of the states, by source record."""
    found: dict[str, sa.Row[Any]] = {}
    columns = (
        operations.c.id,
        operations.c.source_id,
        operations.c.state,
        operations.c.action,
        operations.c.payload_hash,
        operations.c.fingerprint,
        operations.c.link_version,
        operations.c.caught,
        operations.c.approved_by,
        operations.c.post_as,
        operations.c.warnings,
    )
    for part in chunks(ids):
        chosen = (
            sa.select(*columns)
            .where(
                operations.c.flow_id == flow.id,
                operations.c.source_id.in_(part),
                operations.c.state.in_(states),
            )
            .order_by(operations.c.id)
        )
        found |= {row.source_id: row for row in db.execute(chosen)}
    return found


def cases_of(portion: Portion) -> list[tuple[Case, sa.Row[Any]]]:
    """The case of every record that is still stored, with its note."""
    documents: list[tuple[sa.Row[Any], sa.Row[Any], Document]] = []
    for note in portion.notes:
        row = portion.snapshots.get(note.external_id)
        if row is not None:
            documents.append((note, row, parse_document(row.kind, row.document)))
    resolver = load_resolver(portion.db, portion.ground, [document for _, _, document in documents])
    resolved = [resolver.resolve(_as_posted(portion, document)) for _, _, document in documents]
    refs: list[Ref] = [ref for one in resolved for ref in one.depends_on]
    dependencies = load_dependencies(portion.db, portion.ground, refs)
    names = _Names(portion, [row for _, row, _ in documents])
    cards = load_card_currencies(portion.db, portion.ground, [one.document for one in resolved])
    facts = portion.ground.facts(card_currencies=cards)
    return [
        (_case(portion, row, document, one, dependencies, names, facts), note)
        for (note, row, document), one in zip(documents, resolved, strict=True)
    ]


def _as_posted(portion: Portion, document: Document) -> Document:
    """The document with the status it is to have in the ledger and the number of its generation."""
    changes: dict[str, Any] = {}
    if isinstance(document, TradeDocument | Journal) and document.status is Status.AUTHORISED:
        changes["status"] = Status(_chosen_status(portion, document.external_id) or portion.flow.post_as)
    if isinstance(document, Journal):
        changes["on_cash_basis"] = portion.ground.integration.journals_on_cash_basis
    generation = _generation(portion, document.external_id)
    if isinstance(document, TradeDocument) and generation > 1:
        changes["number"] = f"{document.number}-v{generation}"
    return document.model_copy(update=changes) if changes else document


def _chosen_status(portion: Portion, external_id: str) -> str:
    """The status that a person chose for this document; one that is posted keeps the status it was posted with."""
    before, link = portion.open.get(external_id), portion.links.get(external_id)
    if link is not None:
        return str(getattr(link.written_document, "status", ""))
    return before.post_as if before is not None else ""


def _generation(portion: Portion, external_id: str) -> int:
    link = portion.links.get(external_id)
    return link.generation if link else portion.generations.get(external_id, 0) + 1


class _Names:
    """Who else has the name or code of a contact or an item: in the ledger, or on its way there."""

    def __init__(self, portion: Portion, rows: Sequence[sa.Row[Any]]) -> None:
        self._matches: dict[str, list[Match]] = {}
        self._coming: dict[str, list[str]] = {}
        self._links = portion.links
        self._settled = portion.links.keys() | portion.dropped.keys()
        kind = Kind(portion.flow.kind)
        if kind not in (Kind.CONTACT, Kind.ITEM):
            return
        keys = {row.natural_key for row in rows if row.external_id not in portion.links}
        self._matches = load_matches(portion.db, portion.ground.integration.ledger_id, kind, keys)
        linked, self._coming = load_namesakes(portion.db, portion.ground, kind, keys)
        for key, matches in linked.items():
            known = self._matches.setdefault(key, [])
            listed = {match.target_id for match in known}
            known.extend({match.target_id: match for match in matches if match.target_id not in listed}.values())

    def matches(self, row: sa.Row[Any]) -> Sequence[Match]:
        """The ledger's records that may be the same; what we made a moment ago counts before the ledger lists it."""
        return () if row.external_id in self._links else self._matches.get(row.natural_key, ())

    def namesake(self, row: sa.Row[Any]) -> str:
        """The source record of the same name that goes first; asking makes this one the first where there is none."""
        named = row.kind in (Kind.CONTACT.value, Kind.ITEM.value) and not row.withdrawn
        if not named or row.external_id in self._settled:
            return ""
        ahead = self._coming.setdefault(row.natural_key, [])
        if not ahead:
            ahead.append(row.external_id)
        return "" if row.external_id in ahead else ahead[0]


def _case(
    portion: Portion,
    row: sa.Row[Any],
    document: Document,
    resolved: Resolved,
    dependencies: Mapping[Ref, Any],
    names: _Names,
    facts: Facts,
) -> Case:
    ground = portion.ground
    link = portion.links.get(document.external_id)
    matches = names.matches(row)
    own = [match for match in matches if ground.provider.may_be(document, match.target_id)]
    named = _named(ground.provider, resolved.document, link, is_taken=bool(matches) and not own)
    fit = fit_of(ground.provider, named, facts)
    resolved.trace.extend(fit.notes)
    if document.kind in (Kind.CONTACT, Kind.ITEM):
        resolved.rest_on(target_fact(document.kind, row.natural_key))
    summary, in_ledger = _membership(portion, document) if isinstance(document, Journal) else ("", False)
    return Case(
        document=document,
        fingerprint=row.fingerprint,
        withdrawn=row.withdrawn,
        rules=ground.flow_rules(portion.flow),
        organisation=ground.organisation,
        stock_lock=ground.stock_lock,
        resolved=resolved,
        fitted=fit.document,
        fit_notes=(*resolved.warnings, *_naming(resolved.document, named), *fit.notes),
        fit_problems=fit.problems,
        link=link,
        allowed=allowed_for(ground.provider, document.kind, link.state) if link else None,
        generation=_generation(portion, document.external_id),
        post_as="" if link else _chosen_status(portion, document.external_id),
        matches=own,
        namesake=names.namesake(row),
        dependencies={ref: dependencies[ref] for ref in resolved.depends_on if ref in dependencies},
        summary=summary,
        in_ledger=in_ledger,
    )


def _named(provider: Provider, document: Document, link: LinkView | None, *, is_taken: bool) -> Document:
    """Under a name of its own where another list of the ledger has this one, and ever after once it was made so."""
    if not isinstance(document, Contact):
        return document
    apart = provider.named_apart(document)
    written = link.written_document if link else None
    was_apart = isinstance(written, Contact) and isinstance(apart, Contact) and written.name == apart.name
    return apart if is_taken or was_apart else document


def _naming(document: Document, named: Document) -> Iterator[str]:
    if isinstance(named, Contact) and named != document:
        yield f"The ledger has the name {document.label} in another list: this one is called {named.name} there."


def _membership(portion: Portion, journal: Journal) -> tuple[str, bool]:
    """The summary that a journal is posted in, and whether the ledger has it with that.

    One that is in the ledger stays in its summary, however later ones are posted.
    """
    before = portion.memberships.get(journal.external_id)
    if before is not None and before.posted and covers(before.summary_id, journal):
        return before.summary_id, True
    integration = portion.ground.integration
    return summary_of(journal, integration.journal_modes, integration.id or 0), False
