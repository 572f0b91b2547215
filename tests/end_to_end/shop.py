"""A small shop: Cin7 Core and Xero simulated behind real ports, and a hub that joins them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from cryptography.fernet import Fernet
from hub_cin7core.provider import Cin7Core
from hub_demo.consent import give
from hub_xero.provider import XeroProvider
from sim_cin7core import Simulator as Core
from sim_cin7core import Sources
from sim_xero import Simulator as Xero
from sim_xero.identity.tokens import NEW_APP

from end_to_end.mortality import Died, Life, MortalHub, MortalStore, Time
from hub.documents import Kind
from hub.engine import Decisions, Hub, RunReport
from hub.engine.connections import connect, integrate, parse_settings, reconnect
from hub.engine.pilot import Pilot
from hub.mapping import Default, MappingList
from hub.models import Flow, FlowMode, Link, OperationRow, table
from hub.oauth import begin, finish
from hub.settings import load_settings
from hub.vault import Vault

START = date(2026, 3, 1)
STALE = timedelta(seconds=400)
"""Longer than a run without a sign of life is believed to live."""
PERSON = "bookkeeper"
VAULT = Vault([Fernet.generate_key().decode()])


@dataclass
class Shop:
    """Both platforms, the hub and everything that tests do to them."""

    core: Core
    xero: Xero
    hub: Hub
    clock: Time
    life: Life
    stock_id: int = 0
    ledger_id: int = 0
    integration_id: int = 0
    start: date = START
    deaths: int = 0
    reports: list[RunReport] = field(default_factory=list)

    @property
    def person(self) -> Decisions:
        """The bookkeeper at the hub."""
        return Decisions(self.hub, PERSON)

    # -- runs ----------------------------------------------------------------------------------------------------

    def run(self, connection_id: int, hub: Hub | None = None) -> RunReport | None:
        """One run; where the process dies in it, another one begins after the dead one's run went stale."""
        self.life.calls = 0
        try:
            report = (hub or self.hub).run(connection_id, "schedule")
        except Died:
            self.reborn()
            return None
        finally:
            self.life.left = None
        if report is not None:
            self.reports.append(report)
        return report

    def run_stock(self) -> RunReport | None:
        """Read Core and plan."""
        return self.run(self.stock_id)

    def run_ledger(self) -> RunReport | None:
        """Read Xero, plan and post."""
        return self.run(self.ledger_id)

    def sync(self) -> None:
        """What a schedule does: read Core, then post to Xero."""
        self.run_stock()
        self.run_ledger()

    def reborn(self) -> None:
        """A new process on the same database, after the old one's run went stale."""
        self.deaths += 1
        self.life.reborn()
        self.hub = self.another_hub()
        self.clock.sleep(STALE.total_seconds())

    def another_hub(self) -> Hub:
        """The hub of another process on the same database."""
        hub = self.hub
        return MortalHub(hub.store, hub.vault, hub.providers, hub.settings, clock=self.clock, sleep=self.clock.sleep)

    def settle_down(self, *, most: int = 14) -> int:
        """Nothing goes wrong any more: run both sides until nothing changes. Answers with how many rounds it took."""
        self.core.faults.clear()
        self.xero.world.faults.clear()
        return self.settle_down_with_faults(most=most)

    def settle_down_with_faults(self, *, most: int = 14) -> int:
        """As ``settle_down``, while the faults that are left still strike."""
        self.life.left = None
        before: object = None
        for rounds in range(most):
            self.clock.sleep(STALE.total_seconds())
            self.reconnect_where_suspended()
            self.sync()
            after = self.picture()
            if after == before:
                return rounds
            before = after
        raise AssertionError(f"still busy after {most} rounds")

    def picture(self) -> object:
        """Everything that a run may change: two runs with the same picture have nothing left to do."""
        stamps = {
            row.document_id: row.updated
            for name in ("invoices", "credit_notes")
            for row in getattr(self.xero.books, name)
        }
        return [(row.id, row.state) for row in self.operations()], stamps

    # -- what the hub knows --------------------------------------------------------------------------------------

    def operations(self, **where: Any) -> list[Any]:
        """Stored operations, by column."""
        return self.rows(OperationRow, **where)

    def links(self, **where: Any) -> list[Any]:
        """Stored links, by column."""
        return self.rows(Link, **where)

    def rows(self, model: Any, **where: Any) -> list[Any]:
        """Rows of any of the hub's tables, by column."""
        rows = table(model)
        chosen = sa.select(rows).order_by(*rows.primary_key.columns)
        for name, value in where.items():
            chosen = chosen.where(rows.c[name] == value)
        with self.hub.store.read() as db:
            return list(db.execute(chosen))

    def set_flow(self, kind: Kind, mode: FlowMode = FlowMode.AUTOMATIC, **options: Any) -> None:
        """Switch one flow."""
        self.person.set_flow(self.rows(Flow, kind=kind.value)[0].id, mode=mode, **options)

    def held(self) -> dict[str, str]:
        """What is held or failed: label -> problem code."""
        return {row.label: row.problem_code for state in ("held", "failed") for row in self.operations(state=state)}

    def writes(self) -> list[tuple[str, str]]:
        """Methods and paths of the writes that reached Xero since the last call, oldest first."""
        calls = self.xero.world.calls
        found = [(one.method, one.path.partition("/2.0/")[2]) for one in calls.recent if one.method != "GET"]
        calls.clear()
        return [one for one in found if one[1]]

    # -- people --------------------------------------------------------------------------------------------------

    def in_xero(self, action: str, **values: Any) -> Any:
        """What a person does in Xero's screens; None when Xero refuses it."""
        return ask(f"{self.xero.url}/_sim/person/{action}", values)

    def settings(self, name: str, **changes: Any) -> Any:
        """Settings that reach a simulator, as a person enters them."""
        provider = self.hub.provider(name)
        values = _core_settings(self.core) if name == "cin7core" else _xero_settings(self.xero)
        return parse_settings(provider, {**values, **changes})

    def consent(self, tenant_id: str = "") -> int:
        """Sign in at Xero, choose the organisation, allow; answers with the consent's id."""
        provider, settings = self.hub.provider("xero"), self.settings("xero")
        url = begin(self.hub.store, VAULT, provider, settings, "http://localhost:8080/oauth/callback", bound_to=PERSON)
        state, code = give(url, tenant_id or self.xero.tenant_id)
        return finish(self.hub.store, VAULT, provider, state, code, bound_to=PERSON).consent_id

    def reconnect_where_suspended(self) -> None:
        """The bookkeeper signs in again where the hub asks for it."""
        if self.hub.connection(self.ledger_id).suspended is not None:
            reconnect(self.hub, self.ledger_id, self.settings("xero"), consent_id=self.consent(), actor=PERSON)


def ask(url: str, values: Mapping[str, Any]) -> Any:
    """POST JSON to a simulator's admin page; None when it refuses."""
    request = urllib.request.Request(url, json.dumps(values).encode(), {"Content-Type": "application/json"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - our own loopback address
            return json.load(answer)
    except urllib.error.HTTPError as refusal:
        if refusal.code not in (400, 409):
            raise
        return None


@contextmanager
def open_shop(
    database: Path, *, on: bool = True, sources: Sources | None = None, start: date = START
) -> Iterator[Shop]:
    """Start both platforms and join them in a hub on a fresh, migrated database file."""
    clock, life = Time(), Life()
    with Core(sources) as core, Xero(limits=False) as xero:
        clock.listeners += [core.store.clock.advance, xero.world.clock.advance]
        store = MortalStore(f"sqlite:///{database}", life, clock)
        providers = {"cin7core": Cin7Core(), "xero": XeroProvider()}
        settings = load_settings(data=database.parent, freshness_seconds=0)
        hub = MortalHub(store, VAULT, providers, settings, clock=clock, sleep=clock.sleep)
        try:
            shop = Shop(core, xero, hub, clock, life, start=start)
            join(shop)
            if on:
                switch_on(shop)
            yield shop
        finally:
            store.dispose()


def join(shop: Shop) -> None:
    """Connect both sides, join them and read their lists."""
    hub = shop.hub
    no_limits: dict[str, object] = {"windows": [], "per_day": None, "concurrent": None}
    core, xero = hub.provider("cin7core"), hub.provider("xero")
    shop.stock_id = connect(hub, core, shop.settings("cin7core"), name="Shop", limits=no_limits, actor=PERSON)
    shop.ledger_id = connect(
        hub,
        xero,
        shop.settings("xero"),
        name="Books",
        account_id=shop.xero.tenant_id,
        consent_id=shop.consent(),
        limits=no_limits,
        actor=PERSON,
    )
    shop.integration_id = integrate(hub, shop.stock_id, shop.ledger_id, start_date=shop.start, actor=PERSON)
    shop.xero.caller().put("/Contacts", {"Name": "Cash sales"})
    shop.run_ledger()
    shop.run_stock()


def switch_on(shop: Shop, kinds: Sequence[Kind] = ()) -> None:
    """Map everything and switch the flows to automatic; that of journals, for a perpetual inventory, only by name."""
    shop.person.accept_suggestions(shop.integration_id)
    cash = shop.xero.books.active_contact("Cash sales")
    assert cash is not None
    defaults: dict[str, str] = {Default.SALE_CONTACT: cash.contact_id, Default.ROUNDING_ACCOUNT: "860"}
    shop.person.set_mapping(shop.integration_id, MappingList.DEFAULT, defaults)
    shop.person.confirm_others_off(shop.integration_id)
    Pilot(shop.hub, "bookkeeper").skip(shop.integration_id, "These days begin after it.")
    for flow in shop.rows(Flow):
        if flow.kind in kinds or (not kinds and flow.kind != Kind.JOURNAL):
            shop.person.set_flow(flow.id, mode=FlowMode.AUTOMATIC)


def _core_settings(core: Core) -> dict[str, Any]:
    # One call at a time: which of several meets a fault would be a matter of chance.
    return {"account_id": core.account_id, "application_key": core.key, "base_url": core.url, "parallel": 1}


def _xero_settings(xero: Xero) -> dict[str, Any]:
    return {
        "client_id": NEW_APP.client_id,
        "client_secret": NEW_APP.client_secret,
        "tier": "core",
        "api_url": xero.url,
        "login_url": f"{xero.url}/identity/connect/authorize",
        "token_url": f"{xero.url}/connect/token",
    }
