"""Documents in another currency than QuickBooks keeps their customer or vendor in: held before anything leaves."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import desktop_samples as samples
import pytest
from desktop_machine import Desktop, bill, invoice
from hub_qbdesktop import native
from hub_qbdesktop.provider import QuickBooksProvider
from lxml import etree
from sim_qbdesktop.company.records import Ref

from hub import Facts, Kind
from hub.engine.linking import Linking

SEVERAL = {"sales_tax": True, "classes": True, "multicurrency": True}
abroad = pytest.mark.parametrize("simulated", [SEVERAL], ids=["several currencies"])


def card(desktop: Desktop, sort: str, name: str, currency: str) -> str:
    """A person adds a customer or a vendor to QuickBooks; its id."""
    found = desktop.sim.company.named(("Currency",), currency)
    assert found is not None
    added = desktop.sim.company.add_entry(sort, Name=name, IsActive=True, CurrencyRef=Ref(found.list_id))
    return f"{sort.lower()}:{added.list_id}"


def held(desktop: Desktop, source_id: str) -> Any:
    state, problem = desktop.unfinished()[source_id]
    assert state == "held"
    return problem


@abroad
def test_a_document_in_home_currency_is_held_where_the_card_is_kept_in_another(desktop: Desktop) -> None:
    """A hundred dollars would be a hundred euros in the books."""
    desktop.switch_on(Kind.BILL)
    card(desktop, "Customer", "Paris Stores", "Euro")
    card(desktop, "Vendor", "Paris Leaf", "Euro")
    desktop.visit()
    desktop.put(samples.contact("Paris Stores"), samples.vendor("Paris Leaf"), invoice("100.00"), bill())
    desktop.visit(3)
    assert (desktop.books("Invoice"), desktop.books("Bill")) == ([], [])
    problems = [held(desktop, id) for id in ("i1", "b1")]
    assert [each["code"] for each in problems] == ["contact_in_other_currency"] * 2
    assert ["in USD" in each["what"] and "in EUR" in each["what"] for each in problems] == [True, True]


@abroad
def test_it_leaves_once_a_card_in_its_currency_is_linked(desktop: Desktop) -> None:
    card(desktop, "Customer", "Paris Stores", "Euro")
    desktop.visit()
    desktop.put(samples.contact("Paris Stores"), invoice("100.00"))
    desktop.visit(2)
    assert held(desktop, "i1")["code"] == "contact_in_other_currency"
    dollars = card(desktop, "Customer", "Paris Stores USD", "US Dollar")
    desktop.visit()
    outcome = Linking(desktop.office.hub, "bookkeeper").link(desktop.office.integration_id, {"c1": dollars})
    assert outcome.done == ["c1"]
    desktop.visit(2)
    assert desktop.operations(source_id="i1")[-1].state == "done"
    assert len(desktop.books("Invoice")) == 1


@abroad
def test_a_customer_that_is_yet_to_be_made_in_another_currency_holds_its_documents_too(desktop: Desktop) -> None:
    desktop.put(samples.contact("Paris Stores", currency="EUR"), invoice("100.00"))
    desktop.visit(3)
    assert desktop.books("Invoice") == []
    assert held(desktop, "i1")["code"] == "contact_in_other_currency"


def codes(facts: Facts, document: Any, card: str) -> list[str]:
    known = replace(facts, card_currencies={document.contact_id: card} if card else {})
    organisation = known.organisation.model_copy(update={"currencies": ("EUR", "GBP", "THB", "USD")})
    fit = QuickBooksProvider().fit(document, replace(known, organisation=organisation))
    return [each.code for each in fit.problems if each.code == "contact_in_other_currency"]


@pytest.mark.parametrize("kind", [Kind.INVOICE, Kind.CREDIT_NOTE, Kind.BILL, Kind.SUPPLIER_CREDIT])
def test_a_document_is_held_unless_its_card_is_kept_in_its_currency(facts: Facts, kind: Kind) -> None:
    home, euro = samples.trade(kind), samples.trade(kind, currency="EUR", rate=Decimal("1.1"))
    taken = {card: bool(codes(facts, home, card)) for card in ("", "USD", "EUR", "Somali Shilling")}
    assert taken == {"": False, "USD": False, "EUR": True, "Somali Shilling": True}
    taken = {card: bool(codes(facts, euro, card)) for card in ("", "USD", "EUR", "GBP")}
    assert taken == {"": False, "USD": True, "EUR": False, "GBP": True}


def test_a_card_whose_currency_has_no_code_known_here_may_be_in_that_of_a_foreign_document(facts: Facts) -> None:
    assert codes(facts, samples.trade(currency="THB", rate=Decimal("0.03")), "Thai Baht") == []


@pytest.mark.parametrize(
    ("said", "code"), [("Euro", "EUR"), ("US Dollar", "USD"), ("Thai Baht", "Thai Baht"), ("", "")]
)
def test_the_currency_of_a_card_is_read(said: str, code: str) -> None:
    ref = f"<CurrencyRef><FullName>{said}</FullName></CurrencyRef>" if said else ""
    for sort in ("Customer", "Vendor"):
        text = f"<{sort}Ret><ListID>8-1</ListID><Name>Paris</Name>{ref}</{sort}Ret>"
        assert native.contact(etree.fromstring(text)).currency == code
