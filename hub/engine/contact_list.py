"""The contacts of an integration's stock system with how each is linked, as a statement: filtered and cut in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from hub.documents import Kind
from hub.engine.among import one_of
from hub.models import ContactEntry, Integration, Link, OperationRow, OperationState, Snapshot, table
from hub.models.posting import DEAD_CONTACTS
from hub.providers import Action, TargetStatus

entries = table(ContactEntry)
integrations = table(Integration)
links = table(Link)
operations = table(OperationRow)
snapshots = table(Snapshot)

CONTACT = Kind.CONTACT.value
_KEPT = 256
"""So many statements are kept: making one takes longer than asking it."""
_DEAD = tuple(status.value for status in TargetStatus if not status.is_live)


class ContactState(StrEnum):
    """How a contact of the stock system stands to the ledger."""

    UNLINKED = "unlinked"
    SUGGESTED = "suggested"
    LINKED = "linked"
    BROKEN = "broken"
    IGNORED = "ignored"


class Side(StrEnum):
    """Customers or suppliers; a contact may be both."""

    CUSTOMERS = "customers"
    SUPPLIERS = "suppliers"


def present(entry: Any, column: str) -> sa.ScalarSelect[Any]:
    """A column of the snapshot of a contact in the directory; nothing when it was withdrawn.

    Not a join: the database shall find the contact by what the directory holds, and only then look at its snapshot.
    """
    snapshot = snapshots.alias()
    found = sa.select(snapshot.c[column]).where(
        _snapshot_of(snapshot, entry.c.connection_id, entry.c.external_id), snapshot.c.withdrawn.is_(False)
    )
    return found.correlate(entry).scalar_subquery()


class _Sides(NamedTuple):
    """What of an integration its contacts depend on."""

    id: int | None
    stock_id: int
    ledger_id: int


def contact_links(integration: Integration) -> sa.Select[Any]:
    """Every contact that the stock system still has, with its link and whether that is ``broken``."""
    return _contact_links(_sides(integration))


def contact_list(integration: Integration) -> sa.Select[Any]:
    """The same with the state of each; to be used as a subquery."""
    return _contact_list(_sides(integration))


def _sides(integration: Integration) -> _Sides:
    return _Sides(integration.id, integration.stock_id, integration.ledger_id)


ENTRY = entries.alias("entry")
"""The directory's row of each contact in the lists."""
_SOURCE, _LINK = snapshots.alias("source"), links.alias("link")
_TARGET, _TARGET_ENTRY = snapshots.alias("target"), entries.alias("target_entry")
_STATUS = _LINK.c.state["status"].as_string()
_IS_BROKEN = sa.or_(one_of(_STATUS, _DEAD), _TARGET.c.withdrawn.is_(True), _TARGET_ENTRY.c.active.is_(False))


@lru_cache(maxsize=_KEPT)
def _contact_links(integration: _Sides) -> sa.Select[Any]:
    return (
        sa.select(
            ENTRY.c.external_id.label("source_id"),
            ENTRY.c.name.label("folded"),
            # What it is compared by with those of the ledger, under the names of the directory.
            *(ENTRY.c[name] for name in ("external_id", "name", "head", "domain", "tax_country")),
            ENTRY.c.email,
            ENTRY.c.tax_number,
            ENTRY.c.active,
            ENTRY.c.is_customer,
            ENTRY.c.is_supplier,
            _SOURCE.c.label,
            _SOURCE.c.number,
            _SOURCE.c.fingerprint,
            _LINK.c.id.label("link_id"),
            _LINK.c.version.label("link_version"),
            _LINK.c.target_id,
            _LINK.c.origin,
            _LINK.c.written_fingerprint,
            _STATUS.label("target_status"),
            _LINK.c.state["merged_into"].as_string().label("merged_into"),
            sa.func.coalesce(_TARGET.c.label, _LINK.c.target_number).label("target_label"),
            _TARGET.c.withdrawn.label("target_withdrawn"),
            _IS_BROKEN.label("broken"),
        )
        .join(_SOURCE, _snapshot_of(_SOURCE, integration.stock_id, ENTRY.c.external_id))
        .outerjoin(_LINK, _live_link(integration, _LINK, ENTRY.c.external_id))
        .outerjoin(_TARGET, _snapshot_of(_TARGET, integration.ledger_id, _LINK.c.target_id))
        .outerjoin(_TARGET_ENTRY, _entry_of(_TARGET_ENTRY, integration.ledger_id, _LINK.c.target_id))
        .where(ENTRY.c.connection_id == integration.stock_id, _SOURCE.c.withdrawn.is_(False))
    )


@lru_cache(maxsize=_KEPT)
def _contact_list(integration: _Sides) -> sa.Select[Any]:
    state = sa.case(
        (sa.and_(_LINK.c.id.is_not(None), _IS_BROKEN), ContactState.BROKEN.value),
        (_LINK.c.id.is_not(None), ContactState.LINKED.value),
        (_ignored(integration, ENTRY), ContactState.IGNORED.value),
        (_suggested(integration, ENTRY), ContactState.SUGGESTED.value),
        else_=ContactState.UNLINKED.value,
    )
    return _contact_links(integration).add_columns(state.label("state"))


class Mark(StrEnum):
    """What may be said of a contact by itself; one may have several."""

    LINKED = "linked"
    CHANGED = "changed"
    """Linked, and the stock system has another form than was written."""
    BROKEN = "broken"
    IGNORED = "ignored"
    SUGGESTED = "suggested"
    """Told only of those that are not linked."""


def contact_marks(db: sa.Connection, integration: Integration) -> sa.CompoundSelect[Any]:
    """Source ids of the stock system's contacts, each row with one mark, from indexes alone.

    A contact without a mark is neither linked nor ignored, and nothing is like it.
    """
    return _contact_marks(db.dialect.name, _sides(integration))


@lru_cache(maxsize=_KEPT)
def _contact_marks(dialect: str, integration: _Sides) -> sa.CompoundSelect[Any]:
    entry, link, source = entries.alias("entry"), links.alias("link"), snapshots.alias("source")
    live = (link.c.integration_id == integration.id, link.c.kind == _ONLY_CONTACTS, link.c.live)
    seen = (
        sa.select(source.c.fingerprint)
        .where(source.c.connection_id == integration.stock_id, source.c.kind == _ONLY_CONTACTS)
        .where(source.c.external_id == link.c.source_id)
        .correlate(link)
        .scalar_subquery()
    )
    broken = _broken(dialect, integration).subquery()
    like = (
        sa.select(entry.c.external_id, _mark(Mark.SUGGESTED))
        .where(entry.c.connection_id == integration.stock_id)
        .where(entry.c.external_id.not_in(sa.select(link.c.source_id).where(*live)))
        .where(_suggested(integration, entry))
    )
    return sa.union_all(
        sa.select(link.c.source_id, _mark(Mark.LINKED)).where(*live),
        sa.select(link.c.source_id, _mark(Mark.CHANGED)).where(*live, seen != link.c.written_fingerprint),
        sa.select(broken.c.source_id, _mark(Mark.BROKEN)),
        sa.select(operations.c.source_id, _mark(Mark.IGNORED)).where(*is_ignored(integration.id)),
        like,
    )


def _mark(mark: Mark) -> sa.ColumnElement[str]:
    return sa.literal_column(f"'{mark.value}'", sa.String).label("mark")


_ONLY_CONTACTS: sa.ColumnElement[str] = sa.literal_column(f"'{CONTACT}'")
"""Written out, so that every database sees that an index of contacts alone is enough."""


def withdrawn_contacts(connection_id: int | sa.BindParameter[int]) -> sa.Select[Any]:
    """The contacts that a connection no longer has: few, and in an index of their own."""
    gone = snapshots.alias("gone")
    return sa.select(gone.c.external_id).where(
        gone.c.connection_id == connection_id, gone.c.kind == CONTACT, gone.c.withdrawn
    )


def contacts_to_do(db: sa.Connection, integration_ids: Sequence[int]) -> sa.Select[Any]:
    """How many customers and suppliers of these integrations are unlinked, suggested or broken, as one number.

    Who is both counts once. Whether the ledger has one that is like it plays no part, and is not asked.
    """
    found, mine = sa.select(sa.func.count()), integrations.c.id.in_(integration_ids)
    unlinked = found.select_from(integrations.join(entries, _OF_STOCK)).where(mine, ~_LINKED, ~_IGNORED)
    # One link may be broken in two ways.
    lost = sa.select(_broken(db.dialect.name, integrations.c, mine).subquery()).distinct().subquery()
    broken_here = integrations.join(lost, lost.c.integration_id == integrations.c.id)
    broken = found.select_from(broken_here.join(entries, sa.and_(_OF_STOCK, entries.c.external_id == lost.c.source_id)))
    return sa.select(unlinked.where(~_WITHDRAWN).scalar_subquery() + broken.where(~_WITHDRAWN).scalar_subquery())


def _broken(dialect: str, integration: Any, *among: sa.ColumnElement[bool]) -> sa.CompoundSelect[Any]:
    """The contacts whose link leads nowhere, found from the few contacts of the ledger that are no longer used.

    ``integration`` is one, or the columns of those ``among`` which it is.
    """
    lost, idle = links.alias(), links.alias()
    gone, inactive = snapshots.alias(), entries.alias()
    said = sa.select(links.c.integration_id, links.c.source_id).where(*among, links.c.integration_id == integration.id)
    found = [said.where(sa.text(DEAD_CONTACTS[dialect]))]
    for link, other, over in ((lost, gone, gone.c.withdrawn), (idle, inactive, ~inactive.c.active)):
        same = (
            link.c.ledger_id == integration.ledger_id,
            link.c.kind == CONTACT,
            link.c.target_id == other.c.external_id,
        )
        of_ledger = [other.c.connection_id == integration.ledger_id]
        if other is gone:
            of_ledger.append(gone.c.kind == CONTACT)
        chosen = sa.select(link.c.integration_id, link.c.source_id).where(*among, *same, *of_ledger, over)
        found.append(chosen.where(link.c.integration_id == integration.id, link.c.live))
    return sa.union_all(*found)


def _snapshot_of(snapshot: Any, connection_id: Any, external_id: Any) -> sa.ColumnElement[bool]:
    return sa.and_(
        snapshot.c.connection_id == connection_id,
        snapshot.c.kind == CONTACT,
        snapshot.c.external_id == external_id,
    )


def _entry_of(entry: Any, connection_id: int, external_id: Any) -> sa.ColumnElement[bool]:
    return sa.and_(entry.c.connection_id == connection_id, entry.c.external_id == external_id)


def _live_link(integration: _Sides, link: Any, source_id: Any) -> sa.ColumnElement[bool]:
    return sa.and_(
        link.c.integration_id == integration.id,
        link.c.kind == CONTACT,
        link.c.source_id == source_id,
        link.c.live.is_(True),
    )


def _ignored(integration: _Sides, entry: Any) -> sa.ColumnElement[bool]:
    """A person decided that it is never created."""
    return sa.exists().where(*is_ignored(integration.id), operations.c.source_id == entry.c.external_id)


def is_ignored(integration_id: Any) -> tuple[sa.ColumnElement[bool], ...]:
    """The conditions on operations of an integration by which a person decided that a contact is never created."""
    return (
        operations.c.integration_id == integration_id,
        operations.c.kind == CONTACT,
        operations.c.action == Action.CREATE.value,
        operations.c.state == OperationState.DROPPED.value,
    )


def _suggested(integration: _Sides, entry: Any) -> sa.ColumnElement[bool]:
    """An active contact of the ledger shares its name, e-mail address or VAT number."""
    other = entries.alias("other")

    def shares(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        found = (
            sa.select(other.c.id)
            .where(other.c.connection_id == integration.ledger_id, *conditions)
            .where(other.c.active.is_(True), present(other, "id").is_not(None))
        )
        return found.exists()

    def agree(column: str) -> sa.ColumnElement[bool]:
        ours, theirs = entry.c[column], other.c[column]
        return sa.or_(ours == "", theirs == "", ours == theirs)

    return sa.or_(
        shares(other.c.name == entry.c.name, agree("tax_number")),
        sa.and_(entry.c.email != "", shares(other.c.email == entry.c.email, agree("tax_number"))),
        sa.and_(entry.c.tax_number != "", shares(other.c.tax_number == entry.c.tax_number, agree("tax_country"))),
    )


_OF_STOCK = entries.c.connection_id == integrations.c.stock_id
_GONE = snapshots.alias("gone")
_WITHDRAWN = sa.exists().where(
    _GONE.c.connection_id == entries.c.connection_id,
    _GONE.c.kind == _ONLY_CONTACTS,
    _GONE.c.external_id == entries.c.external_id,
    _GONE.c.withdrawn,
)
_LINKED = sa.exists().where(
    links.c.integration_id == integrations.c.id,
    links.c.kind == _ONLY_CONTACTS,
    links.c.source_id == entries.c.external_id,
    links.c.live,
)
_IGNORED = sa.exists().where(*is_ignored(integrations.c.id), operations.c.source_id == entries.c.external_id)
