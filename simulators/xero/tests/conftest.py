"""A running simulator and a caller for each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sim_xero import Simulator
from sim_xero.caller import Caller


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(limits=False) as simulator:
        yield simulator


@pytest.fixture
def xero(sim: Simulator) -> Caller:
    return sim.caller()


@pytest.fixture
def contact_id(xero: Caller) -> str:
    found: str = xero.put("/Contacts", {"Name": "Alder & Co"}).body["Contacts"][0]["ContactID"]
    return found


@pytest.fixture
def sale(contact_id: str) -> dict[str, Any]:
    """The body of an approved sales invoice of 120.00, to be varied."""
    return {
        "Type": "ACCREC",
        "Contact": {"ContactID": contact_id},
        "Date": "2026-11-02",
        "DueDate": "2026-12-02",
        "Status": "AUTHORISED",
        "LineItems": [{"Description": "Oak board", "Quantity": 4, "UnitAmount": 25, "AccountCode": "200"}],
    }


@pytest.fixture
def journal() -> dict[str, Any]:
    """The body of a posted manual journal of 100.00 from cost of goods to stock, to be varied."""
    return {
        "Narration": "Stock counted",
        "Date": "2026-11-02",
        "Status": "POSTED",
        "JournalLines": [
            {"LineAmount": 100, "AccountCode": "631", "Description": "Found"},
            {"LineAmount": -100, "AccountCode": "305", "Description": "Found"},
        ],
    }


@pytest.fixture
def bill(sale: dict[str, Any]) -> dict[str, Any]:
    line = {"Description": "Timber", "Quantity": 1, "UnitAmount": 50, "AccountCode": "310"}
    return {**sale, "Type": "ACCPAY", "InvoiceNumber": "B-77", "LineItems": [line]}
