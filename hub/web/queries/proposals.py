"""Operations that wait for a person's approval."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from hub.documents import Kind
from hub.engine.among import among_few, one_of
from hub.models import OperationState
from hub.web.access import visible_integrations
from hub.web.filters import asked_id, choice_faults, day_faults, id_faults, typed_day
from hub.web.forms import looked_for
from hub.web.incoming import id_in, id_of
from hub.web.listing import Listing, listed, listing
from hub.web.paging import Paged
from hub.web.queries.money import bounds, within
from hub.web.queries.naming import SETTLING
from hub.web.queries.scope import scope
from hub.web.queries.tables import FLOWS, INTEGRATIONS, LINKS, OPERATIONS
from hub.web.queries.texts import Sought, holds_sought, parameters
from hub.web.remembered import remembered_for_viewer

GOING = (OperationState.PENDING.value, OperationState.SENDING.value, OperationState.UNSURE.value)

PROPOSED: sa.ColumnElement[str] = sa.literal_column(f"'{OperationState.PROPOSED.value}'")
"""Written out, so that every database sees that the index of proposals alone is enough."""

_PLAIN_AMOUNT = re.compile(r"-?([0-9]{1,15}|[1-9][0-9]{0,2}(,[0-9]{3}){1,4})(\.[0-9]{1,6})?")
"""1234.5 or 1,234.50. Whoever writes 1.000,00 or 0,123 means something else by the comma, so it is not taken."""

_NEEDED, _AHEAD = LINKS.alias("needed"), OPERATIONS.alias("ahead")

SHOWN = (
    OPERATIONS.c.id,
    OPERATIONS.c.kind,
    OPERATIONS.c.label,
    OPERATIONS.c.action,
    OPERATIONS.c.amount,
    OPERATIONS.c.currency,
    OPERATIONS.c.document_date,
    OPERATIONS.c.payload_hash,
    OPERATIONS.c.warnings,
    OPERATIONS.c.caught,
    OPERATIONS.c.reason,
    OPERATIONS.c.contact,
    OPERATIONS.c.post_as,
    *SETTLING,
)


_KEPT = 512
"""Statements for so many sorts of filter and people are kept. They are the question, not the answer."""


@dataclass(frozen=True)
class Sort:
    """What a filter asks about; the values are parameters."""

    integration: bool
    kind: bool
    text: Sought | None
    contact: Sought | None
    amounts: bool
    since: bool
    until: bool
    caught: bool
    blocked: bool
    upto: bool

    @property
    def searched(self) -> bool:
        """Whether every proposal must be looked at to find some."""
        looked_at = (self.text, self.contact, self.amounts, self.since, self.until, self.caught, self.blocked)
        return any(looked_at)


@dataclass(frozen=True)
class Filter:
    """Which proposals are asked for; every part is optional. ``upto`` leaves out what was proposed later.

    Each part is as it was asked for: while there is no such kind, or an integration, a day or an amount can't be read,
    ``faults`` says so and nothing is found.
    """

    integration: str = ""
    kind: str = ""
    text: str = ""
    least: str = ""
    most: str = ""
    contact: str = ""
    since: str = ""
    until: str = ""
    caught: bool = False
    blocked: bool = False
    upto: int | None = None

    @classmethod
    def of(cls, sent: Mapping[str, str], switched_to: int | None = None) -> Filter:
        """The filter in an address or a form; ``switched_to`` is the integration where none is named."""
        return cls(
            integration=asked_id(sent, "integration") or str(switched_to or ""),
            kind=looked_for(sent, "kind"),
            text=looked_for(sent),
            least=looked_for(sent, "least"),
            most=looked_for(sent, "most"),
            contact=looked_for(sent, "contact"),
            since=typed_day(sent.get("since", "")),
            until=typed_day(sent.get("until", "")),
            caught=bool(sent.get("caught")),
            blocked=bool(sent.get("blocked")),
            upto=id_in(sent, "upto"),
        )

    @property
    def arguments(self) -> dict[str, str]:
        """The filter as the arguments of an address."""
        given = {name: value for name, value in vars(self).items() if value}
        return {name: "yes" if value is True else str(value) for name, value in given.items()}

    @property
    def sort(self) -> Sort:
        """What it asks about."""
        return Sort(
            integration=bool(self.integration),
            kind=bool(self.kind),
            text=Sought.of(self.text),
            contact=Sought.of(self.contact),
            amounts=bool(self.least or self.most),
            since=bool(self.since),
            until=bool(self.until),
            caught=self.caught,
            blocked=self.blocked,
            upto=bool(self.upto),
        )

    @property
    def asked(self) -> dict[str, Any]:
        """The parameters of the statements of its sort; none while something is wrong with it."""
        if self.faults:
            return {}
        asked: dict[str, Any] = {"integration": id_of(self.integration), "kind": self.kind, "upto": self.upto}
        asked = {name: value for name, value in asked.items() if value}
        for name, text in (("text", self.text), ("contact", self.contact)):
            asked |= parameters(name, text) if text else {}
        for name, day in (("since", self.since), ("until", self.until)):
            asked |= {name: date.fromisoformat(day)} if day else {}
        if self.least or self.most:
            asked["low"], asked["high"] = bounds(_amount(self.least), _amount(self.most))
        return asked

    @property
    def faults(self) -> dict[str, str]:
        """What is wrong with it, by the name of the part; nothing is found until it is corrected."""
        amounts = {"least": self.least, "most": self.most}
        wrong_amounts = {name: amount for name, amount in amounts.items() if amount and _amount(amount) is None}
        return {
            **id_faults("integration", self.integration),
            **choice_faults("kind", self.kind, tuple(Kind)),
            **day_faults({"since": self.since, "until": self.until}),
            **{name: f"{amount} is not an amount such as 1,234.50." for name, amount in wrong_amounts.items()},
        }


def proposals(db: sa.Connection, chosen: Filter, page: int) -> Paged:
    """One page of proposals, first planned first, as their index has them; ``blocked``: another one must go first."""
    if chosen.faults:
        return Paged([], 0, 1)
    sort = chosen.sort
    made = _listing(db.dialect.name, visible_integrations(INTEGRATIONS.c.id), sort)
    return listed(db, made, chosen.asked, page, searched=sort.searched, seen=lambda: scope(db, None).ids)


@lru_cache(maxsize=_KEPT)
def _listing(dialect: str, seen: sa.ColumnElement[bool], sort: Sort) -> Listing:
    rows = sa.select(*SHOWN, _is_blocked(dialect, OPERATIONS).label("blocked")).where(OPERATIONS.c.state == PROPOSED)
    return listing(rows, OPERATIONS.c.id, _conditions(dialect, seen, sort), [OPERATIONS.c.id])


def proposal_ids(db: sa.Connection, chosen: Filter) -> list[int]:
    """Every proposal that the filter finds."""
    chosen_ids = sa.select(OPERATIONS.c.id).where(*conditions(db, chosen))
    return list(db.execute(chosen_ids, chosen.asked).scalars())


def newest_proposal(db: sa.Connection) -> int:
    """The id of the newest operation there is, to name what a person has seen."""
    return int(db.execute(sa.select(sa.func.max(OPERATIONS.c.id))).scalar() or 0)


def kinds_proposed(db: sa.Connection) -> list[str]:
    """The kinds there are proposals of."""
    return remembered_for_viewer(db, "kinds proposed", lambda: _kinds_proposed(db))


def _kinds_proposed(db: sa.Connection) -> list[str]:
    # Each flow is of one kind, and one look into the index tells whether it has a proposal.
    any_of = sa.exists().where(OPERATIONS.c.flow_id == FLOWS.c.id, OPERATIONS.c.state == OperationState.PROPOSED.value)
    chosen = sa.select(FLOWS.c.kind).where(visible_integrations(FLOWS.c.integration_id), any_of)
    return sorted(set(db.execute(chosen).scalars()))


def is_blocked(
    db: sa.Connection, table: sa.FromClause, beside: sa.Select[tuple[int]] | None = None
) -> sa.ColumnElement[bool]:
    """Whether an operation rests on a record that is neither linked nor approved to go, nor among those ``beside``."""
    return _is_blocked(db.dialect.name, table, beside)


def _is_blocked(
    dialect: str, table: sa.FromClause, beside: sa.Select[tuple[int]] | None = None
) -> sa.ColumnElement[bool]:
    link, other = _NEEDED, _AHEAD
    each, kind, id = _dependencies(dialect, table)
    linked = _exists(table, each).where(
        link.c.integration_id == table.c.integration_id, link.c.kind == kind, link.c.source_id == id, link.c.live
    )
    goes: sa.ColumnElement[bool] = one_of(other.c.state, GOING)
    if beside is not None:
        goes = sa.or_(goes, other.c.id.in_(beside))
    going = _exists(table, each).where(
        other.c.integration_id == table.c.integration_id, other.c.kind == kind, other.c.source_id == id, goes
    )
    return sa.exists(sa.select(sa.literal(1)).select_from(each).where(~linked, ~going).correlate(table))


def _exists(*outer: Any) -> sa.Exists:
    """Whether there is a row that fits those of the ``outer`` tables, however deep it is asked within them."""
    return sa.exists(sa.select(sa.literal(1)).correlate(*outer))


def _dependencies(dialect: str, table: sa.FromClause) -> tuple[Any, Any, Any]:
    """What an operation rests on, as a table, and its kind and id; the databases take JSON apart in their own ways."""
    if dialect == "sqlite":
        each = sa.func.json_each(table.c.depends_on).table_valued("value", name="rests_on")
        return each, sa.func.json_extract(each.c.value, "$[0]"), sa.func.json_extract(each.c.value, "$[1]")
    each = sa.func.jsonb_array_elements(table.c.depends_on).table_valued(sa.column("value", JSONB), name="rests_on")
    return each, each.c.value.op("->>")(0), each.c.value.op("->>")(1)


def conditions(db: sa.Connection, chosen: Filter) -> list[sa.ColumnElement[bool]]:
    """That a proposal is among what the filter finds, and that the person who acts may see it.

    They ask for the filter's parameters.
    """
    if chosen.faults:
        return [sa.false()]
    return _conditions(db.dialect.name, visible_integrations(INTEGRATIONS.c.id), chosen.sort)


def _conditions(dialect: str, seen: sa.ColumnElement[bool], sort: Sort) -> list[sa.ColumnElement[bool]]:
    visible = sa.select(INTEGRATIONS.c.id).where(seen)
    if sort.integration:
        visible = visible.where(INTEGRATIONS.c.id == sa.bindparam("integration"))
    about = [*_about_document(sort), *_about_operation(dialect, sort)]
    # Last, since SQLite asks in this order, and few are left then.
    return [OPERATIONS.c.state == PROPOSED, *about, among_few(OPERATIONS.c.integration_id, visible)]


def _about_document(sort: Sort) -> list[Any]:
    found: list[Any] = []
    if sort.kind:
        found.append(OPERATIONS.c.kind == sa.bindparam("kind"))
    if sort.text:
        found.append(holds_sought(OPERATIONS.c.label, "text", sort.text))
    if sort.contact:
        found.append(holds_sought(OPERATIONS.c.contact, "contact", sort.contact))
    if sort.since:
        found.append(OPERATIONS.c.document_date >= sa.bindparam("since"))
    if sort.until:
        found.append(OPERATIONS.c.document_date <= sa.bindparam("until"))
    if sort.amounts:
        found.append(within(OPERATIONS.c.amount, "low", "high"))
    return found


def _about_operation(dialect: str, sort: Sort) -> list[Any]:
    found: list[Any] = []
    if sort.caught:
        found.append(OPERATIONS.c.caught.is_(True))
    if sort.blocked:
        found.append(_is_blocked(dialect, OPERATIONS))
    if sort.upto:
        found.append(OPERATIONS.c.id <= sa.bindparam("upto"))
    return found


def _amount(text: str) -> Decimal | None:
    """A plain amount, which may have commas between groups of three; never a guess at anything else."""
    return Decimal(text.replace(",", "")) if _PLAIN_AMOUNT.fullmatch(text) else None
