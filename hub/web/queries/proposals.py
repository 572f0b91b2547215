"""Operations that wait for a person's approval."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from hub.models import OperationState
from hub.web.access import visible_integrations
from hub.web.forms import cleaned
from hub.web.paging import Paged, paged
from hub.web.queries.money import within
from hub.web.queries.naming import SETTLING
from hub.web.queries.report import day_faults, typed_day
from hub.web.queries.tables import FLOWS, INTEGRATIONS, LINKS, OPERATIONS
from hub.web.queries.texts import holds
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


@dataclass(frozen=True)
class Filter:
    """Which proposals are asked for; every part is optional. ``upto`` leaves out what was proposed later.

    Days and amounts are as they were typed: while one can't be read, ``faults`` says so and nothing is found.
    """

    integration: int | None = None
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
            integration=_whole(sent.get("integration", "")) or switched_to,
            kind=sent.get("kind", "").strip(),
            text=sent.get("text", "").strip(),
            least=cleaned(sent.get("least", "")),
            most=cleaned(sent.get("most", "")),
            contact=sent.get("contact", "").strip(),
            since=typed_day(sent.get("since", "")),
            until=typed_day(sent.get("until", "")),
            caught=bool(sent.get("caught")),
            blocked=bool(sent.get("blocked")),
            upto=_whole(sent.get("upto", "")),
        )

    @property
    def arguments(self) -> dict[str, str]:
        """The filter as the arguments of an address."""
        given = {name: value for name, value in asdict(self).items() if value}
        return {name: "yes" if value is True else str(value) for name, value in given.items()}

    @property
    def faults(self) -> dict[str, str]:
        """What is wrong with it, by the name of the part; nothing is found until it is corrected."""
        amounts = {"least": self.least, "most": self.most}
        wrong_amounts = {name: amount for name, amount in amounts.items() if amount and _amount(amount) is None}
        return {
            **day_faults({"since": self.since, "until": self.until}),
            **{name: f"{amount} is not an amount such as 1,234.50." for name, amount in wrong_amounts.items()},
        }


def proposals(db: sa.Connection, chosen: Filter, page: int) -> Paged:
    """One page of proposals, first planned first, as their index has them; ``blocked``: another one must go first."""
    listed = _listed(db.dialect.name).where(*conditions(db, chosen))
    searched = bool(chosen.text or chosen.contact or chosen.least or chosen.most)
    return paged(db, listed, page, id=OPERATIONS.c.id, searched=searched)


@cache
def _listed(dialect: str) -> sa.Select[Any]:
    """Made once for each database: every look at the list asks it."""
    return sa.select(*SHOWN, _is_blocked(dialect, OPERATIONS).label("blocked")).order_by(OPERATIONS.c.id)


def proposal_ids(db: sa.Connection, chosen: Filter) -> list[int]:
    """Every proposal that the filter finds."""
    return list(db.execute(sa.select(OPERATIONS.c.id).where(*conditions(db, chosen))).scalars())


def newest_proposal(db: sa.Connection) -> int:
    """The id of the newest operation there is, to name what a person has seen."""
    return int(db.execute(sa.select(sa.func.max(OPERATIONS.c.id))).scalar() or 0)


def kinds_proposed(db: sa.Connection) -> list[str]:
    """The kinds there are proposals of."""
    # Each flow is of one kind, and one look into the index tells whether it has a proposal.
    any_of = sa.exists().where(OPERATIONS.c.flow_id == FLOWS.c.id, OPERATIONS.c.state == OperationState.PROPOSED.value)
    chosen = sa.select(FLOWS.c.kind).where(visible_integrations(FLOWS.c.integration_id), any_of)
    return remembered_for_viewer(db, "kinds proposed", lambda: sorted(set(db.execute(chosen).scalars())))


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
    goes: sa.ColumnElement[bool] = other.c.state.in_(GOING)
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
    """The integrations are always named, since the index begins with them."""
    if chosen.faults:
        return [sa.false()]
    visible = sa.select(INTEGRATIONS.c.id).where(visible_integrations(INTEGRATIONS.c.id))
    found: list[Any] = [
        OPERATIONS.c.integration_id.in_(visible.where(INTEGRATIONS.c.id == chosen.integration))
        if chosen.integration
        else OPERATIONS.c.integration_id.in_(visible),
        OPERATIONS.c.state == PROPOSED,
    ]
    return [*found, *_about_document(chosen), *_about_operation(db, chosen)]


def _about_document(chosen: Filter) -> list[Any]:
    found: list[Any] = []
    if chosen.kind:
        found.append(OPERATIONS.c.kind == chosen.kind)
    if chosen.text:
        found.append(holds(OPERATIONS.c.label, chosen.text))
    if chosen.contact:
        found.append(holds(OPERATIONS.c.contact, chosen.contact))
    if chosen.since:
        found.append(OPERATIONS.c.document_date >= date.fromisoformat(chosen.since))
    if chosen.until:
        found.append(OPERATIONS.c.document_date <= date.fromisoformat(chosen.until))
    least, most = _amount(chosen.least), _amount(chosen.most)
    if least is not None or most is not None:
        found.append(within(OPERATIONS.c.amount, least, most))
    return found


def _about_operation(db: sa.Connection, chosen: Filter) -> list[Any]:
    found: list[Any] = []
    if chosen.caught:
        found.append(OPERATIONS.c.caught.is_(True))
    if chosen.blocked:
        found.append(is_blocked(db, OPERATIONS))
    if chosen.upto:
        found.append(OPERATIONS.c.id <= chosen.upto)
    return found


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 18 else None


def _amount(text: str) -> Decimal | None:
    """A plain amount, which may have commas between groups of three; never a guess at anything else."""
    return Decimal(text.replace(",", "")) if _PLAIN_AMOUNT.fullmatch(text) else None
