"""What a bookkeeper does on the first day: connect both sides, join them, map, switch on, run."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from hub.documents import Kind
from hub.engine import Decisions, Hub
from hub.engine.connections import connect, integrate, parse_settings, reconnect
from hub.engine.facts import load_matches
from hub.engine.pilot import Pilot
from hub.errors import SettingsError
from hub.mapping import Default, MappingList, fold
from hub.models import Flow, FlowMode, Integration, table
from hub_demo.ledger import ACTOR, CASH_CUSTOMER, STOCK_CODE, STOCK_NAME, Ledger, Say, known
from hub_demo.simulators import Pair
from hub_demo.stock import go_perpetual, worth
from hub_demo.xero import Xero, must_end_well

STOCK_SIDE = "Gift shop (Cin7 Core)"
START_DATE = date(2010, 12, 1)


@dataclass(frozen=True)
class Joined:
    """What the journey set up."""

    stock_id: int
    ledger_id: int
    integration_id: int
    is_new: bool


def set_up(
    hub: Hub,
    pair: Pair,
    *,
    minute: float,
    say: Say,
    ledger: Ledger | None = None,
    review: bool = False,
    stock: bool = False,
) -> Joined:
    """Connect, join, map and switch on; what is there already is left as it is.

    The ledger is Xero unless another is named. With ``review`` invoices wait; with ``stock`` the inventory is
    perpetual, else periodic.
    """
    ledger = ledger or Xero()
    limits = {"windows": [[60, minute]]}
    stock_id = _connect_stock(hub, pair, limits, say)
    ledger_id = ledger.connect(hub, pair, limits, say)
    integration_id = _integration(hub, stock_id, ledger_id)
    if integration_id is not None:
        return Joined(stock_id, ledger_id, integration_id, is_new=False)
    say("joining the two: start date 1 December 2010")
    name = f"Gift shop to {ledger.title}"
    integration_id = integrate(hub, stock_id, ledger_id, start_date=START_DATE, name=name, actor=ACTOR)
    say("reading both sides' accounts, tax rates, contacts and items")
    ledger.read_lists(hub, pair, ledger_id, say)
    must_end_well(hub.run(stock_id, "person"))
    if stock:
        _add_stock_account(hub, pair, ledger, integration_id, say)
    _map(hub, integration_id, ledger, say)
    _switch_on(hub, integration_id, {Kind.INVOICE.value} if review else set(), say)
    if stock:
        go_perpetual(hub, integration_id, STOCK_CODE, START_DATE)
        say("perpetual inventory: journals switched to automatic, the cost of goods in one journal a month")
    return Joined(stock_id, ledger_id, integration_id, is_new=True)


def _add_stock_account(hub: Hub, pair: Pair, ledger: Ledger, integration_id: int, say: Say) -> None:
    """What a bookkeeper does once: an account for the stock, with its opening value."""
    before = START_DATE - timedelta(days=1)
    opening = worth(hub, integration_id, before)
    say(f"adding the account {STOCK_CODE} {STOCK_NAME} to the ledger; opening stock {opening:,.2f}")
    ledger.add_stock_account(hub, pair, integration_id, opening, before)


def _connect_stock(hub: Hub, pair: Pair, limits: dict[str, Any], say: Say) -> int:
    provider = hub.provider("cin7core")
    keys = pair.cin7core.ask("/_sim/health")
    values = {
        "account_id": keys["account_id"],
        "application_key": keys["key"],
        "base_url": f"{pair.cin7core.url}/ExternalApi/v2",
    }
    settings = parse_settings(provider, values)
    before = known(hub, provider.name)
    if before is not None and before.id is not None:
        if before.settings.get("base_url") != values["base_url"]:
            reconnect(hub, before.id, settings, actor=ACTOR)
        return before.id
    say("connecting Cin7 Core with its account id and key")
    return connect(hub, provider, settings, name=STOCK_SIDE, limits=limits, actor=ACTOR)


def _integration(hub: Hub, stock_id: int, ledger_id: int) -> int | None:
    rows = table(Integration)
    with hub.store.read() as db:
        mine = sa.select(rows.c.id).where(rows.c.stock_id == stock_id, rows.c.ledger_id == ledger_id)
        id: int | None = db.execute(mine).scalar()
    return id


def _map(hub: Hub, integration_id: int, ledger: Ledger, say: Say) -> None:
    person = Decisions(hub, ACTOR)
    accepted = person.accept_suggestions(integration_id)
    say(f"mapping: {accepted} suggestions accepted")
    if ledger.taxes:
        person.set_mapping(integration_id, MappingList.TAX_RATE, ledger.taxes)
    if ledger.methods:
        person.set_mapping(integration_id, MappingList.PAYMENT_METHOD, ledger.methods)
    integration = hub.integration(integration_id)
    cash = _cash_customer(hub, integration.ledger_id)
    person.set_mapping(
        integration_id, MappingList.DEFAULT, {Default.SALE_CONTACT: cash, Default.ROUNDING_ACCOUNT: "860"}
    )


def _cash_customer(hub: Hub, ledger_id: int) -> str:
    with hub.store.read() as db:
        found = load_matches(db, ledger_id, Kind.CONTACT, [fold(CASH_CUSTOMER)])
    return found[fold(CASH_CUSTOMER)][0].target_id


def _switch_on(hub: Hub, integration_id: int, reviewed: Collection[str], say: Say) -> None:
    person = Decisions(hub, ACTOR)
    person.confirm_others_off(integration_id)
    Pilot(hub, ACTOR).skip(integration_id, "The demo posts simulated trade into simulated books.")
    rows = table(Flow)
    with hub.store.read() as db:
        mine = sa.select(rows.c.id, rows.c.kind).where(rows.c.integration_id == integration_id)
        # Journals go with a perpetual inventory, and are switched on with it.
        flows = {row.id: row.kind for row in db.execute(mine) if row.kind != Kind.JOURNAL}
    try:
        for flow_id, kind in flows.items():
            person.set_flow(flow_id, mode=FlowMode.REVIEW if kind in reviewed else FlowMode.AUTOMATIC)
    except SettingsError as error:
        raise SystemExit(str(error)) from None
    automatic = sum(kind not in reviewed for kind in flows.values())
    say(f"{automatic} flows switched to automatic{', that of invoices to review' if reviewed else ''}")
