"""Which contacts of the ledger may be those of the stock system: a bounded number of rows, found by index."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import Enum
from functools import cache
from itertools import chain
from typing import Any

import sqlalchemy as sa

from hub.engine.among import among, among_few
from hub.engine.contact_list import CONTACT, ContactState, contact_list, present, withdrawn_contacts
from hub.engine.directory import entries
from hub.engine.likeness import MOST, Card, Likeness, clear_best, most_alike, rank, with_taken
from hub.models import Integration, Link, table

links = table(Link)

READ_AT_MOST = 2_000
"""So many contacts of the ledger are read for one value that they share with those of the page, and no more.

Of as many that share a value none is the clear one.
"""
ALIKE_AT_MOST = 500
"""So many are compared by name among those that share the beginning of it, or an e-mail domain."""
WALKED_AT_ONCE = 200

_EQUAL = ("tax_number", "email", "name")
_ALIKE = ("domain", "head")


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
    sources = db.execute(_SOURCES, {"stock_id": integration.stock_id, "ids": list(source_ids)}).all()
    return suggest_for(db, integration, sources, by_name=by_name)


def suggest_for(
    db: sa.Connection, integration: Integration, sources: Sequence[sa.Row[Any]], *, by_name: ByName = ByName.ALL
) -> dict[str, list[Likeness]]:
    """The same for contacts whose rows are there: of the directory with a label, or of the list of contacts."""
    ranked = ranked_for(db, integration, sources, by_name=by_name)
    taken = _taken(db, integration, [each.target_id for offered in ranked.values() for each in offered])
    return {row.external_id: with_taken(ranked[row.external_id], _taken_for(row, taken)) for row in sources}


def ranked_for(
    db: sa.Connection, integration: Integration, sources: Sequence[sa.Row[Any]], *, by_name: ByName = ByName.ALL
) -> dict[str, list[Likeness]]:
    """The same by likeness alone, whoever else is linked to one already."""
    cards = {row.external_id: _card(row) for row in sources}
    equal = _equal(db, integration.ledger_id, list(cards.values()))
    asked = [row for row in sources if by_name.wanted(equal[row.external_id])]
    alike = _alike(db, integration.ledger_id, asked, equal)
    return {id: rank(card, equal[id], alike.get(id, ())) for id, card in cards.items()}


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


_LABEL = present(entries, "label").label("label")
_CARD = tuple(_LABEL if name == "label" else entries.c[name] for name in Card._fields)
"""What a contact is compared by, in the order of a card."""

_DIRECTORY = sa.select(entries, _LABEL)
_SOURCES = _DIRECTORY.where(entries.c.connection_id == sa.bindparam("stock_id"), among(entries.c.external_id, "ids"))
_OF_LEDGER = _DIRECTORY.where(entries.c.connection_id == sa.bindparam("ledger_id"), among(entries.c.external_id, "ids"))


def _equal(db: sa.Connection, ledger_id: int, sources: Sequence[Card]) -> dict[str, list[Card]]:
    """For each of these contacts those of the ledger that share a value with it."""
    asked = _values(sources, _EQUAL)
    found = _sharing(db, ledger_id, asked)
    for column, values in asked.items():
        if len(values) > 1 and _count_with(found, column, values) >= READ_AT_MOST:
            # One value that thousands have, a placeholder perhaps, must not hide who has another one.
            for value in values:
                found |= _sharing(db, ledger_id, {column: [value]})
    sharing: dict[tuple[str, str], list[Card]] = {}
    for card in found.values():
        for column in _EQUAL:
            if value := getattr(card, column):
                sharing.setdefault((column, value), []).append(card)
    return {source.external_id: _of(source, sharing, _EQUAL) for source in sources}


def _sharing(db: sa.Connection, ledger_id: int, values: Mapping[str, Sequence[str]]) -> dict[str, Card]:
    """Active contacts of the ledger that have one of these values, by id."""
    if not any(values.values()):
        return {}
    rows = db.execute(_sharing_any(tuple(values)), {"ledger_id": ledger_id, **values})
    return {row[0]: Card._make(row) for row in rows}


def _count_with(found: Mapping[str, Card], column: str, values: Collection[str]) -> int:
    wanted = set(values)
    return sum(getattr(card, column) in wanted for card in found.values())


def _alike(
    db: sa.Connection, ledger_id: int, sources: Sequence[sa.Row[Any]], equal: Mapping[str, Sequence[Card]]
) -> dict[str, list[Card]]:
    """For each of these contacts those with the likest names: of hundreds that are compared, few are read."""
    found: defaultdict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for external_id, name, value, column in _alike_names(db, ledger_id, _values(sources, _ALIKE)):
        found[column, value].append((external_id, name))
    compared: dict[tuple[str, ...], tuple[list[str], list[str]]] = {}
    best: dict[str, list[str]] = {}
    for row in sources:
        key = tuple(getattr(row, column) for column in _ALIKE)
        if key not in compared:  # many contacts share them, so that each list is made once
            names = dict(chain.from_iterable(found[pair] for pair in zip(_ALIKE, key, strict=True)))
            compared[key] = list(names), list(names.values())
        ids, folded = compared[key]
        # Those that share a value may be among the best names, so as many more are asked for.
        most = MOST + len(equal[row.external_id])
        best[row.external_id] = [ids[place] for place in most_alike(row.name, folded, most)]
    wanted = sorted({id for each in best.values() for id in each})
    if not wanted:
        return {}
    cards = {row.external_id: _card(row) for row in db.execute(_OF_LEDGER, {"ledger_id": ledger_id, "ids": wanted})}
    return {source_id: [cards[id] for id in each if id in cards] for source_id, each in best.items()}


def _values(sources: Sequence[Card] | Sequence[sa.Row[Any]], columns: Sequence[str]) -> dict[str, list[str]]:
    """What these contacts have in some columns."""
    return {column: sorted({getattr(row, column) for row in sources} - {""}) for column in columns}


def _alike_names(db: sa.Connection, ledger_id: int, values: Mapping[str, Sequence[str]]) -> Sequence[Any]:
    """Names in the ledger that may be alike: id, name, value and column that it was found by."""
    if not any(values.values()):
        return []
    return db.execute(_named_alike(tuple(values)), {"ledger_id": ledger_id, **values}).all()


_LEDGER: sa.BindParameter[int] = sa.bindparam("ledger_id")


@cache
def _sharing_any(columns: tuple[str, ...]) -> sa.Select[Any]:
    """Made once for each combination of columns; the values of each are bound by its name."""
    # The domain is no part of the index of names, which SQLite would else read whole instead of the column's own.
    found = (_having(column, entries.c.id, entries.c.domain).limit(READ_AT_MOST).subquery() for column in columns)
    ids = sa.union(*map(sa.select, found)).subquery()
    return sa.select(*_CARD).where(among_few(entries.c.id, sa.select(ids.c.id)))


@cache
def _named_alike(columns: tuple[str, ...]) -> sa.CompoundSelect[Any]:
    """The names that share a value. Of the many that are compared only the best are shown, and read."""
    return sa.union_all(*(sa.select(_named_by(column).subquery()) for column in columns))


def _named_by(column: str) -> sa.Select[Any]:
    shared = sa.literal_column(f"'{column}'", sa.String).label("shared")
    named = _having(column, entries.c.external_id, entries.c.name, entries.c[column].label("value"), shared)
    return named.limit(ALIKE_AT_MOST)


def _having(column: str, *told: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """Of active contacts of the ledger with one of a column's values, found by the column's own index."""
    present = entries.c.external_id.not_in(withdrawn_contacts(_LEDGER))
    mine = (entries.c.connection_id == _LEDGER, entries.c.active.is_(True), present)
    return sa.select(*told).where(*mine, among(entries.c[column], column))


def _card(row: sa.Row[Any]) -> Card:
    return Card(row.external_id, row.label, row.name, row.email, row.domain, row.tax_number, row.tax_country)


def _of(source: Card, found: Mapping[tuple[str, str], Sequence[Card]], columns: Sequence[str]) -> list[Card]:
    cards = (card for column in columns for card in found.get((column, getattr(source, column)), ()))
    return list({card.external_id: card for card in cards}.values())


def _taken(db: sa.Connection, integration: Integration, target_ids: Sequence[str]) -> list[sa.Row[Any]]:
    """Which of these contacts are linked already, and to what side."""
    if not target_ids:
        return []
    sides = {"id": integration.id, "stock_id": integration.stock_id, "ledger_id": integration.ledger_id}
    return list(db.execute(_TAKEN, {**sides, "target_ids": sorted(set(target_ids))}))


_TAKEN = (
    sa.select(links.c.target_id, links.c.source_id, entries.c.is_customer, entries.c.is_supplier)
    .join(
        entries,
        sa.and_(entries.c.connection_id == sa.bindparam("stock_id"), entries.c.external_id == links.c.source_id),
    )
    .where(links.c.ledger_id == sa.bindparam("ledger_id"), links.c.integration_id == sa.bindparam("id"))
    .where(links.c.kind == CONTACT, links.c.live.is_(True))
    .where(among(links.c.target_id, "target_ids"))
)


def _taken_for(source: sa.Row[Any], taken: Sequence[sa.Row[Any]]) -> set[str]:
    """A customer and a supplier may be one contact of the ledger; two customers hardly are."""
    return {
        row.target_id
        for row in taken
        if row.source_id != source.external_id
        and ((row.is_customer and source.is_customer) or (row.is_supplier and source.is_supplier))
    }
