"""Which contacts of the ledger may be those of the stock system: a bounded number of rows, found by index."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import Enum
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


class ByName(Enum):
    """For which contacts those of the ledger with a like name are compared, besides those that share a value."""

    ALL = "all"
    SHARING_NOTHING = "sharing nothing"
    NONE = "none"

    def wanted(self, sharing: Sequence[Card]) -> bool:
        """Whether names are compared for a contact with which these share a value."""
        return self is ByName.ALL or (self is ByName.SHARING_NOTHING and not sharing)


def suggest(
    db: sa.Connection, integration: Integration, source_ids: Collection[str], *, by_name: ByName = ByName.ALL
) -> dict[str, list[Likeness]]:
    """Suggestions for some contacts, best first."""
    asked = sa.and_(entries.c.connection_id == integration.stock_id, entries.c.external_id.in_(source_ids))
    sources = db.execute(_DIRECTORY.where(asked)).all()
    found = _sharing(db, integration.ledger_id, _EQUAL, sources)
    equal = {row.external_id: _of(row, found, _EQUAL) for row in sources}
    alike = _alike(db, integration, [row for row in sources if by_name.wanted(equal[row.external_id])])
    ranked = {
        row.external_id: rank(_card(row), equal[row.external_id], alike.get(row.external_id, ())) for row in sources
    }
    taken = _taken(db, integration, [each.target_id for offered in ranked.values() for each in offered])
    return {row.external_id: with_taken(ranked[row.external_id], _taken_for(row, taken)) for row in sources}


def clear_suggestions(db: sa.Connection, integration: Integration, at_least: float) -> Iterator[Mapping[str, Likeness]]:
    """What may be linked without looking at each, in portions: one clear best that shares a value and scores enough."""
    every = contact_list(integration).subquery()
    chosen = sa.select(every.c.source_id).where(every.c.state == ContactState.SUGGESTED.value)
    ids = list(db.execute(chosen.order_by(every.c.source_id)).scalars())
    used: set[str] = set()
    for start in range(0, len(ids), WALKED_AT_ONCE):
        offered = suggest(db, integration, ids[start : start + WALKED_AT_ONCE], by_name=ByName.NONE)
        best = {id: found for id, each in offered.items() if (found := clear_best(each, at_least))}
        portion = {id: found for id, found in sorted(best.items()) if found.target_id not in used}
        # Two of the stock system that want the same contact: a person decides.
        wanted = [found.target_id for found in portion.values()]
        portion = {id: found for id, found in portion.items() if wanted.count(found.target_id) == 1}
        used |= set(wanted)
        yield portion


_DIRECTORY = sa.select(entries, present(entries, "label").label("label"))


def _alike(db: sa.Connection, integration: Integration, sources: Sequence[sa.Row[Any]]) -> dict[str, Sequence[Card]]:
    """For each of these contacts those whose names are compared; many share them, so that each list is made once."""
    found = _sharing(db, integration.ledger_id, _ALIKE, sources)
    lists: dict[tuple[str, ...], Sequence[Card]] = {}
    alike: dict[str, Sequence[Card]] = {}
    for row in sources:
        key = tuple(getattr(row, column) for column in _ALIKE)
        if key not in lists:
            lists[key] = _of(row, found, _ALIKE)
        alike[row.external_id] = lists[key]
    return alike


def _sharing(db: sa.Connection, ledger_id: int, columns: Sequence[str], sources: Sequence[sa.Row[Any]]) -> Found:
    """Contacts of the ledger that have a value of one of these columns, each found by the column's own index."""
    wanted = {column: {getattr(row, column) for row in sources} - {""} for column in columns}
    parts = [_sharing_one(ledger_id, column, values).subquery() for column, values in wanted.items() if values]
    if not parts:
        return {}
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
