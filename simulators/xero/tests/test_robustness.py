"""Nothing a client sends makes the simulator itself fail."""

from __future__ import annotations

import copy
import http.client
import random
from typing import Any

import pytest
from sim_xero import Simulator
from sim_xero.caller import Caller

JUNK: list[Any] = [
    None,
    "",
    0,
    -1,
    1.5,
    "x",
    [],
    {},
    [{}],
    [None],
    True,
    1e300,
    "1e400",
    "NaN",
    10**40,
    {"a": 1},
    "DRAFT",
]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path into a JSON value."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, child in children for place in places(child, (*path, key)))]


def spoiled(body: Any, draw: random.Random) -> Any:
    """The body with something else in one place."""
    body, junk = copy.deepcopy(body), copy.deepcopy(draw.choice(JUNK))
    path = draw.choice(places(body))
    if not path:
        return junk
    target = body
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = junk
    return body


def test_spoiled_bodies_are_refused_or_taken_but_never_crash(
    xero: Caller, sale: dict[str, Any], journal: dict[str, Any]
) -> None:
    draw = random.Random(5)  # noqa: S311 (repeatable on purpose)
    invoice = xero.put("/Invoices", sale).body["Invoices"][0]
    payment = {"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Account": {"Code": "090"}, "Amount": 1}
    phones = [{"PhoneType": "DDI", "PhoneNumber": "1"}]
    targets = [
        ("PUT", "/Invoices", {"Invoices": [{**sale, "CurrencyCode": "USD", "CurrencyRate": 1.2}]}),
        ("POST", f"/Invoices/{invoice['InvoiceID']}", {"LineItems": invoice["LineItems"], "Status": "AUTHORISED"}),
        ("PUT", "/Payments", {"Payments": [{**payment, "Date": "2026-11-02"}]}),
        ("POST", "/Contacts", {"Contacts": [{"Name": "B", "Phones": phones, "ContactPersons": [{}]}]}),
        ("PUT", "/Items", {"Items": [{"Code": "I", "SalesDetails": {"UnitPrice": 1, "AccountCode": "200"}}]}),
        ("PUT", "/ManualJournals", {"ManualJournals": [{**journal, "Url": "https://hub.test/1"}]}),
        ("POST", "/BankTransactions", {**sale, "Type": "SPEND", "BankAccount": {"Code": "090"}}),
    ]
    statuses = set()
    for _ in range(400):
        method, path, body = draw.choice(targets)
        statuses.add(xero.request(method, path, spoiled(body, draw)).status)
    assert statuses == {200, 400}
    assert xero.get("/Reports/TrialBalance").status == 200


def test_a_stopped_simulator_answers_no_kept_connection() -> None:
    simulator = Simulator(limits=False).start()
    connection = http.client.HTTPConnection(simulator.url.removeprefix("http://"), timeout=60)
    connection.request("GET", "/_sim/health")
    assert connection.getresponse().read() == b'{"status":"ok"}\n'
    simulator.stop()
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        connection.request("GET", "/_sim/health")
        connection.getresponse()


def test_a_simulator_never_started_can_be_stopped() -> None:
    simulator = Simulator()
    simulator.stop()
    assert simulator.books.organisation.base_currency == "GBP"
