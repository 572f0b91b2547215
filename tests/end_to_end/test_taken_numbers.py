"""A number that the ledger has already: ours whose answer was lost is settled, somebody else's is never overwritten."""

from __future__ import annotations

import json

import pytest
from sim_cin7core import new_sale

from end_to_end.shop import Shop
from hub.http import Answer
from hub.http.wire import LostError, Request, Wire


def numbers(shop: Shop) -> list[str]:
    """Of every document in Xero."""
    return [document.number for document in shop.xero.books.invoices]


def test_an_invoice_that_a_look_did_not_show_yet_is_settled_when_its_number_turns_out_to_be_taken(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = new_sale(shop.core, "Acme", [("BREAD", 3, "2")])
    shop.sync()
    shop.clock.sleep(900)
    second = new_sale(shop.core, "Acme", [("BREAD", 5, "2")])
    send, lost, blind = Wire.send, ["PUT", "PUT"], ["GET"]

    def unlucky(self: Wire, request: Request, headers: dict[str, str]) -> Answer:
        """Two answers to the create are lost, and the first look does not show the invoice yet."""
        answer: Answer = send(self, request, headers)
        if not request.url.endswith("/Invoices"):
            return answer
        if request.method == "PUT" and lost:
            lost.pop()
            raise LostError("reset after commit")
        if request.method == "GET" and "InvoiceNumbers" in request.params and blind:
            blind.pop()
            content = json.dumps({"Invoices": []}).encode()
            return Answer(200, {"Content-Type": "application/json"}, content, request.url, "GET")
        return answer

    monkeypatch.setattr(Wire, "send", unlucky)
    for _ in range(3):
        shop.sync()
        shop.clock.sleep(900)

    assert (lost, blind) == ([], [])
    assert numbers(shop) == [sale.invoices[0].number for sale in (first, second)]
    assert [link.target_number for link in shop.links(kind="invoice")] == numbers(shop)
    assert shop.held() == {}


def test_a_number_that_somebody_else_used_is_held_with_what_to_do(shop: Shop) -> None:
    new_sale(shop.core, "Acme", [("BREAD", 3, "2")])
    shop.sync()
    number = new_sale(shop.core, "Acme", [("BREAD", 5, "2")]).invoices[0].number
    line = {"Description": "Theirs", "Quantity": 1, "UnitAmount": 99, "AccountCode": "200"}
    theirs = {"Type": "ACCREC", "InvoiceNumber": number, "Contact": {"Name": "Other"}, "LineItems": [line]}
    shop.xero.caller().put("/Invoices", theirs)
    shop.clock.sleep(900)
    shop.sync()
    (operation,) = shop.operations(kind="invoice", state="failed")

    assert numbers(shop).count(number) == 1
    assert list(shop.held().values()) == ["number_taken"]
    assert operation.attempt == 1
    assert "It is in the ledger already" in operation.problem["fix"]
