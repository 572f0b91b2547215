"""Xero as the demo's ledger: a person's consent, one contact, one account, and runs that the hub begins itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from hub import Door, Provider
from hub.documents import Kind
from hub.engine import Hub, RunReport
from hub.engine.account_making import AccountMaking, WantedAccount
from hub.engine.connections import connect, limits_of, parse_settings, reconnect, view
from hub.oauth import begin, finish
from hub_demo import consent
from hub_demo.ledger import ACTOR, CASH_CUSTOMER, STOCK_CODE, STOCK_NAME, Ledger, Say, Sums, known
from hub_demo.simulators import Pair
from hub_demo.stock import StockSummary, reconciled

_OPENING = "840"
"""Historical adjustment: what an opening balance stands against."""
_TYPES = {
    ("invoices", "ACCREC"): Kind.INVOICE,
    ("credit_notes", "ACCRECCREDIT"): Kind.CREDIT_NOTE,
    ("invoices", "ACCPAY"): Kind.BILL,
    ("credit_notes", "ACCPAYCREDIT"): Kind.SUPPLIER_CREDIT,
}


class Xero(Ledger):
    """A simulated Xero organisation."""

    provider, title, company = "xero", "Xero", "Demo Trading Ltd (Xero)"
    compared = (Kind.INVOICE, Kind.CREDIT_NOTE, Kind.BILL, Kind.SUPPLIER_CREDIT)

    hurry = (
        "both vendors allow 60 calls a minute; here their minute lasts {minute:g} s."
        " With the true limits this month takes over half an hour (--true-limits)."
    )

    def connect(self, hub: Hub, pair: Pair, limits: Mapping[str, Any], say: Say) -> int:
        """Sign in, choose the organisation, allow access."""
        provider = hub.provider(self.provider)
        config = pair.ledger.config()
        values = {
            **config["apps"]["granular"],
            "tier": "core",
            "api_url": pair.ledger.url,
            "login_url": config["authorize_url"],
            "token_url": config["token_url"],
        }
        settings = parse_settings(provider, values)
        before = known(hub, self.provider)
        if before is not None and before.id is not None:
            if before.settings.get("api_url") != pair.ledger.url:
                reconnect(hub, before.id, settings, actor=ACTOR)
            return before.id
        say("connecting Xero: signing in, choosing the organisation, allowing access")
        organisation = config["organisations"]["Demo Trading Ltd"]
        state, code = consent.give(_authorize(hub, provider, settings), organisation)
        grant = finish(hub.store, hub.vault, provider, state, code, bound_to=ACTOR)
        return connect(
            hub,
            provider,
            settings,
            name=self.company,
            account_id=organisation,
            consent_id=grant.consent_id,
            limits={**limits, "concurrent": 5},
            actor=ACTOR,
        )

    def read_lists(self, hub: Hub, pair: Pair, ledger_id: int, say: Say) -> None:
        """The bookkeeper makes a contact for sales that name no customer; then the hub reads."""
        row = hub.connection(ledger_id)
        provider = hub.provider(row.provider)
        connection = view(hub, row)
        door = hub.door(connection, limits_of(provider, connection.settings, row.limits))
        try:
            _put_contact(door, connection)
        finally:
            door.close()
        must_end_well(hub.run(ledger_id, "person"))

    def add_stock_account(self, hub: Hub, pair: Pair, integration_id: int, opening: Decimal, day: date) -> None:
        """Add the account through the hub, and enter its opening balance as a person does."""
        AccountMaking(hub, ACTOR).create(integration_id, WantedAccount(STOCK_CODE, STOCK_NAME, "CURRENT"))
        balances = {STOCK_CODE: str(opening), _OPENING: str(-opening)}
        pair.ledger.tell("/_sim/person/opening_balances", {"date": str(day), "balances": balances})

    def sync(self, hub: Hub, pair: Pair) -> list[str]:
        """Run what is wanted: reading the stock side makes posting useful."""
        return [str(report.problem) for report in hub.run_wanted() if report.problem is not None]

    def sums(self, pair: Pair) -> Sums:
        """Documents that are not ended."""
        told = pair.ledger.ask("/_sim/state")
        found: dict[tuple[Kind, str], Decimal] = defaultdict(Decimal)
        for (name, type), kind in _TYPES.items():
            for row in told[name]:
                if row["type"] == type and row["status"] not in ("VOIDED", "DELETED"):
                    found[kind, row["currency"]] += Decimal(str(row["total"]))
        return found

    def calls(self, pair: Pair) -> dict[str, int]:
        """Calls of the API."""
        told = pair.ledger.ask("/_sim/calls")
        return {"total": told["total"], "refused": told["rate_limited"]}

    def reconciled(self, hub: Hub, pair: Pair, integration_id: int, start: date) -> StockSummary | None:
        """By the hub's own reconciliation."""
        return reconciled(hub, integration_id, start)


def must_end_well(report: RunReport | None) -> None:
    """End the demo where a run did not."""
    if report is None:
        raise SystemExit("Another process runs this demo's hub already.")
    if report.problem is not None:
        raise SystemExit(str(report.problem))


def _authorize(hub: Hub, provider: Provider, settings: Any) -> str:
    return begin(hub.store, hub.vault, provider, settings, f"{hub.settings.base_url}/oauth/callback", bound_to=ACTOR)


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
