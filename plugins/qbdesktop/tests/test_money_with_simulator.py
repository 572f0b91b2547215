"""Credits, journals, currencies and closed books, against the simulated QuickBooks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import desktop_samples as samples
import pytest
import sqlalchemy as sa
from desktop_machine import Desktop, bill, invoice, of_type, read, sold, visitor
from hub_qbdesktop import ids
from hub_qbdesktop.provider import QuickBooksProvider
from sim_qbdesktop import Simulator, person
from sim_qbdesktop.company.ledger import trial_balance
from sim_qbdesktop.company.records import Ref

from hub import Action, Document, Kind, Status, TargetState
from hub.models import Link, table
from hub.testing.talk import Poster, VisitTalk


def poster_of(sim: Simulator) -> Poster:
    reply, provider = visitor(sim), QuickBooksProvider()
    assert provider.visit is not None
    return Poster(provider, VisitTalk(provider.visit, reply), read(reply))


def balances(sim: Simulator) -> dict[str, Decimal]:
    return {row["name"]: Decimal(row["balance"]) for row in trial_balance(sim.company)}


def again(poster: Poster, document: Document, target_id: str) -> TargetState:
    """A document's state as QuickBooks tells it now."""
    asked = replace(poster.operation(document, Action.UPDATE), target_id=target_id)
    [state] = poster.talk.look([asked])[asked.id]
    return state


def credit_memo(net: str = "4.00", **more: Any) -> Any:
    return samples.trade(Kind.CREDIT_NOTE, sold(net), **{"external_id": "cn1", "number": "CN-1", **more})


def vendor_credit(net: str = "3.00", **more: Any) -> Any:
    line = samples.line(net, account="5000", tax_code="BOUGHT")
    return samples.trade(Kind.SUPPLIER_CREDIT, line, **{"external_id": "sc1", "number": "SC-1", **more})


# -- the whole way -------------------------------------------------------------------------------------------------


def test_credits_are_used_for_what_they_credit_after_the_payments(desktop: Desktop) -> None:
    """The bank is right: a payment takes what is due, and the credit is used for what is left."""
    desktop.switch_on(Kind.CREDIT_NOTE, Kind.BILL, Kind.SUPPLIER_CREDIT, Kind.PAYMENT, Kind.ALLOCATION)
    desktop.put(
        *(samples.contact("Harbour Stores"), samples.vendor("Leaf Imports"), invoice("10.00"), bill()),
        *(credit_memo("4.00"), vendor_credit("3.00"), samples.payment(amount="8.00")),
        *(samples.allocation(amount="4.00"), samples.allocation(Kind.BILL, amount="3.00")),
    )
    desktop.visit(4)
    assert desktop.unfinished() == {}
    [sale], [credit] = desktop.books("Invoice"), desktop.books("CreditMemo")
    links, company = desktop.links(), desktop.sim.company
    assert links["use-invoice"] == f"creditmemo:{credit.txn_id}/{sale.txn_id}"
    assert company.links.paid(sale.txn_id) == Decimal("10.00")
    assert company.links.used(credit.txn_id) == Decimal("2.00")
    [bought], [back] = desktop.books("Bill"), desktop.books("VendorCredit")
    assert (company.links.paid(bought.txn_id), company.links.used(back.txn_id)) == (Decimal("3.00"), Decimal("3.00"))


def test_what_was_given_back_for_a_credit_is_a_check_and_the_rest_of_it_is_used(desktop: Desktop) -> None:
    desktop.switch_on(Kind.CREDIT_NOTE, Kind.REFUND, Kind.ALLOCATION)
    desktop.put(
        *(samples.contact("Harbour Stores"), invoice("10.00"), credit_memo("4.00")),
        *(samples.refund(amount="1.50"), samples.allocation(amount="2.50")),
    )
    desktop.visit(4)
    assert desktop.unfinished() == {}
    [credit], [check], [sale] = desktop.books("CreditMemo"), desktop.books("Check"), desktop.books("Invoice")
    company = desktop.sim.company
    assert desktop.links()["refund-credit_note"] == f"refund:{check.txn_id}"
    assert company.links.used(credit.txn_id) == Decimal("4.00")
    assert company.links.paid(sale.txn_id) == Decimal("2.50")
    desktop.put(samples.refund(amount="1.50", status=Status.VOIDED))
    desktop.visit(3)
    assert company.links.used(credit.txn_id) == Decimal("2.50")
    assert desktop.books("Check")[0].total == 0


def test_money_that_a_supplier_gave_back_waits_for_a_person(desktop: Desktop) -> None:
    desktop.switch_on(Kind.SUPPLIER_CREDIT, Kind.REFUND)
    desktop.put(samples.vendor("Leaf Imports"), vendor_credit("3.00"), samples.refund(Kind.SUPPLIER_CREDIT, "3.00"))
    desktop.visit(3)
    [(_, problem)] = desktop.unfinished().values()
    assert problem["code"] == "supplier_refund_by_hand"
    assert "3.00 USD that a supplier gave back on 2026-02-03" in problem["what"]
    [account] = [each for each in desktop.sim.company.of_kinds(("Account",)) if each.fields["AccountType"] == "Bank"][
        :1
    ]
    assert f"make a deposit to {account.name}: from the vendor" in problem["fix"]
    assert desktop.books("Deposit") == []


def test_an_answer_lost_while_a_credit_is_used_uses_it_once(desktop: Desktop) -> None:
    desktop.switch_on(Kind.CREDIT_NOTE, Kind.ALLOCATION)
    desktop.put(samples.contact("Harbour Stores"), invoice("10.00"), credit_memo("4.00"))
    desktop.visit(3)
    desktop.sim.faults.add(
        [{"kind": "status", "match": "ReceivePaymentAddRq", "params": {"code": 1000, "saved": True}}]
    )
    desktop.put(samples.allocation(amount="4.00"))
    desktop.visit(3)
    [sale] = desktop.books("Invoice")
    assert desktop.sim.company.links.paid(sale.txn_id) == Decimal("4.00")
    assert desktop.unfinished() == {}


def test_an_invoice_that_a_credit_was_used_for_stays_until_a_person_takes_the_credit_off(desktop: Desktop) -> None:
    desktop.switch_on(Kind.CREDIT_NOTE, Kind.ALLOCATION)
    desktop.put(samples.contact("Harbour Stores"), invoice("10.00"), credit_memo("4.00"), samples.allocation())
    desktop.visit(3)
    desktop.put(
        invoice("10.00", status=Status.VOIDED),
        credit_memo("4.00", status=Status.VOIDED),
        samples.allocation(status=Status.VOIDED),
    )
    desktop.visit(3)
    [sale] = desktop.books("Invoice")
    assert sale.total == Decimal("10.00")
    reasons = {problem["code"] for _, problem in desktop.unfinished().values() if problem}
    assert reasons <= {"change_not_allowed", "target_has_payments"}
    assert reasons


def link_of(desktop: Desktop, source_id: str) -> Any:
    rows = table(Link)
    with desktop.office.hub.store.read() as db:
        return db.execute(sa.select(rows).where(rows.c.source_id == source_id, rows.c.live.is_(True))).one()


@pytest.mark.parametrize("sort", ["sale", "purchase"])
def test_a_credit_that_a_person_took_off_is_noticed_and_not_used_again(desktop: Desktop, sort: str) -> None:
    desktop.switch_on(Kind.BILL, Kind.CREDIT_NOTE, Kind.SUPPLIER_CREDIT, Kind.ALLOCATION)
    desktop.put(
        *(samples.contact("Harbour Stores"), samples.vendor("Leaf Imports"), invoice("10.00"), bill()),
        *(credit_memo("4.00"), vendor_credit("3.00"), samples.allocation(amount="4.00")),
        samples.allocation(Kind.BILL, amount="3.00"),
    )
    desktop.visit(4)
    assert desktop.unfinished() == {}
    taken, kept = ("use-invoice", "use-bill") if sort == "sale" else ("use-bill", "use-invoice")
    credit, document = ids.used(desktop.links()[taken])
    person.act(desktop.sim.quickbooks, "take_off", {"id": credit, "of": document})
    desktop.visit(3)
    found = link_of(desktop, taken)
    assert (found.state["status"], found.state["total"], found.edited) == ("missing", "0.00", True)
    assert (link_of(desktop, kept).state["status"], link_of(desktop, kept).edited) == ("open", False)
    assert desktop.sim.company.links.of(credit) == []
    assert desktop.unfinished() == {}


def test_a_use_of_a_credit_that_was_deleted_is_no_longer_there(desktop: Desktop) -> None:
    desktop.switch_on(Kind.CREDIT_NOTE, Kind.ALLOCATION)
    desktop.put(samples.contact("Harbour Stores"), invoice("10.00"), credit_memo("4.00"), samples.allocation())
    desktop.visit(3)
    credit, _ = ids.used(desktop.links()["use-invoice"])
    person.act(desktop.sim.quickbooks, "delete", {"id": credit})
    desktop.visit(2)
    assert link_of(desktop, "use-invoice").state["status"] == "missing"


def test_nothing_in_a_closed_period_is_written_or_voided(desktop: Desktop) -> None:
    desktop.put(samples.contact("Harbour Stores"), invoice())
    desktop.visit(2)
    desktop.sim.company.set_preferences(closing_date=samples.DAY)
    desktop.put(
        invoice(status=Status.VOIDED),
        invoice(external_id="i2", number="SO-2"),
        invoice(external_id="i3", number="SO-3", date=date(2026, 2, 4)),
    )
    desktop.visit(3)
    held = {id: (state, problem["code"]) for id, (state, problem) in desktop.unfinished().items()}
    assert held == {"i1": ("held", "closed_period"), "i2": ("held", "closed_period")}
    assert sorted(str(each.fields["RefNumber"]) for each in desktop.books("Invoice")) == ["SO-1", "SO-3"]
    assert all(each.total for each in desktop.books("Invoice"))


# -- sales tax -----------------------------------------------------------------------------------------------------


def test_of_a_sales_tax_group_the_tax_of_each_rate_is_rounded_as_quickbooks_does(sim: Simulator) -> None:
    """6.25% of 3.80 is 0.24 and 2% is 0.08: together a cent more than 8.25%."""
    agency = Ref(next(each.list_id for each in sim.company.entries if each.kind == "Vendor"))
    rates = [
        sim.company.add_entry(
            "ItemSalesTax", Name=name, IsActive=True, ItemDesc=name, TaxRate=Decimal(rate), TaxVendorRef=agency
        )
        for name, rate in (("State", "6.25"), ("City", "2"))
    ]
    parts = [Ref(each.list_id) for each in rates]
    sim.company.add_entry("ItemSalesTaxGroup", Name="Both", IsActive=True, ItemDesc="Both", ItemSalesTaxRef=parts)
    poster = poster_of(sim)
    poster.post(samples.contact("Harbour Stores"))
    line = samples.line("3.80", account=of_type(poster.facts, "Income"), tax_code="Tax:Both", tax="0.32")
    assert poster.post(samples.trade(Kind.INVOICE, line)).total == Decimal("4.12")
    naive = samples.trade(Kind.INVOICE, line.model_copy(update={"tax_amount": Decimal("0.31")}), external_id="i2")
    assert [each.code for each in poster.provider.fit(naive, poster.facts).problems] == ["tax_differs"]


# -- changes of journals -------------------------------------------------------------------------------------------


def journal(sim: Simulator, cost: str, **more: Any) -> Any:
    facts = poster_of(sim).facts
    codes = of_type(facts, "CostOfGoodsSold", "Expense"), of_type(facts, "OtherCurrentAsset")
    lines = tuple(
        line.model_copy(update={"account": code, "amount": Decimal(amount), "tracking": ()})
        for line, code, amount in zip(samples.journal().lines, codes, (cost, f"-{cost}"), strict=True)
    )
    return samples.journal(lines=lines, **more)


def test_a_corrected_journal_is_changed_and_a_withdrawn_one_is_voided(sim: Simulator) -> None:
    poster = poster_of(sim)
    before, after = journal(sim, "7.10"), journal(sim, "9.25")
    state = poster.post(before)
    fresh = again(poster, before, state.target_id)
    [outcome] = poster.send([poster.operation(after, Action.UPDATE, fresh)])
    assert outcome.problem is None
    [kept] = [each for each in sim.company.transactions if each.kind == "JournalEntry"]
    assert (kept.total, len(kept.lines)) == (Decimal("9.25"), 2)
    now = again(poster, after, state.target_id)
    assert (now.total, now.lines) == (Decimal("9.25"), fresh.lines)
    [gone] = poster.send([poster.operation(after, Action.VOID, now)])
    assert gone.problem is None
    assert again(poster, after, state.target_id).status == "voided"
    assert balances(sim) == {}


def test_a_change_with_an_old_edit_sequence_is_left_open_and_changes_nothing(sim: Simulator) -> None:
    poster = poster_of(sim)
    before = journal(sim, "7.10")
    state = poster.post(before)
    stale = again(poster, before, state.target_id).model_copy(update={"stamp": "1"})
    [outcome] = poster.send([poster.operation(journal(sim, "9.25"), Action.UPDATE, stale)])
    assert (outcome.state, outcome.passes) == (None, True)
    assert again(poster, before, state.target_id).total == Decimal("7.10")


# -- currencies ----------------------------------------------------------------------------------------------------


@pytest.fixture
def abroad() -> Simulator:
    """A company that keeps dollars, euros and pounds, with accounts for euros."""
    sim = Simulator(multicurrency=True, no_op_seconds=0)
    euro = sim.company.named(("Currency",), "Euro")
    assert euro is not None
    for name, number, sort in (("AR - EUR", "1101", "AccountsReceivable"), ("Bank - EUR", "1099", "Bank")):
        sim.company.add_entry(
            "Account", Name=name, IsActive=True, AccountType=sort, AccountNumber=number, CurrencyRef=Ref(euro.list_id)
        )
    return sim


def test_a_foreign_customer_is_invoiced_and_pays_in_its_currency(abroad: Simulator) -> None:
    poster = poster_of(abroad)
    assert poster.facts.organisation.currencies == ("EUR", "GBP", "USD")
    euro: dict[str, Any] = {"currency": "EUR", "rate": Decimal("1.10")}
    customer = poster.post(samples.contact("Paris Tea", currency="EUR"))
    assert customer.target_id.startswith("customer:")
    line = samples.line("100.00", account=of_type(poster.facts, "Income"), tax_code="No tax")
    document = samples.trade(Kind.INVOICE, line, external_id="i1", number="EU-1", **euro)
    assert poster.post(document).total == Decimal("100.00")
    [sale] = [each for each in abroad.company.transactions if each.kind == "Invoice"]
    found = balances(abroad)
    assert found["AR - EUR"] == Decimal("110.00")
    poster.post(samples.payment(amount="100.00", account="1099", **euro))
    assert abroad.company.links.paid(sale.txn_id) == Decimal("100.00")
    assert "AR - EUR" not in balances(abroad)
    abroad.close()


@pytest.mark.parametrize(("kept_in", "warned"), [("EUR", True), ("USD", False)])
def test_amounts_that_quickbooks_took_for_another_currency_are_told(
    abroad: Simulator, kept_in: str, warned: bool
) -> None:
    """A document is in the currency of its customer, whatever the stock system says: 100 dollars become 100 euros."""
    poster = poster_of(abroad)
    poster.post(samples.contact("Paris Tea", currency=kept_in))
    line = samples.line("100.00", account=of_type(poster.facts, "Income"), tax_code="No tax")
    fit = poster.provider.fit(samples.trade(Kind.INVOICE, line, external_id="i1", number="EU-1"), poster.facts)
    [outcome] = poster.send([poster.operation(fit.document)])
    assert ["foreign currency" in text for text in outcome.warnings] == [True] * warned
    abroad.close()


def test_the_account_of_a_currency_is_known_by_it(abroad: Simulator) -> None:
    accounts = poster_of(abroad).facts.accounts
    assert (accounts["1101"].currency, accounts["1099"].currency) == ("EUR", "EUR")
    assert {each.currency for code, each in accounts.items() if code not in ("1101", "1099")} == {""}
    abroad.close()
