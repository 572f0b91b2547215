"""Numbers that QuickBooks has already: it takes each as often as it comes, so they are looked for before a create."""

from __future__ import annotations

from typing import Any

import desktop_samples as samples
import pytest
import sqlalchemy as sa
from desktop_machine import Desktop, bill, by_type, invoice
from hub_qbdesktop import lookups, marks
from lxml import etree
from sim_qbdesktop.caller import Caller, named

from hub import Kind
from hub.engine import Decisions
from hub.engine.facts import PERPETUAL
from hub.mapping import MappingList
from hub.models import Integration, Link, OperationRow, table


def numbers(desktop: Desktop, sort: str) -> list[str]:
    return sorted(str(each.fields["RefNumber"]) for each in desktop.books(sort))


def typed(desktop: Desktop, customer: str, number: str) -> None:
    """Somebody enters an invoice in QuickBooks."""
    line = f"<InvoiceLineAdd>{named('ItemRef', 'Delivery')}<Rate>9.00</Rate></InvoiceLineAdd>"
    head = f"{named('CustomerRef', customer)}<RefNumber>{number}</RefNumber>"
    Caller(desktop.sim).do(f"<InvoiceAddRq><InvoiceAdd>{head}{line}</InvoiceAdd></InvoiceAddRq>")


def bought(desktop: Desktop, vendor: str, number: str) -> None:
    """Somebody enters a bill in QuickBooks."""
    line = f"<ExpenseLineAdd>{named('AccountRef', 'General Expenses')}<Amount>9.00</Amount></ExpenseLineAdd>"
    head = f"{named('VendorRef', vendor)}<RefNumber>{number}</RefNumber>"
    Caller(desktop.sim).do(f"<BillAddRq><BillAdd>{head}{line}</BillAdd></BillAddRq>")


def test_a_number_that_somebody_typed_in_quickbooks_is_not_used_again(desktop: Desktop) -> None:
    desktop.put(samples.contact("Harbour Stores"))
    desktop.visit(2)
    typed(desktop, "Brook Stores", "SO-1")
    desktop.put(invoice(), invoice(external_id="i2", number="SO-2"))
    desktop.visit(2)
    assert numbers(desktop, "Invoice") == ["SO-1", "SO-2"]
    [(id, (state, problem))] = desktop.unfinished().items()
    assert (id, state, problem["code"]) == ("i1", "failed", "number_taken")
    assert "SO-1 over 9.74" in problem["what"]


def test_another_suppliers_bill_of_the_same_number_is_no_obstacle_and_the_same_suppliers_is(desktop: Desktop) -> None:
    desktop.switch_on(Kind.BILL)
    desktop.put(samples.vendor("Leaf Imports"))
    desktop.visit(2)
    bought(desktop, "Ironworks Ltd", "PO-1")
    bought(desktop, "Leaf Imports", "PO-2")
    desktop.put(bill(), bill(external_id="b2", number="PO-2"))
    desktop.visit(2)
    assert numbers(desktop, "Bill") == ["PO-1", "PO-1", "PO-2"]
    assert [problem["code"] for _, problem in desktop.unfinished().values()] == ["number_taken"]


def forget(desktop: Desktop, source_id: str) -> None:
    """An older copy of the database is back: a document is in QuickBooks, and the hub does not know of it any more."""
    links, operations = table(Link), table(OperationRow)
    with desktop.office.hub.store.write() as db:
        db.execute(sa.delete(links).where(links.c.source_id == source_id))
        again = sa.update(operations).where(operations.c.source_id == source_id)
        db.execute(again.values(state="pending", batch_id=None, link_id=None, target_id="", looked_in=None, attempt=0))


def test_what_an_older_copy_of_the_database_forgot_is_found_and_not_made_again(desktop: Desktop) -> None:
    desktop.put(samples.contact("Harbour Stores"), invoice())
    desktop.visit(2)
    before = desktop.links()
    forget(desktop, "i1")
    desktop.visit(2)
    assert numbers(desktop, "Invoice") == ["SO-1"]
    assert desktop.links() == before


def test_a_forgotten_journal_is_found_beside_another_one_of_the_same_sale(desktop: Desktop) -> None:
    """The journals of a sale have its number, all of them: each is known by its mark."""
    with desktop.office.hub.store.write() as db:
        method = {"inventory_method": PERPETUAL, "perpetual_from": samples.DAY}
        db.execute(sa.update(table(Integration)).values(**method))
    stock = {"1200": by_type(desktop, "OtherCurrentAsset")}
    Decisions(desktop.office.hub, "bookkeeper").set_mapping(desktop.office.integration_id, MappingList.ACCOUNT, stock)
    desktop.switch_on(Kind.JOURNAL)
    lines = tuple(line.model_copy(update={"tracking": ()}) for line in samples.journal().lines)
    desktop.put(samples.journal(lines=lines), samples.journal(external_id="j2", lines=lines))
    desktop.visit(2)
    before = desktop.links()
    forget(desktop, "j1")
    desktop.visit(2)
    assert numbers(desktop, "JournalEntry") == ["SO-0001", "SO-0001"]
    assert (desktop.links(), desktop.unfinished()) == (before, {})


def test_a_batch_of_many_asks_for_its_numbers_once(desktop: Desktop) -> None:
    invoices = [invoice(external_id=f"i{number}", number=f"SO-{number:02}") for number in range(60)]
    desktop.put(samples.contact("Harbour Stores"), *invoices)
    last = desktop.visit(1)
    asked = [each.request for each in last.exchanges if "<RefNumber>SO-" in each.request]
    looks = [text for text in asked if "<InvoiceQueryRq" in text]
    assert [text.count("<RefNumber>") for text in looks] == [60]
    assert len([text for text in asked if "<InvoiceAddRq" in text]) == 2
    assert len(desktop.books("Invoice")) == 60


@pytest.mark.parametrize("kind", [Kind.INVOICE, Kind.CREDIT_NOTE, Kind.BILL, Kind.SUPPLIER_CREDIT])
def test_many_numbers_are_looked_for_with_one_query_and_each_finds_its_own(kind: Kind) -> None:
    operations = [
        samples.operation(samples.trade(kind, external_id=f"x{number}", number=f"N-{number}"), id=number)
        for number in (1, 2, 3)
    ]
    [query] = etree.fromstring(lookups.seek(operations)).iterfind("QBXMLMsgsRq/*")
    assert [each.text for each in query.iterfind("RefNumber")] == ["N-1", "N-2", "N-3"]
    name = str(query.tag).removesuffix("Rq")
    sort = name.removesuffix("Query")

    def record(number: int, text: str) -> str:
        memo: Any = marks.memo(operations[number - 1], "")
        return f"<{sort}Ret><TxnID>{number}</TxnID><RefNumber>{text}</RefNumber><Memo>{memo}</Memo></{sort}Ret>"

    inner = record(1, "N-1") + record(2, "n-2").replace("[LP-", "[XX-")
    answer = (
        f'<QBXML><QBXMLMsgsRs><{name}Rs requestID="{query.get("requestID")}" statusCode="500">{inner}</{name}Rs>'
        "</QBXMLMsgsRs></QBXML>"
    )
    found = lookups.found(operations, answer.encode())
    assert [[state.ours for state in found[id]] for id in (1, 2, 3)] == [[True], [False], []]
