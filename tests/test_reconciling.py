"""Reconciling two sides that are asked: what is read, what is found, and that it survives whatever happens."""

from __future__ import annotations

import pytest
from houses import House, called
from reconciled import busy_month, causes_of, perpetual, reconciled

from hub.store import Store
from hub.vault import Vault


@pytest.fixture
def house(store: Store, vault: Vault) -> House:
    house = perpetual(called(store, vault))
    busy_month(house)
    return house


def test_two_sides_that_agree_are_told_as_such_to_the_cent(house: House) -> None:
    row = reconciled(house)
    assert row.state == "done", row.problem
    figures = row.figures["stock"]
    assert (figures["stock"], figures["ledger"], figures["difference"]) == ("60.05", "60.05", "0.00")
    assert causes_of(row) == {}
    assert figures["agreeing"] == {"amount": "60.05", "lines": 3}
