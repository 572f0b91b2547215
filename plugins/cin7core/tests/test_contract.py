"""The contract of every provider, kept by Cin7 Core's plugin against the simulator over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hub_cin7core.provider import Cin7Core

from hub import Provider, Session
from hub.testing.contract import ProviderContract

sim_cin7core = pytest.importorskip("sim_cin7core")


def trade_with(simulator: Any) -> None:
    """A paid sale, a credited one, a stand-alone credit, a paid and credited purchase of each type, and stock work."""
    bread = {"sku": "BREAD", "quantity": 1, "price": "1.10"}
    paid = sim_cin7core.new_sale(simulator, "Acme", items=[("BREAD", 10, "2.50")])
    simulator.person("pay", id=paid.id)
    credited = sim_cin7core.new_sale(simulator, "Bolt", items=[("BREAD", 3, "3.333"), ("CAKE", 1, "0")])
    simulator.person("add_credit_note", id=credited.id, lines=[bread])
    sim_cin7core.new_sale(simulator, "Acme", items=[("CAKE", 2, "5")], type="Credit Note")
    for supplier, sort in (("Carlton", "Simple Purchase"), ("Delta", "Advanced Purchase")):
        bought = sim_cin7core.new_purchase(simulator, supplier, items=[("BREAD", 10, "1.10")], type=sort)
        simulator.person("pay", id=bought.id, amount="2")
        simulator.person("add_credit_note", id=bought.id, lines=[bread])
    work_with(simulator)


def work_with(simulator: Any) -> None:
    """A document of each list that is walked whole, and one that does not count."""
    loaf = sim_cin7core.new_product(simulator, "LOAF").fields["SKU"]
    one = [{"sku": "BREAD", "quantity": 1}]
    simulator.person("create_adjustment", lines=[{"sku": "BREAD", "quantity": 50, "unit_cost": "1.2"}])
    simulator.person("create_adjustment", lines=one, complete=False)
    simulator.person("create_stocktake", lines=[{"sku": "BREAD", "quantity": 40}])
    simulator.person("create_write_off", lines=one)
    simulator.person("create_assembly", sku=loaf, quantity=1, lines=one, wip_account="805")
    simulator.person("create_disassembly", sku=loaf, quantity=1, lines=one)
    simulator.person("create_journal", lines=[{"debit": "429", "credit": "805", "amount": "2"}])


class TestContract(ProviderContract):
    @pytest.fixture
    def provider(self) -> Provider:
        return Cin7Core()

    @pytest.fixture
    def session(self, connect: Callable[..., Session]) -> Iterator[Session]:
        with sim_cin7core.Simulator() as simulator:
            trade_with(simulator)
            yield connect(simulator.url, account_id=simulator.account_id, application_key=simulator.key)
