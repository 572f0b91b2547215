"""Contacts of one integration: a page of them with their suggestions, and the ledger's to choose from."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from hub.engine.among import among, one_of
from hub.engine.contact_changes import Changes, changes_of
from hub.engine.contact_list import (
    CONTACT,
    ENTRY,
    ContactState,
    Side,
    contact_links,
    present,
)
from hub.engine.directory import entries
from hub.engine.likeness import Likeness
from hub.engine.suggesting import ByName, suggest_for
from hub.mapping import link_fact
from hub.models import OPEN_STATES, Integration, OperationState
from hub.providers import Action, Provider
from hub.web import wording
from hub.web.access import visible_integrations
from hub.web.filters import choice_faults
from hub.web.forms import looked_for
from hub.web.paging import Paged
from hub.web.queries.contact_register import ALL, CHANGED, UNSETTLED, Places, Register, directory
from hub.web.queries.named import named
from hub.web.queries.tables import FLOWS, INTEGRATIONS, OPERATION_FACTS, OPERATIONS, SNAPSHOTS
from hub.web.unchanged import while_unchanged

OPEN_TO_LINK = (ContactState.UNLINKED, ContactState.SUGGESTED)
ON_A_PAGE = 20
"""A contact with its suggestions takes several lines, so that fewer fill a page."""
FOUND_AT_MOST = 20
_KEPT = 256

WAITING_FOR = ("contact_not_linked", "contact_archived")
"""Problems of documents that wait for their contact."""


@dataclass(frozen=True)
class ContactFilter:
    """Which contacts are asked for. ``contact`` is one source id, whatever its side and state.

    Side and state are as they were asked for: while there is no such, ``faults`` says so and nothing is found.
    """

    asked_side: str = ""
    asked_state: str = ""
    text: str = ""
    contact: str = ""

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> ContactFilter:
        """The filter in an address."""
        return cls(
            asked_side=looked_for(sent, "side"),
            asked_state=looked_for(sent, "state"),
            text=looked_for(sent),
            contact=sent.get("contact", ""),
        )

    @property
    def side(self) -> Side:
        """Whose tab is open: that of the customers unless another is asked for."""
        return Side(self.asked_side) if self.asked_side in set(Side) else Side.CUSTOMERS

    @property
    def state(self) -> str:
        """How they stand; what is to do, unless something else is asked for."""
        return self.asked_state or UNSETTLED

    @property
    def faults(self) -> dict[str, str]:
        """What is wrong with it, by the name of the part; one contact is shown however it stands."""
        if self.contact:
            return {}
        return {
            **choice_faults("side", self.asked_side, tuple(Side)),
            **choice_faults("state", self.asked_state, (UNSETTLED, ALL, CHANGED, *ContactState)),
        }

    @property
    def arguments(self) -> dict[str, str]:
        """The filter as the arguments of an address."""
        if self.contact:
            return {"contact": self.contact}
        given = {"side": self.asked_side or self.side.value, "state": self.state, "text": self.text}
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True)
class ContactRow:
    """One contact as the page shows it. ``heir`` is the contact of the ledger that its own was merged into.

    Its row has a ``standing`` operation where one is open, or else one to create it was dropped.
    """

    row: sa.Row[Any]
    state: ContactState
    suggestions: Sequence[Likeness] = ()
    heir: sa.Row[Any] | None = None
    changes: Changes | None = None

    @property
    def particulars(self) -> str:
        """Number, e-mail address and VAT number, as far as there are any."""
        row = self.row
        return wording.with_commas((row.number, row.email, row.tax_country + row.tax_number))

    @property
    def is_planned(self) -> bool:
        """Whether something is about to be written of it, or can't be."""
        return self.row.standing not in (None, OperationState.DROPPED.value)

    @property
    def ignored_why(self) -> str:
        """What was said when it was left out; empty where it was not."""
        return self.row.reason if self.row.standing == OperationState.DROPPED.value else ""

    @property
    def changed(self) -> bool:
        """Whether the stock system has a newer form than the one that was written."""
        return self.row.link_id is not None and self.row.fingerprint != self.row.written_fingerprint


def contact_page(
    db: sa.Connection,
    integration: Integration,
    chosen: ContactFilter,
    page: int,
    providers: Mapping[str, Provider],
    every: Register,
) -> Paged:
    """One page of contacts, by name, with what the page shows of each."""
    found = _found(chosen, every)
    number = min(page, max(1, -(-len(found) // ON_A_PAGE)))
    places = found[(number - 1) * ON_A_PAGE :][:ON_A_PAGE]
    listed = {every.directory.ids[place]: every.states[place] for place in places}
    return Paged(_rows(db, integration, listed, providers) if listed else [], len(found), number, ON_A_PAGE)


def _found(chosen: ContactFilter, every: Register) -> Places:
    """Where those are that the filter finds."""
    if chosen.faults:
        return ()
    return every.only(chosen.contact) if chosen.contact else every.found(chosen.side, chosen.state, chosen.text)


def _shown(db: sa.Connection, integration: Integration, ids: Collection[str]) -> list[Any]:
    """These contacts with all that is shown of them, in this order."""
    asked = {"ids": list(ids), "integration_id": integration.id}
    found = db.execute(_shown_of(contact_links(integration)), asked)
    by_id = {row.source_id: row for row in named(found)}
    return [by_id[id] for id in ids if id in by_id]


@lru_cache(maxsize=_KEPT)
def _shown_of(contacts: sa.Select[Any]) -> sa.Select[Any]:
    """The contacts with their operation, and how many documents are held for each."""
    told = (_STANDING.c[name] for name in ("action", "reason", "problem"))
    shown = contacts.add_columns(_STANDING.c.state.label("standing"), *told, _waiting())
    its_own = sa.func.coalesce(_newest_operation(is_open=True), _newest_operation(is_open=False))
    return shown.outerjoin(_STANDING, _STANDING.c.id == its_own).where(among(ENTRY.c.external_id, "ids"))


@lru_cache(maxsize=_KEPT)
def _one_of(contacts: sa.Select[Any]) -> sa.Select[Any]:
    return contacts.where(ENTRY.c.external_id == sa.bindparam("id"))


def one_contact(db: sa.Connection, integration: Integration, source_id: str) -> sa.Row[Any] | None:
    """One contact of the stock system."""
    return db.execute(_one_of(contact_links(integration)), {"id": source_id}).one_or_none()


def _rows(
    db: sa.Connection,
    integration: Integration,
    listed: Mapping[str, ContactState],
    providers: Mapping[str, Provider],
) -> list[ContactRow]:
    """The contacts with these ids, each with how it stood when the list was made."""
    rows = _shown(db, integration, listed)
    states = {row.source_id: _state(row, listed[row.source_id]) for row in rows}
    unlinked = [row for row in rows if states[row.source_id] in OPEN_TO_LINK]
    changed = [row.source_id for row in rows if row.link_id and row.fingerprint != row.written_fingerprint]
    suggestions = suggest_for(db, integration, unlinked, by_name=ByName.SHARING_NOTHING) if unlinked else {}
    heirs = ledger_contacts(db, integration.ledger_id, [row.merged_into for row in rows if row.merged_into])
    changes = changes_of(db, integration.id or 0, providers, changed) if changed else {}
    return [
        ContactRow(
            row=row,
            state=states[row.source_id],
            suggestions=suggestions.get(row.source_id, ()),
            heir=heirs.get(row.merged_into or ""),
            changes=changes.get(row.source_id),
        )
        for row in rows
    ]


def _state(row: sa.Row[Any], listed: ContactState) -> ContactState:
    """By the link as it is now; of what has none, as it was listed."""
    if row.link_id is not None:
        return ContactState.BROKEN if row.broken else ContactState.LINKED
    return listed if listed in (ContactState.IGNORED, ContactState.SUGGESTED) else ContactState.UNLINKED


def ledger_contacts(db: sa.Connection, ledger_id: int, ids: Sequence[str]) -> dict[str, Any]:
    """Some active contacts of the ledger, by id."""
    if not ids:
        return {}
    rows = named(db.execute(_ACTIVE, {"ledger_id": ledger_id, "ids": list(ids)}))
    return {row.external_id: row for row in rows}


def search_ledger(db: sa.Connection, ledger_id: int, text: str) -> list[sa.Row[Any]]:
    """Active contacts of the ledger with the text in name, e-mail address or VAT number."""
    ids = directory(db, ledger_id).first_active(text, FOUND_AT_MOST)
    rows = ledger_contacts(db, ledger_id, ids)
    return [rows[id] for id in ids if id in rows]


def source_address(db: sa.Connection, connection_id: int, source_id: str) -> Any:
    """Where the stock system says that it shows a contact, as it came from there; None where it says nothing."""
    document = db.execute(_DOCUMENT, {"connection": connection_id, "id": source_id}).scalar()
    return json.loads(document).get("source_url") if document else None


_DOCUMENT = sa.select(SNAPSHOTS.c.document).where(
    SNAPSHOTS.c.connection_id == sa.bindparam("connection"),
    SNAPSHOTS.c.kind == CONTACT,
    SNAPSHOTS.c.external_id == sa.bindparam("id"),
)


def names_of(db: sa.Connection, connection_id: int, ids: Sequence[str]) -> dict[str, str]:
    """The names of some contacts of a connection, withdrawn ones included."""
    chosen = sa.select(SNAPSHOTS.c.external_id, SNAPSHOTS.c.label).where(
        SNAPSHOTS.c.connection_id == connection_id, SNAPSHOTS.c.kind == CONTACT, SNAPSHOTS.c.external_id.in_(ids)
    )
    return {row.external_id: row.label for row in db.execute(chosen)}


@dataclass(frozen=True)
class Readiness:
    """What a page of contacts must say about itself: whether each side was read, and how far the flow goes.

    ``mode`` is empty where the two have no contacts in common.
    """

    stock_read: bool
    ledger_read: bool
    mode: str


@while_unchanged
def with_readiness(db: sa.Connection, integration_id: int) -> tuple[Integration, Readiness] | None:
    """An integration that the person may see, and what a page of its contacts must say about itself."""
    asked = _readiness_of(visible_integrations(INTEGRATIONS.c.id))
    found = db.execute(asked, {"integration_id": integration_id}).mappings().first()
    if found is None:
        return None
    integration = Integration(**{column.name: found[column] for column in INTEGRATIONS.c})
    return integration, Readiness(found["stock_read"], found["ledger_read"], found["mode"] or "")


@lru_cache(maxsize=_KEPT)
def _readiness_of(seen: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return _WITH_READINESS.where(seen)


def of_ledger(ledger_id: int) -> sa.Select[Any]:
    """The contacts that the ledger still has."""
    return _DIRECTORY.where(entries.c.connection_id == ledger_id)


_LABEL, _NUMBER = present(entries, "label"), present(entries, "number")
_TAX_NUMBER = (entries.c.tax_country + entries.c.tax_number).label("tax_number")
_DIRECTORY: sa.Select[Any] = sa.select(
    *(entries.c.external_id, entries.c.email, _TAX_NUMBER, entries.c.active),
    *(_LABEL.label("label"), _NUMBER.label("number")),
).where(_LABEL.is_not(None))
_ACTIVE: sa.Select[Any] = (
    sa.select(entries.c.external_id, entries.c.email, _TAX_NUMBER, SNAPSHOTS.c.label, SNAPSHOTS.c.number)
    .join(
        SNAPSHOTS,
        sa.and_(
            SNAPSHOTS.c.connection_id == entries.c.connection_id,
            SNAPSHOTS.c.kind == CONTACT,
            SNAPSHOTS.c.external_id == entries.c.external_id,
        ),
    )
    .where(entries.c.connection_id == sa.bindparam("ledger_id"), among(entries.c.external_id, "ids"))
    .where(entries.c.active.is_(True), SNAPSHOTS.c.withdrawn.is_(False))
)

# -- statements that every page asks, made once --------------------------------------------------------------------

_INTEGRATION: sa.BindParameter[int] = sa.bindparam("integration_id")

_STANDING = OPERATIONS.alias("standing")


def _newest_operation(*, is_open: bool) -> sa.ScalarSelect[int]:
    """The id of a contact's newest operation that is open, or that would have created it and was dropped."""
    dropped = (OPERATIONS.c.state == OperationState.DROPPED.value, OPERATIONS.c.action == Action.CREATE.value)
    return (
        sa.select(sa.func.max(OPERATIONS.c.id))
        .where(OPERATIONS.c.integration_id == _INTEGRATION, OPERATIONS.c.kind == CONTACT)
        .where(OPERATIONS.c.source_id == ENTRY.c.external_id)
        .where(*([one_of(OPERATIONS.c.state, OPEN_STATES)] if is_open else dropped))
        .correlate(ENTRY)
        .scalar_subquery()
    )


def _waiting() -> sa.Label[int]:
    """How many documents are held for a contact."""
    its_link = sa.literal(link_fact(CONTACT, "")) + ENTRY.c.external_id
    return (
        sa.select(sa.func.count())
        .join_from(OPERATION_FACTS, OPERATIONS, OPERATIONS.c.id == OPERATION_FACTS.c.operation_id)
        .where(OPERATION_FACTS.c.integration_id == _INTEGRATION, OPERATION_FACTS.c.fact == its_link)
        .where(OPERATIONS.c.state == OperationState.HELD.value, one_of(OPERATIONS.c.problem_code, WAITING_FOR))
        .correlate(ENTRY)
        .label("waiting")
    )


def _any_of(connection: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """The first by the index: for whether there is any, PostgreSQL looks through all that there are."""
    first = sa.select(sa.func.min(entries.c.external_id)).where(entries.c.connection_id == connection)
    return first.scalar_subquery().is_not(None)


_MODE = sa.select(FLOWS.c.mode).where(FLOWS.c.integration_id == INTEGRATIONS.c.id, FLOWS.c.kind == CONTACT)
_WITH_READINESS = sa.select(
    INTEGRATIONS,
    _any_of(INTEGRATIONS.c.stock_id).label("stock_read"),
    _any_of(INTEGRATIONS.c.ledger_id).label("ledger_read"),
    _MODE.scalar_subquery().label("mode"),
).where(INTEGRATIONS.c.id == _INTEGRATION)
