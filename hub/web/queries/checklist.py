"""How far an integration is set up: each step from what is stored, so that nothing is done because it was clicked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from hub.documents import Kind
from hub.engine.among import one_of
from hub.engine.confirming import Confirmable, all_confirmed
from hub.engine.facts import PERPETUAL
from hub.engine.pilot import STEP as PILOT
from hub.engine.pilot import PilotView, is_settled, pilot_of
from hub.mapping import MappingList
from hub.models import FlowMode
from hub.web.queries import first_write
from hub.web.queries.codes import NEEDED_BY, CodeRow, CodeState, Lists, code_rows, load_lists
from hub.web.queries.first_write import FlowCheck
from hub.web.queries.tables import CONNECTIONS, FLOWS, INTEGRATIONS, MAPPINGS, SNAPSHOTS
from hub.web.unchanged import while_unchanged


class Stand(StrEnum):
    """How a step stands."""

    DONE = "done"
    TO_DO = "to do"
    BLOCKED = "blocked"


class StepName(StrEnum):
    """The steps, in the order they are taken in."""

    PAIR = "pair"
    CURRENCY = "currency"
    OTHERS_OFF = "others_off"
    START_DATE = "start_date"
    INVENTORY = "inventory"
    ACCOUNTS = "accounts"
    TAXES = "taxes"
    PAYMENT_ACCOUNTS = "payment_accounts"
    TRACKING = "tracking"
    FLOWS = "flows"
    FIRST_LOOK = "first_look"
    PILOT = "pilot"
    IMPORT_ALL = "import_all"


@dataclass(frozen=True)
class Step:
    """One step: how it stands and why; ``by`` and ``at`` where a person vouched for it."""

    name: StepName
    stand: Stand
    why: str
    by: str = ""
    at: Any = None


@dataclass(frozen=True)
class Checklist:
    """The whole way."""

    steps: Sequence[Step]

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(step.stand is Stand.DONE for step in self.steps)

    @property
    def next(self) -> Step | None:
        """The first step that a person can do something about; None when there is none left."""
        open_steps = [step for step in self.steps if step.stand is not Stand.DONE]
        return next(iter(open_steps), None)


@dataclass
class Ground:
    """What the steps are derived from, read once."""

    row: sa.Row[Any]
    stock: sa.Row[Any]
    ledger: sa.Row[Any]
    flows: Sequence[sa.Row[Any]]
    lists: Lists
    checks: Sequence[FlowCheck]
    said: Mapping[str, sa.Row[Any]]
    """What people vouched for, by step."""
    pilot: Sequence[PilotView]
    is_settled: bool
    tracking: sa.Row[Any]
    """How many tracking categories the ledger has, and how many of them are fed."""
    today: date

    @cached_property
    def codes(self) -> Mapping[MappingList, Sequence[CodeRow]]:
        """The codes of each list that a step is about, with how they stand."""
        return {where: tuple(code_rows(self.lists, where)) for where in NEEDED_BY}

    def confirmed(self, step: str, about: str) -> Any:
        """Who vouched for this and when; None as long as nobody did."""
        row = self.said.get(step)
        return row if row is not None and row.about == about else None

    @property
    def on(self) -> list[sa.Row[Any]]:
        """The flows that are not off."""
        return [flow for flow in self.flows if flow.mode != FlowMode.OFF]


def load_checklist(db: sa.Connection, integration_id: int, today: date) -> Checklist:
    """The steps of one integration, in a fixed number of statements."""
    return checklist_on(load_ground(db, integration_id, today))


@while_unchanged
def load_ground(db: sa.Connection, integration_id: int, today: date) -> Ground:
    """What the steps of one integration are derived from."""
    mine = {"integration": integration_id}
    row = db.execute(_INTEGRATION, mine).one()
    sides = {each.id: each for each in db.execute(_SIDES, {"stock": row.stock_id, "ledger": row.ledger_id})}
    flows = db.execute(_FLOWS, mine).all()
    return Ground(
        row=row,
        stock=sides[row.stock_id],
        ledger=sides[row.ledger_id],
        flows=flows,
        lists=load_lists(db, row),
        checks=first_write.checks(db, integration_id, flows),
        said=all_confirmed(db, integration_id),
        pilot=pilot_of(db, integration_id),
        is_settled=is_settled(db, integration_id),
        tracking=db.execute(_TRACKING, mine | {"ledger": row.ledger_id}).one(),
        today=today,
    )


def checklist_on(ground: Ground) -> Checklist:
    """The steps, from what was read."""
    needless = set()
    if not any(flow.kind in (Kind.PAYMENT, Kind.REFUND) for flow in ground.flows):
        needless.add(StepName.PAYMENT_ACCOUNTS)
    if not ground.tracking.categories:
        needless.add(StepName.TRACKING)
    return Checklist([step(ground) for name, step in _STEPS.items() if name not in needless])


_INTEGRATION = sa.select(INTEGRATIONS).where(INTEGRATIONS.c.id == sa.bindparam("integration"))
_SIDES: sa.Select[Any] = sa.select(
    CONNECTIONS.c.id,
    CONNECTIONS.c.name,
    CONNECTIONS.c.organisation,
    CONNECTIONS.c.suspended,
    CONNECTIONS.c.removed_at,
).where(CONNECTIONS.c.id.in_([sa.bindparam("stock"), sa.bindparam("ledger")]))
_CATEGORIES = sa.select(sa.func.count()).where(
    SNAPSHOTS.c.connection_id == sa.bindparam("ledger"), one_of(SNAPSHOTS.c.kind, [Kind.TRACKING])
)
_FED = sa.select(sa.func.count()).where(
    MAPPINGS.c.integration_id == sa.bindparam("integration"), MAPPINGS.c.list == MappingList.TRACKING.value
)
_TRACKING: sa.Select[Any] = sa.select(
    _CATEGORIES.scalar_subquery().label("categories"),
    _FED.scalar_subquery().label("fed"),
)
_FLOWS = sa.select(FLOWS).where(FLOWS.c.integration_id == sa.bindparam("integration")).order_by(FLOWS.c.id)


def _pair(ground: Ground) -> Step:
    for side in (ground.stock, ground.ledger):
        if side.removed_at is not None:
            return Step(StepName.PAIR, Stand.BLOCKED, f"{side.name} was removed. Connect it again.")
        if side.suspended is not None:
            return Step(StepName.PAIR, Stand.BLOCKED, f"{side.name} needs a new sign-in.")
        if side.organisation is None:
            return Step(StepName.PAIR, Stand.TO_DO, f"{side.name} was not read yet: it is with its first visit.")
    return Step(StepName.PAIR, Stand.DONE, f"{ground.stock.name} and {ground.ledger.name} are connected.")


def _currency(ground: Ground) -> Step:
    stock, ledger = ((side.organisation or {}).get("base_currency", "") for side in (ground.stock, ground.ledger))
    if not stock or not ledger:
        return Step(StepName.CURRENCY, Stand.TO_DO, "One of the two has not said its base currency yet; run it once.")
    if stock != ledger:
        why = (
            f"{ground.stock.name} keeps its books in {stock}, {ground.ledger.name} in {ledger}. Nothing can be posted"
            " between them: both sides need the same base currency."
        )
        return Step(StepName.CURRENCY, Stand.BLOCKED, why)
    return Step(StepName.CURRENCY, Stand.DONE, f"Both keep their books in {stock}.")


def _others_off(ground: Ground) -> Step:
    row = ground.row
    if row.others_off_by:
        return Step(
            StepName.OTHERS_OFF, Stand.DONE, "Nothing else posts between the two.", row.others_off_by, row.others_off_at
        )
    told = [
        name
        for side in (ground.stock, ground.ledger)
        for name in (side.organisation or {}).get("other_integrations", ())
    ]
    named = f" The platforms name {', '.join(told)}." if told else ""
    return Step(
        StepName.OTHERS_OFF, Stand.TO_DO, f"Two integrations between the same books post everything twice.{named}"
    )


def _start_date(ground: Ground) -> Step:
    start = str(ground.row.start_date)
    if ground.row.start_date > ground.today:
        why = f"It is {start}, which is in the future: until then nothing is posted, and nothing older ever is."
        return Step(StepName.START_DATE, Stand.TO_DO, why)
    said = ground.confirmed(Confirmable.START_DATE, start)
    if said is not None:
        why = f"Nothing dated before {start} is posted."
        return Step(StepName.START_DATE, Stand.DONE, why, said.confirmed_by, said.confirmed_at)
    why = f"It is {start}. Look at what lies on either side of it, and confirm it."
    return Step(StepName.START_DATE, Stand.TO_DO, why)


def _inventory(ground: Ground) -> Step:
    method = ground.row.inventory_method
    if method == PERPETUAL and all(flow.mode == FlowMode.OFF for flow in ground.flows if flow.kind == Kind.JOURNAL):
        why = "It is perpetual, but journals are off: nothing relieves stock, and bills for goods are held."
        return Step(StepName.INVENTORY, Stand.BLOCKED, why)
    said = ground.confirmed(Confirmable.INVENTORY, method)
    if said is not None:
        return Step(StepName.INVENTORY, Stand.DONE, f"The method is {method}.", said.confirmed_by, said.confirmed_at)
    return Step(StepName.INVENTORY, Stand.TO_DO, f"It is {method}. Read what that means for your accounts.")


def _mapped(name: StepName, where: MappingList, noun: str) -> Callable[[Ground], Step]:
    def step(ground: Ground) -> Step:
        rows = ground.codes[where]
        broken = [row for row in rows if row.state in (CodeState.MISSING, CodeState.ARCHIVED)]
        differ = [row for row in rows if row.state is CodeState.RATES_DIFFER]
        waiting = sum(row.waiting for row in rows)
        mapped = sum(bool(row.target) for row in rows)
        if differ:
            named = "; ".join(f"{row.source}: {row.note}" for row in differ[:3])
            return Step(name, Stand.BLOCKED, f"The rates of {_counted(len(differ), noun)} differ ({named}).")
        if broken:
            named = ", ".join(row.source for row in broken[:5])
            return Step(name, Stand.BLOCKED, f"Mapped to what the ledger no longer has: {named}.")
        if waiting:
            return Step(name, Stand.TO_DO, f"{_counted(waiting, 'document')} held for want of a mapping.")
        if not mapped:
            return Step(name, Stand.TO_DO, _unmapped(name, rows))
        return Step(name, Stand.DONE, f"{_counted(mapped, noun)} mapped, and no document waits for another.")

    return step


def _unmapped(name: StepName, rows: Sequence[CodeRow]) -> str:
    if not rows:
        return "The stock system's list has not been read yet. Run it once."
    if name is StepName.PAYMENT_ACCOUNTS:
        return "None is mapped. Money is never booked to a default account, so each is chosen by a person."
    return "Nothing is mapped yet. Look at the suggestions."


def _tracking(ground: Ground) -> Step:
    """It is done as it is: what nobody asks for need not be fed."""
    if ground.tracking.fed:
        return Step(StepName.TRACKING, Stand.DONE, f"{ground.tracking.fed} of {ground.tracking.categories} fed.")
    return Step(StepName.TRACKING, Stand.DONE, "Nothing is fed, so no document carries one. Change that at any time.")


def _flows(ground: Ground) -> Step:
    if not ground.on:
        return Step(
            StepName.FLOWS, Stand.TO_DO, "Choose what goes to the ledger, as drafts or approved. Review it at first."
        )
    automatic = sum(flow.mode == FlowMode.AUTOMATIC for flow in ground.on)
    how = f"{automatic} by themselves" if automatic else "each reviewed by a person"
    return Step(StepName.FLOWS, Stand.DONE, f"{len(ground.on)} of {_counted(len(ground.flows), 'kind')} go, {how}.")


def _first_look(ground: Ground) -> Step:
    on = {flow.id for flow in ground.on}
    checks = [check for check in ground.checks if check.flow_id in on]
    hits = sum(len(check.hits) for check in ground.checks)
    if hits:
        why = f"{_counted(hits, 'document')} found in the ledger already. Adopt or exclude each."
        return Step(StepName.FIRST_LOOK, Stand.BLOCKED, why)
    if not checks:
        return Step(StepName.FIRST_LOOK, Stand.TO_DO, "It is looked for once it is chosen what goes to the ledger.")
    if all(check.at or check.has_written for check in checks):
        return Step(StepName.FIRST_LOOK, Stand.DONE, "Nothing of the newest documents was in the ledger already.")
    return Step(StepName.FIRST_LOOK, Stand.TO_DO, "It is done before the first write, or now.")


def _pilot(ground: Ground) -> Step:
    said = ground.said.get(PILOT)
    if said is not None:
        why = f"Skipped: {said.reason}" if said.reason else f"{said.about} and found right."
        return Step(StepName.PILOT, Stand.DONE, why, said.confirmed_by, said.confirmed_at)
    if ground.is_settled:
        return Step(StepName.PILOT, Stand.DONE, "The hub has posted between the two since before there were pilots.")
    if not ground.on:
        return Step(StepName.PILOT, Stand.BLOCKED, "Choose first what goes to the ledger.")
    if not ground.pilot:
        return Step(StepName.PILOT, Stand.TO_DO, "Five documents are posted first and looked at in the ledger.")
    wrong = sum(view.right is False for view in ground.pilot)
    right = sum(view.right is True for view in ground.pilot)
    posted = sum(view.is_posted for view in ground.pilot)
    why = f"{posted} of {len(ground.pilot)} are in the ledger; {right} looked at and right, {wrong} wrong."
    return Step(StepName.PILOT, Stand.BLOCKED if wrong else Stand.TO_DO, why)


def _import_all(ground: Ground) -> Step:
    automatic = sum(flow.mode == FlowMode.AUTOMATIC for flow in ground.flows)
    if automatic:
        return Step(StepName.IMPORT_ALL, Stand.DONE, f"{_counted(automatic, 'kind')} go by themselves.")
    if not ground.is_settled:
        return Step(StepName.IMPORT_ALL, Stand.BLOCKED, "It unlocks with the pilot.")
    return Step(
        StepName.IMPORT_ALL, Stand.TO_DO, "Unlocked: switch kinds to automatic, or go on approving them yourself."
    )


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


_STEPS: Mapping[StepName, Callable[[Ground], Step]] = {
    StepName.PAIR: _pair,
    StepName.CURRENCY: _currency,
    StepName.OTHERS_OFF: _others_off,
    StepName.START_DATE: _start_date,
    StepName.INVENTORY: _inventory,
    StepName.ACCOUNTS: _mapped(StepName.ACCOUNTS, MappingList.ACCOUNT, "account"),
    StepName.TAXES: _mapped(StepName.TAXES, MappingList.TAX_RATE, "tax rate"),
    StepName.PAYMENT_ACCOUNTS: _mapped(StepName.PAYMENT_ACCOUNTS, MappingList.PAYMENT_ACCOUNT, "payment account"),
    StepName.TRACKING: _tracking,
    StepName.FLOWS: _flows,
    StepName.FIRST_LOOK: _first_look,
    StepName.PILOT: _pilot,
    StepName.IMPORT_ALL: _import_all,
}
