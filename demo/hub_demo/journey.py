"""What a bookkeeper does on the first day: connect both sides, join them, map, switch on, run."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from hub import Door, Provider
from hub.documents import Kind
from hub.engine import Decisions, Hub, RunReport
from hub.engine.connections import connect, integrate, limits_of, parse_settings, reconnect, view
from hub.engine.facts import load_matches
from hub.engine.pilot import Pilot
from hub.errors import SettingsError
from hub.mapping import Default, MappingList, fold
from hub.models import ConnectionRow, Flow, FlowMode, Integration, table
from hub.oauth import begin, finish
from hub_demo import consent
from hub_demo.simulators import Pair
from hub_demo.stock import keep_stock

ACTOR = "demo"
CASH_CUSTOMER = "Cash sales"
STOCK_NAME, LEDGER_NAME = "Gift shop (Cin7 Core)", "Demo Trading Ltd (Xero)"
START_DATE = date(2010, 12, 1)


@dataclass(frozen=True)
class Joined:
    """What the journey set up."""

    stock_id: int
    ledger_id: int
    integration_id: int
    is_new: bool


def set_up(
    hub: Hub, pair: Pair, *, minute: float, say: Callable[[str], None], review: bool = False, stock: bool = False
) -> Joined:
    """Connect, join, map and switch on; what is there already is left as it is.

    With ``review`` invoices wait; with ``stock`` the inventory is perpetual, else periodic.
    """
    limits = {"windows": [[60, minute]]}
    stock_id = _connect_stock(hub, pair, limits, say)
    ledger_id = _connect_ledger(hub, pair, {**limits, "concurrent": 5}, say)
    integration_id = _integration(hub, stock_id, ledger_id)
    if integration_id is not None:
        return Joined(stock_id, ledger_id, integration_id, is_new=False)
    say("joining the two: start date 1 December 2010")
    integration_id = integrate(hub, stock_id, ledger_id, start_date=START_DATE, name="Gift shop to Xero", actor=ACTOR)
    _read_lists(hub, stock_id, ledger_id, say)
    _map(hub, integration_id, ledger_id, say)
    _switch_on(hub, integration_id, {Kind.INVOICE.value} if review else set(), say)
    if stock:
        keep_stock(hub, pair, integration_id, START_DATE, say)
    return Joined(stock_id, ledger_id, integration_id, is_new=True)


def _known(hub: Hub, provider: str) -> ConnectionRow | None:
    rows = table(ConnectionRow)
    with hub.store.read() as db:
        id = db.execute(sa.select(rows.c.id).where(rows.c.provider == provider, rows.c.removed_at.is_(None))).scalar()
    return hub.connection(id) if id is not None else None


def _connect_stock(hub: Hub, pair: Pair, limits: dict[str, Any], say: Callable[[str], None]) -> int:
    provider = hub.provider("cin7core")
    keys = pair.cin7core.ask("/_sim/health")
    values = {
        "account_id": keys["account_id"],
        "application_key": keys["key"],
        "base_url": f"{pair.cin7core.url}/ExternalApi/v2",
    }
    settings = parse_settings(provider, values)
    known = _known(hub, provider.name)
    if known is not None and known.id is not None:
        if known.settings.get("base_url") != values["base_url"]:
            reconnect(hub, known.id, settings, actor=ACTOR)
        return known.id
    say("connecting Cin7 Core with its account id and key")
    return connect(hub, provider, settings, name=STOCK_NAME, limits=limits, actor=ACTOR)


def _connect_ledger(hub: Hub, pair: Pair, limits: dict[str, Any], say: Callable[[str], None]) -> int:
    provider = hub.provider("xero")
    config = pair.xero.config()
    values = {
        **config["apps"]["granular"],
        "tier": "core",
        "api_url": pair.xero.url,
        "login_url": config["authorize_url"],
        "token_url": config["token_url"],
    }
    settings = parse_settings(provider, values)
    known = _known(hub, provider.name)
    if known is not None and known.id is not None:
        if known.settings.get("api_url") != pair.xero.url:
            reconnect(hub, known.id, settings, actor=ACTOR)
        return known.id
    say("connecting Xero: signing in, choosing the organisation, allowing access")
    organisation = config["organisations"]["Demo Trading Ltd"]
    state, code = consent.give(_authorize(hub, provider, settings), organisation)
    grant = finish(hub.store, hub.vault, provider, state, code, bound_to=ACTOR)
    return connect(
        hub,
        provider,
        settings,
        name=LEDGER_NAME,
        account_id=organisation,
        consent_id=grant.consent_id,
        limits=limits,
        actor=ACTOR,
    )


def _authorize(hub: Hub, provider: Provider, settings: Any) -> str:
    return begin(hub.store, hub.vault, provider, settings, f"{hub.settings.base_url}/oauth/callback", bound_to=ACTOR)


def _integration(hub: Hub, stock_id: int, ledger_id: int) -> int | None:
    rows = table(Integration)
    with hub.store.read() as db:
        mine = sa.select(rows.c.id).where(rows.c.stock_id == stock_id, rows.c.ledger_id == ledger_id)
        id: int | None = db.execute(mine).scalar()
    return id


def _read_lists(hub: Hub, stock_id: int, ledger_id: int, say: Callable[[str], None]) -> None:
    say("reading both sides' accounts, tax rates, contacts and items")
    _make_cash_customer(hub, ledger_id)
    for connection_id in (ledger_id, stock_id):
        _must_end_well(hub.run(connection_id, "person"))


def _must_end_well(report: RunReport | None) -> None:
    if report is None:
        raise SystemExit("Another process runs this demo's hub already.")
    if report.problem is not None:
        raise SystemExit(str(report.problem))


def _make_cash_customer(hub: Hub, ledger_id: int) -> None:
    """The bookkeeper's own preparation in the ledger: a contact for sales that name no customer."""
    row = hub.connection(ledger_id)
    provider = hub.provider(row.provider)
    connection = view(hub, row)
    door = hub.door(connection, limits_of(provider, connection.settings, row.limits))
    try:
        _put_contact(door, connection)
    finally:
        door.close()


def _put_contact(door: Door, connection: Any) -> None:
    bound = door.bind(
        base_url=connection.settings.api_url,
        headers={
            "Authorization": f"Bearer {connection.consent.access_token()}",
            "xero-tenant-id": connection.account_id,
            "Accept": "application/json",
            "Content-Type": "application/json",
        },
    )
    body = f'{{"Contacts":[{{"Name":"{CASH_CUSTOMER}"}}]}}'.encode()
    answer = bound.call("PUT", "/api.xro/2.0/Contacts", body=body)
    if answer.status != 200:
        raise SystemExit(f"The simulated ledger refused the cash customer: {answer.text}")


def _map(hub: Hub, integration_id: int, ledger_id: int, say: Callable[[str], None]) -> None:
    person = Decisions(hub, ACTOR)
    accepted = person.accept_suggestions(integration_id)
    say(f"mapping: {accepted} suggestions accepted")
    integration = hub.integration(integration_id)
    cash = _cash_customer(hub, integration.ledger_id)
    person.set_mapping(
        integration_id, MappingList.DEFAULT, {Default.SALE_CONTACT: cash, Default.ROUNDING_ACCOUNT: "860"}
    )


def _cash_customer(hub: Hub, ledger_id: int) -> str:
    with hub.store.read() as db:
        found = load_matches(db, ledger_id, Kind.CONTACT, [fold(CASH_CUSTOMER)])
    return found[fold(CASH_CUSTOMER)][0].target_id


def _switch_on(hub: Hub, integration_id: int, reviewed: Collection[str], say: Callable[[str], None]) -> None:
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
