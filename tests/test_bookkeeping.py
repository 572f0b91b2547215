"""What the providers in memory say of their own books: each document on both sides, and what the stock is worth."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from houses import START, House, contact, invoice, item, journal, line, make_perpetual, payment, put, trade
from worlds import World

from hub.documents import Bill, CreditNote, Document, Kind, Status, TaxMode
from hub.entries import KeepsBooks, KeepsStock
from hub.testing import Books
from hub.testing.memory import LedgerSession, Shelf, StockSession

EVER = (date.min, date.max)


def stock(*documents: Document) -> StockSession:
    shelf = Shelf()
    for document in documents:
        shelf.put(document.external_id, document)
    return StockSession(shelf)


def by_account(session: StockSession) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for entry in session.entries(*EVER):
        found[entry.account] = found.get(entry.account, Decimal(0)) + entry.amount
    return found


def test_both_sessions_can_be_reconciled() -> None:
    assert isinstance(stock(), KeepsStock)
    assert isinstance(LedgerSession(Books()), KeepsBooks)


def test_every_document_is_entered_on_both_sides() -> None:
    bought = trade(Bill, "b1", lines=(line("50.00", account="630"),))
    gross = invoice(
        "i2", lines=(line("12.00"),), tax_mode=TaxMode.INCLUSIVE, subtotal=Decimal("9.60"), total=Decimal(12)
    )
    session = stock(contact(), invoice(), gross, bought, payment(), trade(CreditNote, "k1"), journal())
    assert sum(by_account(session).values()) == 0
    assert by_account(session) == {
        "200": Decimal("-9.60"),
        "820": Decimal("7.60"),
        "610": Decimal(0),
        "630": Decimal("20.00"),
        "800": Decimal("-60.00"),
        "090": Decimal("12.00"),
        "320": Decimal("30.00"),
    }


def test_an_item_names_the_account_of_a_line_that_names_none_and_drafts_are_not_entered() -> None:
    tea = item().model_copy(update={"purchase_account": "630"})
    bill = trade(Bill, "b1", lines=(line("50.00", account="", item_id="p1"),), date=date(2026, 3, 2))
    session = stock(tea, bill, trade(Bill, "b2", lines=(line("9.00", account="630"),), status=Status.DRAFT))
    assert by_account(session)["630"] == Decimal("50.00")
    assert [entry.document_id for entry in session.entries(date(2026, 3, 2), date(2026, 3, 2))] == ["b1"] * 3
    assert list(session.entries(date(2026, 1, 1), date(2026, 3, 1))) == []


def test_foreign_amounts_are_in_the_base_currency() -> None:
    session = stock(trade(Bill, "b1", lines=(line("50.00", account="630"),), currency="USD", rate=Decimal("0.8")))
    assert by_account(session)["630"] == Decimal("40.00")


def test_the_stock_is_worth_what_is_on_its_account_and_what_the_valuation_differs_by() -> None:
    session = stock(trade(Bill, "b1", lines=(line("50.00", account="630"),)), journal(amount="30.00"))
    assert session.stock_value().total == Decimal("20.00")
    session.shelf.revalued["TEA"] = Decimal("-3.00")
    value = session.stock_value()
    assert (value.total, value.items) == (Decimal("17.00"), {"TEA": Decimal("-3.00")})


def test_what_was_posted_gives_both_sides_the_same_balances(world: World) -> None:
    house: House = world.house
    make_perpetual(house)
    put(house, contact(), invoice(), payment(), trade(Bill, "b1", lines=(line("50.00", account="630"),)), journal())
    house.sync()
    books, shelf = LedgerSession(house.books), StockSession(house.shelf)
    assert dict(books.balances(date(2026, 12, 31))) == by_account(shelf)
    assert dict(books.balances(START)) == {}
    [bought, relieved] = sorted(books.postings({"630"}, START, date(2026, 12, 31)), key=lambda each: -each.amount)
    assert (bought.kind, bought.amount, bought.is_ours) == (Kind.BILL, Decimal("50.00"), True)
    assert (relieved.kind, relieved.amount, relieved.number) == (Kind.JOURNAL, Decimal("-30.00"), "SO-j1")


def test_what_a_person_enters_in_the_ledger_is_theirs_and_a_draft_is_in_no_balance() -> None:
    books = Books()
    lines = [{"account": "630", "amount": "5.00"}, {"account": "860", "amount": "-5.00"}]
    books.add(Kind.JOURNAL, number="THEIRS", date="2026-02-01", lines=lines)
    books.add(Kind.JOURNAL, number="DRAFT", date="2026-02-01", lines=lines, status="draft")
    session = LedgerSession(books)
    assert session.balances(date(2026, 2, 1)) == {"630": Decimal("5.00"), "860": Decimal("-5.00")}
    [posting] = session.postings({"630"}, *EVER)
    assert (posting.number, posting.is_ours) == ("THEIRS", False)
