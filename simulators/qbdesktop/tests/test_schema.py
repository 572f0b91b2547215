"""The tables of requests and answers, held against the official schema where somebody has it.

LEDGERPORT_SPECS names a folder with `qbdesktop/xsd130`; the schema's licence does not allow to keep it here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree
from sim_qbdesktop import Simulator
from sim_qbdesktop.caller import Caller, add, bill, document, named, payment, sale
from sim_qbdesktop.qbxml.checking import Checker, UnreadableError
from sim_qbdesktop.qbxml.grammar import Choice, Grammar, Part, load
from sim_qbdesktop.qbxml.tree import Element, write

SPECS = Path(os.environ.get("LEDGERPORT_SPECS", "")) / "qbdesktop" / "xsd130"
NEEDS_SPECS = pytest.mark.skipif(
    "LEDGERPORT_SPECS" not in os.environ, reason="LEDGERPORT_SPECS does not say where the official schema is"
)
REQUESTS = sorted(name for name in load("requests").definitions if name.endswith("Rq"))
# The schema leaves no room for the value of a ValueAdjustment, which Intuit's reference documents.
UNDECIDED = "InventoryAdjustmentAddRq"
SAMPLES = {
    "amt": "1.00",
    "price": "1.5",
    "quan": "2",
    "percent": "3",
    "float": "1.25",
    "int": "4",
    "bool": "true",
    "date": "2026-11-22",
    "datetime": "2026-11-22T10:00:00",
    "guid": "{01234567-89ab-cdef-0123-456789abcdef}",
    "id": "80000001-1",
}


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> etree.XMLSchema:
    folder = tmp_path_factory.mktemp("xsd")
    for path in SPECS.glob("*.xsd"):
        # One file includes an edited form of another one, which differs in lists of words only.
        (folder / path.name).write_text(path.read_text().replace("qbxml130_modified.xsd", "qbxml130.xsd"))
    return etree.XMLSchema(etree.parse(str(folder / "qbxmlops130.xsd")))


def full(grammar: Grammar, name: str, type_name: str, choose: int) -> Element:
    """An element with everything that it may hold; of several rows the one numbered `choose`."""
    element = Element(name)
    if type_name.startswith("ref"):
        element.add("ListID", "1-1")
        element.add("FullName", "x" * int(type_name[3:] or 3))
        return element
    definition = grammar.definitions.get(type_name)
    if definition is None or definition.text:
        element.text = sample(grammar, definition.text if definition else type_name)
        return element
    for item in definition.items:
        element.children += list(filled(grammar, item, choose))
    return element


def filled(grammar: Grammar, item: Part | Choice, choose: int) -> Iterator[Element]:
    if isinstance(item, Part):
        yield full(grammar, item.name, item.type, choose)
        return
    for each in item.rows[min(choose, len(item.rows) - 1)]:
        yield from filled(grammar, each, choose)


def sample(grammar: Grammar, type_name: str) -> str:
    if type_name in grammar.words:
        return sorted(grammar.words[type_name])[0]
    return "x" * int(type_name[3:]) if type_name[3:].isdigit() else SAMPLES.get(type_name, "text")


def is_valid(schema: etree.XMLSchema, text: str) -> bool:
    return schema.validate(etree.fromstring(text.encode()))


def accepted(request: Element) -> bool:
    try:
        Checker(load("requests")).check(request, request.tag)
    except UnreadableError:
        return False
    return True


@NEEDS_SPECS
@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_with_everything_the_table_allows_is_valid(schema: etree.XMLSchema, name: str) -> None:
    for choose in range(1 if name == UNDECIDED else 3):
        request = full(load("requests"), name, name, choose)
        assert accepted(request)
        assert is_valid(schema, document(write(request))), str(schema.error_log)


@NEEDS_SPECS
@pytest.mark.parametrize("name", [name for name in REQUESTS if name.endswith(("AddRq", "ModRq"))])
def test_the_table_and_the_schema_refuse_the_same_order(schema: etree.XMLSchema, name: str) -> None:
    whole = full(load("requests"), name, name, 0)
    body = whole.children[0]
    for at in range(len(body.children) - 1):
        swapped = [*body.children[:at], body.children[at + 1], body.children[at], *body.children[at + 2 :]]
        request = Element(name, "", {}, [Element(body.tag, "", {}, swapped), *whole.children[1:]])
        assert accepted(request) == is_valid(schema, document(write(request))), [each.tag for each in swapped]


@NEEDS_SPECS
def test_a_text_one_longer_than_the_table_allows_is_not_valid(schema: etree.XMLSchema) -> None:
    for name in REQUESTS:
        request = full(load("requests"), name, name, 0)
        for element in request.walk():
            if element.text.startswith("xxx") and not element.children:
                element.text += "x"
                checker = Checker(load("requests"))
                checker.check(request, name)
                limited = bool(checker.wrong)
                assert limited != is_valid(schema, document(write(request))), (name, element.tag)
                element.text = element.text[:-1]


@NEEDS_SPECS
def test_answers_are_valid(schema: etree.XMLSchema) -> None:
    qb = Caller(Simulator(sales_tax=True, classes=True))
    assert is_valid(schema, qb.session.about("{01234567-89ab-cdef-0123-456789abcdef}"))
    invoice, owed = qb.do(sale("Alder &amp; Co")), qb.do(bill())
    applied = (
        f"<AppliedToTxnAdd><TxnID>{owed.value('TxnID')}</TxnID><PaymentAmount>20.00</PaymentAmount></AppliedToTxnAdd>"
    )
    check = f"{named('PayeeEntityRef', 'Ironworks Ltd')}{named('BankAccountRef', 'Business Bank Account')}"
    lamp = named("ItemRef", "LAMP")
    sets = [
        [sale("Brook Stores", kind="CreditMemo"), bill(kind="VendorCredit"), add("ItemSubtotal", "<Name>S2</Name>")],
        [payment("Alder &amp; Co", (invoice.value("TxnID"), "10.00"), total="12.00")],
        [add("BillPaymentCheck", f"{check}<RefNumber>1</RefNumber>{applied}")],
        [add("InventoryAdjustment", f"{named('AccountRef', 'Stock Adjustments')}<InventoryAdjustmentLineAdd>{lamp}"
             "<QuantityAdjustment><QuantityDifference>5</QuantityDifference></QuantityAdjustment>"
             "</InventoryAdjustmentLineAdd>")],
        [add("JournalEntry", f"<JournalDebitLine>{named('AccountRef', 'Rent')}<Amount>5.00</Amount></JournalDebitLine>"
             f"<JournalCreditLine>{named('AccountRef', 'Accruals')}<Amount>5.00</Amount></JournalCreditLine>")],
        [f"<TxnVoidRq><TxnVoidType>Bill</TxnVoidType><TxnID>{qb.do(bill()).value('TxnID')}</TxnID></TxnVoidRq>"],
        [f"<TxnDelRq><TxnDelType>Bill</TxnDelType><TxnID>{qb.do(bill()).value('TxnID')}</TxnID></TxnDelRq>"],
        ["<TxnDeletedQueryRq><TxnDelType>Bill</TxnDelType></TxnDeletedQueryRq>", "<ItemQueryRq></ItemQueryRq>"],
        [f"<{kind}QueryRq></{kind}QueryRq>" for kind in (
            "Account", "Customer", "Vendor", "Class", "Terms", "PaymentMethod", "SalesTaxCode", "ItemSalesTax",
            "Employee", "OtherName", "ShipMethod", "Transaction", "Host", "Company", "Preferences", "Currency")],
        [f"<{kind}QueryRq><IncludeLineItems>true</IncludeLineItems></{kind}QueryRq>" for kind in (
            "Invoice", "CreditMemo", "Bill", "VendorCredit", "JournalEntry", "ReceivePayment", "BillPaymentCheck",
            "InventoryAdjustment")],
    ]  # fmt: skip
    for requests in sets:
        answer = qb.session.process(document(*requests, onError="continueOnError"))
        assert is_valid(schema, answer), (str(schema.error_log), answer[:3000])
        assert 'statusSeverity="Error"' not in answer
