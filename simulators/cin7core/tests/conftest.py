"""A simulator on a free port and a plain HTTP client for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from sim_cin7core import Client, Simulator, Sources


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture
def client(simulator: Simulator) -> Client:
    return Client(simulator)


@pytest.fixture(scope="session")
def december() -> Iterator[Client]:
    """The extract in the package; tests only read it."""
    with Simulator(Sources()) as running:
        yield Client(running)


@dataclass
class Ledger:
    """The account's books as the API tells them."""

    client: Client

    def rows(self, **parameters: Any) -> list[dict[str, Any]]:
        """All rows of the general ledger."""
        return self.client.rows("transactions", "Transactions", **parameters)

    def balance(self, code: str) -> Decimal:
        """Debits less credits of an account."""
        rows = self.rows(Account=code)
        debits = sum(Decimal(str(row["Amount"])) for row in rows if row["DebitAccountCode"] == code)
        return Decimal(debits - sum(Decimal(str(row["Amount"])) for row in rows if row["CreditAccountCode"] == code))

    def posted(self, task_id: str) -> list[tuple[str, str, str, float]]:
        """Day, debit, credit and amount of the rows of one task."""
        return [
            (row["EffectiveDate"][:10], row["DebitAccountCode"], row["CreditAccountCode"], row["Amount"])
            for row in self.rows()
            if row["TaskID"] == task_id
        ]

    def value(self) -> Decimal:
        """What all stock is worth by its own valuation."""
        rows = self.client.rows("ref/productavailability", "ProductAvailabilityList")
        return Decimal(sum(Decimal(str(row["StockOnHand"])) for row in rows))

    def difference(self) -> Decimal:
        """By how much the inventory account is more than the stock is worth."""
        return self.balance("630") - self.value()


@pytest.fixture
def ledger(client: Client) -> Ledger:
    return Ledger(client)


@pytest.fixture
def act(client: Client) -> Callable[..., Any]:
    """Something that a person does, over the admin pages."""

    def perform(action: str, **params: object) -> Any:
        reply = client.ask(f"/_sim/person/{action}", method="POST", body=params)
        assert reply.status == 200, reply.body
        return reply.json

    return perform


@pytest.fixture
def refused(client: Client) -> Callable[..., int]:
    """The status of something that a person can not do."""

    def attempt(action: str, **params: object) -> int:
        return client.ask(f"/_sim/person/{action}", method="POST", body=params).status

    return attempt
