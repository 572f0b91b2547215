"""How strictly a message set is read."""

from __future__ import annotations

import pytest
from sim_qbdesktop import Simulator
from sim_qbdesktop.caller import Caller, add, bill, document, modify, named, sale
from sim_qbdesktop.hresults import HResultError

UNREADABLE, UNKNOWN_VERSION = "0x80040400", "0x80040423"


def thrown(qb: Caller, *requests: str, **attributes: str) -> str:
    with pytest.raises(HResultError) as caught:
        qb.send(*requests, **attributes)
    return caught.value.code


@pytest.mark.parametrize(
    ("what", "request_text"),
    [
        ("elements out of order", add("Customer", "<IsActive>true</IsActive><Name>A</Name>")),
        ("an unknown element", add("Customer", "<Name>A</Name><Nickname>B</Nickname>")),
        ("an element twice", add("Customer", "<Name>A</Name><Name>B</Name>")),
        ("a missing element", add("Customer", "<IsActive>true</IsActive>")),
        ("an unknown request", "<CustomerRenameRq></CustomerRenameRq>"),
        ("a name too long", add("Customer", f"<Name>{'x' * 42}</Name>")),
        ("an item's name too long", add("ItemService", f"<Name>{'x' * 32}</Name>")),
        ("a number too long", sale("A", "<RefNumber>123456789012</RefNumber>")),
        ("a bill's number too long", bill("Ironworks Ltd", f"<RefNumber>{'9' * 21}</RefNumber>")),
        ("an amount with one decimal", add("Customer", "<Name>A</Name><CreditLimit>19.9</CreditLimit>")),
        ("an amount with three decimals", add("Customer", "<Name>A</Name><CreditLimit>19.999</CreditLimit>")),
        ("a date with slashes", sale("A", "<TxnDate>01/02/2026</TxnDate>")),
        ("a day that is none", sale("A", "<TxnDate>2026-02-30</TxnDate>")),
        ("a flag in capitals", add("Customer", "<Name>A</Name><IsActive>TRUE</IsActive>")),
        ("an unknown word", add("Account", "<Name>A</Name><AccountType>Banking</AccountType>")),
        ("an iterator of accounts", '<AccountQueryRq iterator="Start"><MaxReturned>5</MaxReturned></AccountQueryRq>'),
        ("a draft bill", add("Bill", f"{named('VendorRef', 'Ironworks Ltd')}<IsPending>true</IsPending>")),
        ("a bill's items before its expenses", add(
            "Bill", f"{named('VendorRef', 'V')}<ItemLineAdd></ItemLineAdd><ExpenseLineAdd></ExpenseLineAdd>"
        )),
        ("a control character", add("Customer", "<Name>Bell&#7;</Name>")),
        ("rate and percentage", sale("A", "", "<Rate>1</Rate><RatePercent>1</RatePercent>")),
        ("a payment that says nothing of what it pays", add("ReceivePayment", named("CustomerRef", "A"))),
    ],
    ids=lambda value: value if " " in value and "<" not in value else "",
)  # fmt: skip
def test_what_is_out_of_place_makes_the_whole_set_unreadable(
    sim: Simulator, qb: Caller, what: str, request_text: str
) -> None:
    before = len(sim.company.entries)
    assert thrown(qb, add("Customer", "<Name>In order</Name>"), request_text) == UNREADABLE, what
    assert len(sim.company.entries) == before
    assert sim.quickbooks.last_refusal


def test_a_service_and_a_non_inventory_item_want_parent_and_class_in_different_order(qb: Caller) -> None:
    parent, group = named("ParentRef", "OAK"), named("ClassRef", "Shop")
    sides = f"<SalesOrPurchase>{named('AccountRef', 'Sales')}</SalesOrPurchase>"
    assert thrown(qb, add("ItemService", f"<Name>A</Name>{parent}{group}{sides}")) == UNREADABLE
    assert thrown(qb, add("ItemNonInventory", f"<Name>A</Name>{group}{parent}{sides}")) == UNREADABLE
    assert qb.status(add("ItemNonInventory", f"<Name>A</Name>{parent}{sides}")) == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        " " + document(),
        "\ufeff" + document(),
        document().replace("</QBXML>", ""),
        document().replace('<?qbxml version="13.0"?>', ""),
        document().replace('onError="stopOnError"', ""),
        document().replace("stopOnError", "rollbackOnError"),
        '<!DOCTYPE QBXML [<!ENTITY a "b">]>' + document()[38:],
    ],
    ids=("nothing", "a blank", "a mark", "not closed", "no version", "no onError", "rollback", "doctype"),
)
def test_a_frame_that_is_not_in_order_is_unreadable(qb: Caller, text: str) -> None:
    with pytest.raises(HResultError) as caught:
        qb.session.process(text)
    assert caught.value.code == UNREADABLE
    assert caught.value.message == "QuickBooks found an error when parsing the provided XML text stream."


def test_a_version_above_the_highest_is_unknown(qb: Caller) -> None:
    assert thrown(qb, "<HostQueryRq></HostQueryRq>", version="14.0") == UNKNOWN_VERSION
    assert thrown(qb, "<HostQueryRq></HostQueryRq>", version="13.5") == UNKNOWN_VERSION


def test_what_quickbooks_can_do_and_the_simulator_can_not_says_so(qb: Caller) -> None:
    with pytest.raises(HResultError, match="does not simulate SalesReceiptAdd"):
        qb.send(add("SalesReceipt", ""))


@pytest.mark.parametrize(
    "request_text",
    [
        sale("Brook Stores", "<LinkToTxnID>1-1</LinkToTxnID>"),
        "<CustomerQueryRq><ClassFilter><FullName>Shop</FullName></ClassFilter></CustomerQueryRq>",
        add("Customer", "<Name>A</Name><OpenBalance>1.00</OpenBalance>"),
    ],
)
def test_nor_is_a_part_of_a_request_left_out_in_silence(qb: Caller, request_text: str) -> None:
    answer = qb.ask(request_text)
    assert answer.attributes["statusCode"] == "1000"
    assert "does not simulate" in answer.attributes["statusMessage"]


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        (add("Customer", f"<Name>{'x' * 42}</Name>"), 3070),
        (add("Customer", "<Name>A</Name><CreditLimit>19.9</CreditLimit>"), 3040),
        (add("Customer", "<Name>A</Name><IsActive>yes</IsActive>"), 3010),
        (sale("Brook Stores", "<TxnDate>yesterday</TxnDate>"), 3020),
        (add("Account", "<Name>A</Name><AccountType>Banking</AccountType>"), 3110),
    ],
)
def test_wrong_values_can_be_answered_one_by_one_instead(
    sim: Simulator, qb: Caller, request_text: str, status: int
) -> None:
    sim.switches.set({"value_errors": "status"})
    assert qb.status(request_text) == status


def test_text_outside_latin_1_becomes_question_marks(sim: Simulator, qb: Caller) -> None:
    assert qb.do(add("Customer", "<Name>Café Łódź</Name>")).value("Name") == "Café ?ód?"
    assert qb.status(sale("Café Łódź")) == 0
    assert qb.status(add("Customer", "<Name>Café Żódż</Name>")) == 3100
    sim.switches.set({"other_characters": "unreadable"})
    assert thrown(qb, add("Customer", "<Name>Łódź</Name>")) == UNREADABLE


def test_marks_of_xml_in_a_name_survive(qb: Caller) -> None:
    made = qb.do(add("Customer", "<Name>A &amp; B &lt;C&gt;</Name>"))
    assert made.value("Name") == "A & B <C>"


def test_an_empty_element_clears_and_an_absent_one_leaves(qb: Caller) -> None:
    made = qb.do(add("Customer", "<Name>Kept</Name><Phone>123</Phone><Notes>About</Notes>"))
    changed = qb.do(modify(made, "<Notes></Notes>"))
    assert (changed.value("Phone"), changed.find("Notes")) == ("123", None)
