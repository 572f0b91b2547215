"""A trade whose hub is set up already: connected, joined, mapped, every kind reviewed, the pilot behind it."""

from __future__ import annotations

import sqlalchemy as sa
from hub_demo.consent import give
from people import add_owner

from browser.bookkeeper import LEDGER, STOCK
from browser.trade import Trade
from hub.engine import Decisions, Hub
from hub.engine.connections import connect, integrate, parse_settings
from hub.engine.pilot import Pilot
from hub.models import Flow, FlowMode, table
from hub.oauth import begin, finish

KINDS = ("contact", "item", "invoice")
NO_LIMITS: dict[str, object] = {"windows": [], "per_day": None, "concurrent": None}


def set_up(trade: Trade) -> None:
    """Do in a moment what the first day's journey does in the browser."""
    hub = trade.site.hub
    owner = add_owner(hub).email
    stock_id, ledger_id = _connect(hub, trade, owner)
    integration_id = integrate(hub, stock_id, ledger_id, start_date=trade.start, actor=owner)
    for connection_id in (ledger_id, stock_id):
        hub.run(connection_id, "person")
    person = Decisions(hub, owner)
    person.accept_suggestions(integration_id)
    person.confirm_others_off(integration_id)
    Pilot(hub, owner).skip(integration_id, "The first day's journey goes through it.")
    flows = table(Flow)
    with hub.store.read() as db:
        chosen = db.execute(sa.select(flows.c.id).where(flows.c.kind.in_(KINDS))).scalars().all()
    for flow_id in chosen:
        person.set_flow(flow_id, mode=FlowMode.REVIEW)


def _connect(hub: Hub, trade: Trade, owner: str) -> tuple[int, int]:
    core, xero = hub.provider("cin7core"), hub.provider("xero")
    keys = {"account_id": trade.core.account_id, "application_key": trade.core.key, "base_url": trade.core.url}
    stock_id = connect(hub, core, parse_settings(core, keys), name=STOCK, limits=NO_LIMITS, actor=owner)
    client_id, secret = trade.xero_app
    url = trade.xero.url
    settings = parse_settings(
        xero,
        {
            "client_id": client_id,
            "client_secret": secret,
            "api_url": url,
            "login_url": f"{url}/identity/connect/authorize",
            "token_url": f"{url}/connect/token",
        },
    )
    address = begin(hub.store, hub.vault, xero, settings, f"{trade.site.url}/oauth/callback", bound_to=owner)
    state, code = give(address, trade.xero.tenant_id)
    grant = finish(hub.store, hub.vault, xero, state, code, bound_to=owner)
    ledger_id = connect(
        hub,
        xero,
        settings,
        name=LEDGER,
        account_id=trade.xero.tenant_id,
        consent_id=grant.consent_id,
        limits=NO_LIMITS,
        actor=owner,
    )
    return stock_id, ledger_id
