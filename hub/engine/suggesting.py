"""Which contacts of the ledger may be those of the stock system: a bounded number of rows, found by index."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hub.engine.contact_list import CONTACT, ContactState, contact_list, present
from hub.engine.directory import entries
from hub.engine.likeness import Card, Likeness, clear_best, rank, with_taken
from hub.models import Integration, Link, table

links = table(Link)

READ_AT_MOST = 2_000
"""So many contacts of the ledger are read for one value that they share with those of the page, and no more."""
ALIKE_AT_MOST = 500
"""So many are compared by name among those that share the beginning of it, or an e-mail domain."""
WALKED_AT_ONCE = 200

_EQUAL = ("tax_number", "email", "name")
_ALIKE = ("domain", "head")

Found = dict[tuple[str, str], list[Card]]
"""Contacts of the ledger by column and value."""


def suggest(
    db: sa.Connection, integration: Integration, source_ids: Collection[str], *, by_name: bool = True
) -> dict[str, list[Likeness]]:
    """Suggestions for some contacts, best first. Without ``by_name`` only those that share a value exactly."""
    asked = sa.and_(entries.c.connection_id == integration.stock_id, entries.c.external_id.in_(source_ids))
    sources = db.execute(_DIRECTORY.where(asked)).all()
    columns = (*_EQUAL, *_ALIKE) if by_name else _EQUAL
    wanted = {column: {getattr(row, column) for row in sources} - {""} for column in columns}
    found = _sharing(db, integration.ledger_id, {column: values for column, values in wanted.items() if values})
    alike: dict[tuple[str, ...], Sequence[Card]] = {}  # many share their domain or the beginning of their name
    ranked = {}
    for row in sources:
        key = tuple(getattr(row, column) for column in _ALIKE)
        if key not in alike:
            alike[key] = _of(row, found, _ALIKE)
        ranked[row.external_id] = rank(_card(row), _of(row, found, _EQUAL), alike[key])
    taken = _taken(db, integration, [each.target_id for offered in ranked.values() for each in offered])
    return {row.external_id: with_taken(ranked[row.external_id], _taken_for(row, taken)) for row in sources}


def clear_suggestions(db: sa.Connection, integration: Integration, at_least: float) -> Iterator[Mapping[str, Likeness]]:
    """What may be linked without looking at each, in portions: one clear best that shares a value and scores enough."""
    every = contact_list(integration).subquery()
    chosen = sa.select(every.c.source_id).where(every.c.state == ContactState.SUGGESTED.value)
    ids = list(db.execute(chosen.order_by(every.c.source_id)).scalars())
    used: set[str] = set()
    for start in range(0, len(ids), WALKED_AT_ONCE):
        offered = suggest(db, integration, ids[start : start + WALKED_AT_ONCE], by_name=False)
        best = {id: found for id, each in offered.items() if (found := clear_best(each, at_least))}
        portion = {id: found for id, found in sorted(best.items()) if found.target_id not in used}
        # Two of the stock system that want the same contact: a person decides.
        wanted = [found.target_id for found in portion.values()]
        portion = {id: found for id, found in portion.items() if wanted.count(found.target_id) == 1}
        used |= set(wanted)
        yield portion


_DIRECTORY = sa.select(entries, present(entries, "label").label("label"))


def _sharing(db: sa.Connection, ledger_id: int, wanted: Mapping[str, Collection[str]]) -> Found:
    """Contacts of the ledger that have one of the values in its column, each column by its own index."""
    if not wanted:
        return {}
    parts = (_sharing_one(ledger_id, column, values).subquery() for column, values in wanted.items())
    found: Found = {}
    for row in db.execute(sa.union_all(*(sa.select(part) for part in parts))):
        if row.label is not None:
            found.setdefault((row.shared, getattr(row, row.shared)), []).append(_card(row))
    return found


def _sharing_one(ledger_id: int, column: str, values: Collection[str]) -> sa.Select[Any]:
    return (
        _DIRECTORY.add_columns(sa.literal(column, sa.String).label("shared"))
        .where(entries.c.connection_id == ledger_id, entries.c[column].in_(sorted(values)))
        .where(entries.c.active.is_(True))
        .limit(READ_AT_MOST if column in _EQUAL else ALIKE_AT_MOST)
    )


def _card(row: sa.Row[Any]) -> Card:
    return Card(row.external_id, row.label, row.name, row.email, row.domain, row.tax_number, row.tax_country)


def _of(row: sa.Row[Any], found: Found, columns: Sequence[str]) -> list[Card]:
    cards = (card for column in columns for card in found.get((column, getattr(row, column)), ()))
    return list({card.external_id: card for card in cards}.values())


def _taken(db: sa.Connection, integration: Integration, target_ids: Sequence[str]) -> list[sa.Row[Any]]:
    """Which of these contacts are linked already, and to what side."""
    chosen = (
        sa.select(links.c.target_id, links.c.source_id, entries.c.is_customer, entries.c.is_supplier)
        .join(
            entries,
            sa.and_(entries.c.connection_id == integration.stock_id, entries.c.external_id == links.c.source_id),
        )
        .where(links.c.ledger_id == integration.ledger_id, links.c.integration_id == integration.id)
        .where(links.c.kind == CONTACT, links.c.live.is_(True), links.c.target_id.in_(set(target_ids)))
    )
    return list(db.execute(chosen)) if target_ids else []


def _taken_for(source: sa.Row[Any], taken: Sequence[sa.Row[Any]]) -> set[str]:
    """A customer and a supplier may be one contact of the ledger; two customers hardly are."""
    return {
        row.target_id
        for row in taken
        if row.source_id != source.external_id
        and ((row.is_customer and source.is_customer) or (row.is_supplier and source.is_supplier))
    }
