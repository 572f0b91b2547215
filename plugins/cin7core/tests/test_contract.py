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
    """A paid sale, a credited one, a stand-alone credit, and a paid and credited purchase of each type."""
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


class TestContract(ProviderContract):
    @pytest.fixture
    def provider(self) -> Provider:
        return Cin7Core()

    @pytest.fixture
    def session(self, connect: Callable[..., Session]) -> Iterator[Session]:
        with sim_cin7core.Simulator() as simulator:
            trade_with(simulator)
            yield connect(simulator.url, account_id=simulator.account_id, application_key=simulator.key)
