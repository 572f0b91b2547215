"""All contacts of a connection by name, and how those of a stock system stand: held in memory while nothing changes.

Fifty thousand contacts are a few megabytes. Finding a page of them, counting each state and looking for a text within
names takes one or two milliseconds there, where it took the databases ten and more for each look.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import islice

import sqlalchemy as sa

from hub.engine.contact_list import ContactState, Mark, Side, contact_marks, withdrawn_contacts
from hub.engine.directory import entries, part_of_tax_number, tax_parts
from hub.mapping import fold
from hub.models import Integration
from hub.web.queries.haystack import Haystack
from hub.web.queries.tables import SNAPSHOTS
from hub.web.remembered import WORTH, remembered_list

UNSETTLED, ALL, CHANGED = "todo", "all", "changed"
TO_DO = (ContactState.UNLINKED, ContactState.SUGGESTED, ContactState.BROKEN)

NO_COUNTRY = "-"
"""In place of the country that a VAT number was written without: it may be a number of any."""

MOST_SEARCHED = 10
"""So many searches are kept, of at most four bytes a contact each."""

Places = Sequence[int]
"""Where contacts are in the directory, in its order."""


@dataclass(frozen=True)
class Directory:
    """The contacts that a connection has, by name: each part holds one thing of each, at the same place."""

    ids: Sequence[str]
    names: Haystack
    """Folded."""
    words: Haystack
    """Folded name and e-mail address, with a tab between them."""
    address_signs: frozenset[str]
    """What e-mail addresses consist of: a text with another sign, such as a space, is in no address."""
    tax_numbers: Haystack
    """The letters and digits of VAT numbers, each with its country before it."""
    sides: Mapping[Side, bytes]
    active: bytes

    def first_active(self, text: str, most: int) -> list[str]:
        """The ids of the first active ones with the text; looked for no further than these are."""
        found = (place for place in self.with_text(text) if self.active[place])
        return [self.ids[place] for place in islice(found, most)]

    def with_text(self, text: str) -> Iterable[int]:
        """Who has the text in the name, the e-mail address or the VAT number; in order."""
        folded = fold(text)
        hits = (self.words if self.address_signs.issuperset(folded) else self.names).with_part(folded)
        numbered = set(self._numbered(text))
        return sorted(numbered.union(hits)) if numbered else hits

    def _numbered(self, text: str) -> Iterator[int]:
        """Who has this VAT number or part of one; without a country before it, it may be of any."""
        part = part_of_tax_number(text)
        if not part:
            return
        yield from self.tax_numbers.with_part(part)
        country, number = tax_parts(text)
        if country:
            yield from self.tax_numbers.with_part(NO_COUNTRY + number)


@dataclass(frozen=True)
class Register:
    """The contacts of an integration's stock system by side and state, each in the order of the directory.

    ``states`` are in that order too; ``numbers`` are those that the stock system gave, in small letters.
    """

    directory: Directory
    states: Sequence[ContactState]
    places: Mapping[tuple[Side, str], Places]
    numbers: Haystack | None
    searched: dict[tuple[Side, str, str], Places] = field(default_factory=dict, repr=False)
    """What was found by a text already: people turn its pages."""

    def found(self, side: Side, state: str, text: str) -> Places:
        """Those of a side and state; with a text, who has it in name, e-mail address, number or VAT number."""
        among = self.places.get((side, state), ())
        if not text or not among:
            return among
        known = self.searched.get((side, state, text))
        if known is None:
            if len(self.searched) >= MOST_SEARCHED:
                self.searched.clear()
            known = self.searched[side, state, text] = array("I", self._with_text(side, state, text, among))
        return known

    def _with_text(self, side: Side, state: str, text: str, among: Places) -> list[int]:
        hits = self.directory.with_text(text)
        if self.numbers is not None:
            hits = sorted({*hits, *self.numbers.with_part(text.lower())})
        return self._of(side, state, among, hits)

    def _of(self, side: Side, state: str, among: Places, hits: Iterable[int]) -> list[int]:
        """The hits that are of a side and state."""
        members, states = self.directory.sides[side], self.states
        if state == ALL:
            return [place for place in hits if members[place]]
        if state == CHANGED:
            changed = set(among)
            return [place for place in hits if place in changed]
        wanted = TO_DO if state == UNSETTLED else (ContactState(state),)
        return [place for place in hits if members[place] and states[place] in wanted]

    def only(self, source_id: str) -> Places:
        """Where one contact is; nowhere when the stock system does not have it."""
        try:
            return [self.directory.ids.index(source_id)]
        except ValueError:
            return []

    def counts(self, side: Side) -> Counts:
        """How many contacts of a side are in each state."""
        states = {state.value: len(self.places.get((side, state.value), ())) for state in ContactState}
        return Counts(states, len(self.places.get((side, CHANGED), ())))


@dataclass(frozen=True)
class Counts:
    """How many contacts of a side are in each state."""

    by_state: Mapping[str, int]
    changed: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.by_state.values())

    def of(self, state: str) -> int:
        """How many a filter's state finds."""
        if state == CHANGED:
            return self.changed
        wanted = {UNSETTLED: TO_DO, ALL: tuple(self.by_state)}.get(state, (state,))
        return sum(self.by_state.get(each, 0) for each in wanted)


def directory(db: sa.Connection, connection_id: int) -> Directory:
    """The contacts of a connection. Only runs change them."""
    return remembered_list(
        db,
        ("contacts of", connection_id),
        lambda: _directory(db, connection_id),
        lambda found: len(found.ids) >= WORTH,
        by_people=False,
    )


def register(db: sa.Connection, integration: Integration) -> Register:
    """The contacts of an integration's stock system, with how each stands."""
    return remembered_list(
        db,
        ("contacts in", integration.id),
        lambda: _register(db, integration, directory(db, integration.stock_id)),
        lambda found: len(found.directory.ids) >= WORTH,
    )


def _directory(db: sa.Connection, connection_id: int) -> Directory:
    rows = db.execute(_ENTRIES, {"connection_id": connection_id}).all()
    return Directory(
        ids=[row[0] for row in rows],
        names=Haystack.of(row[1] for row in rows),
        words=Haystack.of(f"{row[1]}\t{row[2]}" for row in rows),
        address_signs=frozenset().union(*(row[2] for row in rows)),
        tax_numbers=Haystack.of((row[4] or NO_COUNTRY) + row[3] if row[3] else "" for row in rows),
        sides={Side.CUSTOMERS: bytes(row[5] for row in rows), Side.SUPPLIERS: bytes(row[6] for row in rows)},
        active=bytes(row[7] for row in rows),
    )


def _register(db: sa.Connection, integration: Integration, of: Directory) -> Register:
    marked: dict[str, set[str]] = {mark: set() for mark in Mark}
    for source_id, mark in db.execute(contact_marks(db, integration)):
        marked[mark].add(source_id)
    states = [_state(source_id, marked) for source_id in of.ids]
    numbers = {row.external_id: row.number for row in db.execute(_NUMBERS, {"connection_id": integration.stock_id})}
    return Register(
        directory=of,
        states=states,
        places={key: array("I", places) for key, places in _places(of, states, marked[Mark.CHANGED]).items()},
        numbers=Haystack.of(numbers.get(id, "").lower() for id in of.ids) if numbers else None,
    )


def _state(source_id: str, marked: Mapping[str, Set[str]]) -> ContactState:
    if source_id in marked[Mark.BROKEN]:
        return ContactState.BROKEN
    if source_id in marked[Mark.LINKED]:
        return ContactState.LINKED
    if source_id in marked[Mark.IGNORED]:
        return ContactState.IGNORED
    return ContactState.SUGGESTED if source_id in marked[Mark.SUGGESTED] else ContactState.UNLINKED


def _places(of: Directory, states: Sequence[ContactState], changed: Set[str]) -> dict[tuple[Side, str], list[int]]:
    """Where the contacts of each side are that a filter's state finds."""
    found: dict[tuple[Side, str], list[int]] = {}
    for side, members in of.sides.items():
        every = [place for place, is_member in enumerate(members) if is_member]
        found[side, ALL] = every
        found[side, UNSETTLED] = [place for place in every if states[place] in TO_DO]
        for state in ContactState:
            found[side, state.value] = [place for place in every if states[place] is state]
        linked = found[side, ContactState.LINKED.value]
        found[side, CHANGED] = [place for place in linked if of.ids[place] in changed] if changed else []
    return found


_CONNECTION: sa.BindParameter[int] = sa.bindparam("connection_id")

_ENTRIES = (
    sa.select(
        *(entries.c[name] for name in ("external_id", "name", "email", "tax_number", "tax_country")),
        *(entries.c[name] for name in ("is_customer", "is_supplier", "active")),
    )
    .where(entries.c.connection_id == _CONNECTION, entries.c.external_id.not_in(withdrawn_contacts(_CONNECTION)))
    .order_by(entries.c.name, entries.c.external_id)
)

_NUMBERS = sa.select(SNAPSHOTS.c.external_id, SNAPSHOTS.c.number).where(
    SNAPSHOTS.c.connection_id == _CONNECTION,
    # Written out: an index knows the contacts that have a number.
    SNAPSHOTS.c.kind == sa.literal_column("'contact'"),
    SNAPSHOTS.c.number != sa.literal_column("''"),
)
