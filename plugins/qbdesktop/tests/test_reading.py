"""What is read: pages, iterators, watermarks, lists in the hub's words, and where documents stand."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import desktop_samples as samples
import pytest
from hub_qbdesktop import feeds, lookups, native, states, watermarks, xmltext
from hub_qbdesktop.connectors import OWNER_ID
from lxml import etree

from hub import (
    AccountClass,
    Kind,
    Page,
    TargetStatus,
    UnreachableError,
    Want,
)

FEEDS = {feed.name: feed for feed in feeds.FEEDS}


def answer(*inner: str) -> bytes:
    return f'<?xml version="1.0" ?><QBXML><QBXMLMsgsRs>{"".join(inner)}</QBXMLMsgsRs></QBXML>'.encode()


def told(name: str, inner: str = "", id: str = "1", code: int = 0, message: str = "Status OK", **more: Any) -> str:
    named = "".join(f' {key}="{value}"' for key, value in more.items())
    severity = "Info"
    return (
        f'<{name}Rs requestID="{id}" statusCode="{code}" statusSeverity="{severity}" statusMessage="{message}"{named}>'
        f"{inner}</{name}Rs>"
    )


def customer(id: str, modified: str = "2026-03-01T10:00:00-08:00") -> str:
    return (
        f"<CustomerRet><ListID>{id}</ListID><TimeModified>{modified}</TimeModified><EditSequence>7</EditSequence>"
        f"<Name>C {id}</Name><FullName>C {id}</FullName><IsActive>true</IsActive></CustomerRet>"
    )


def hear(feed: str, content: bytes, **want: Any) -> Page:
    return feeds.hear(Want(FEEDS[feed], **want), content, OWNER_ID)


def ask(feed: str, **want: Any) -> etree._Element:
    root = etree.fromstring(feeds.ask(Want(FEEDS[feed], **want), OWNER_ID))
    found = root.find("QBXMLMsgsRq")
    assert found is not None
    return found


# -- pages ---------------------------------------------------------------------------------------------------------


def test_a_list_is_read_page_by_page_to_its_end() -> None:
    first = hear(
        "customers",
        answer(told("CustomerQuery", customer("1"), iteratorID="{I}", iteratorRemainingCount=1)),
    )
    assert first.watermark is None
    [request] = [each for each in ask("customers", progress=first.progress) if each.tag == "CustomerQueryRq"]
    assert (request.get("iterator"), request.get("iteratorID")) == ("Continue", "{I}")
    last = hear(
        "customers",
        answer(told("CustomerQuery", customer("2", "2026-02-01T10:00:00-08:00"), iteratorRemainingCount=0)),
        progress=first.progress,
    )
    assert last.watermark == "2026-03-01T10:00:00", "the latest of all pages, not of the last one"
    assert [record.id for record in (*first.records, *last.records)] == ["customer:1", "customer:2"]


def test_an_iterator_that_quickbooks_forgot_is_begun_anew_but_not_for_ever() -> None:
    progress = json.dumps({"iterator": "{I}"})
    lost = answer(told("CustomerQuery", code=3000, message="The iterator is unknown."))
    for _ in range(feeds.MOST_RESTARTS):
        page = hear("customers", lost, progress=progress)
        assert (page.records, page.watermark) == ((), None)
        assert ask("customers", progress=page.progress)[0].get("iterator") == "Start"
        progress = json.dumps({**json.loads(page.progress), "iterator": "{I}"})
    with pytest.raises(UnreachableError):
        hear("customers", lost, progress=progress)


@pytest.mark.parametrize("code", [1, 500])
def test_nothing_found_is_no_error(code: int) -> None:
    page = hear("customers", answer(told("CustomerQuery", code=code)), cursor="2026-03-01T10:00:00")
    assert (page.records, watermarks.moment(page.watermark or "")) == ((), "2026-03-01T10:00:00")


def test_an_error_is_one_whatever_its_severity_says() -> None:
    with pytest.raises(UnreachableError, match="QuickBooks did not give its customers"):
        hear("customers", answer(told("CustomerQuery", code=3210, message="no")))


def test_a_warning_with_data_is_no_error() -> None:
    page = hear("customers", answer(told("CustomerQuery", customer("1"), code=530, message="A field is unknown.")))
    assert len(page.records) == 1


def test_changes_are_asked_for_in_local_time_with_hours_of_overlap() -> None:
    changed = ask("invoices", cursor="2026-11-01T01:30:00").findtext(".//FromModifiedDate")
    assert changed == "2026-10-31T22:30:00"
    assert ask("customers", cursor="2026-11-01T01:30:00").findtext(".//FromModifiedDate") == changed
    assert ask("invoices", since=date(2026, 1, 1)).findtext(".//FromModifiedDate") == "2026-01-01T00:00:00"
    assert ask("customers", since=date(2026, 1, 1)).find(".//FromModifiedDate") is None


def at_rest(feed: str, inner: str) -> str:
    """The watermark once a read of these records brought nothing newer."""
    page = hear(feed, answer(inner, told("ListDeletedQuery", code=1, id="deleted")), cursor="2026-03-01T10:00:00")
    assert page.watermark is not None
    return page.watermark


def test_hours_that_were_read_twice_are_only_watched() -> None:
    cursor = at_rest("customers", told("CustomerQuery", customer("1") + customer("2")))
    query, deleted = ask("customers", cursor=cursor)
    assert [each.text for each in query.iterfind("IncludeRetElement")] == ["ListID", "EditSequence"]
    assert query.findtext("ActiveStatus") == "All"
    assert (query.get("iterator"), query.find("MaxReturned")) == (None, None)
    assert query.findtext("FromModifiedDate") == "2026-03-01T07:00:00"
    assert deleted.findtext("DeletedDateRangeFilter/FromDeletedDate") == "2026-03-01T07:00:00"


def short(id: str, sequence: str = "7") -> str:
    return f"<CustomerRet><ListID>{id}</ListID><EditSequence>{sequence}</EditSequence></CustomerRet>"


def test_what_is_watched_and_unchanged_brings_nothing_and_stays_watched() -> None:
    cursor = at_rest("customers", told("CustomerQuery", customer("1") + customer("2")))
    same = answer(told("CustomerQuery", short("2") + short("1")))
    page = hear("customers", same, cursor=cursor)
    assert (page.records, page.states, page.watermark) == ((), (), cursor)


@pytest.mark.parametrize(
    "changed",
    [
        told("CustomerQuery", short("1", "8") + short("2")),
        told("CustomerQuery", short("1")),
        told("CustomerQuery", short("1") + short("2") + short("3")),
        told("CustomerQuery", short("1") + short("2"))
        + told("ListDeletedQuery", "<ListDeletedRet><ListID>9</ListID></ListDeletedRet>", id="deleted"),
    ],
)
def test_whatever_changed_in_watched_hours_is_read_with_the_overlap(changed: str) -> None:
    cursor = at_rest("customers", told("CustomerQuery", customer("1") + customer("2")))
    page = hear("customers", answer(changed), cursor=cursor)
    assert (page.records, page.watermark) == ((), None)
    again = ask("customers", cursor=cursor, progress=page.progress)[0]
    assert (again.get("iterator"), again.find("IncludeRetElement")) == ("Start", None)
    assert again.findtext("FromModifiedDate") == "2026-03-01T07:00:00"
    lost = answer(told("CustomerQuery", code=3000, message="The iterator is unknown."))
    progress = json.dumps({**json.loads(page.progress), "iterator": "{I}"})
    anew = hear("customers", lost, cursor=cursor, progress=progress).progress
    assert ask("customers", cursor=cursor, progress=anew)[0].find("IncludeRetElement") is None


def test_a_time_with_a_wrong_offset_is_taken_as_the_computers_own() -> None:
    summer = hear("customers", answer(told("CustomerQuery", customer("1", "2026-07-01T10:00:00-08:00"))))
    assert summer.watermark == "2026-07-01T10:00:00"


def test_a_record_stamped_in_the_future_does_not_stop_the_reading_of_changes() -> None:
    ahead = customer("2", "2036-01-01T00:00:00-08:00")
    both = answer(told("CustomerQuery", customer("1") + ahead))
    first = hear("customers", both, present=datetime(2026, 3, 1, 20, tzinfo=UTC))
    assert first.watermark == "2026-03-01T10:00:00"
    assert len(first.records) == 2
    alone = hear("customers", answer(told("CustomerQuery", ahead)), present=datetime(2026, 3, 1, 20, tzinfo=UTC))
    assert alone.watermark == "2026-02-28T20:00:00"


def test_the_clock_of_any_time_zone_is_believed() -> None:
    tonga = answer(told("CustomerQuery", customer("1", "2026-03-02T09:00:00+13:00")))
    assert hear("customers", tonga, present=datetime(2026, 3, 1, 20, tzinfo=UTC)).watermark == "2026-03-02T09:00:00"


def test_a_watermark_in_the_future_is_forgotten_and_all_is_read_again() -> None:
    late: dict[str, Any] = {"cursor": "2036-01-01T00:00:00=", "present": datetime(2026, 3, 1, 20, tzinfo=UTC)}
    assert ask("customers", **late).find(".//FromModifiedDate") is None
    assert hear("customers", answer(told("CustomerQuery", customer("1"))), **late).watermark == "2026-03-01T10:00:00"


def test_what_was_deleted_comes_with_the_first_page() -> None:
    asked = ask("customers", cursor="2026-03-01T10:00:00")
    assert [each.tag for each in asked] == ["CustomerQueryRq", "ListDeletedQueryRq"]
    gone = "<ListDeletedRet><ListDelType>Customer</ListDelType><ListID>9</ListID></ListDeletedRet>"
    page = hear("customers", answer(told("CustomerQuery", code=1), told("ListDeletedQuery", gone, id="deleted")))
    assert [(record.id, record.documents) for record in page.records] == [("customer:9", ())]
    assert page.states[0].status is TargetStatus.MISSING


def test_deletions_that_quickbooks_does_not_tell_stop_the_read_and_are_asked_for_again() -> None:
    """The watermark would move past them else, and nobody would ever ask for them again."""
    refused = told("TxnDeletedQuery", id="deleted", code=1010, message="The system is not available.")
    with pytest.raises(UnreachableError, match="did not give its invoices"):
        hear("invoices", answer(told("InvoiceQuery", code=1), refused), cursor="2026-03-01T10:00:00")


def test_a_deleted_transaction_is_missing() -> None:
    gone = "<TxnDeletedRet><TxnDelType>Bill</TxnDelType><TxnID>B-9</TxnID></TxnDeletedRet>"
    page = hear("bills", answer(told("BillQuery", code=1), told("TxnDeletedQuery", gone, id="deleted")))
    assert [(state.target_id, state.status) for state in page.states] == [("B-9", TargetStatus.MISSING)]


def test_items_that_quickbooks_keeps_stock_of_are_counted_and_left_out() -> None:
    parts = "".join(
        f"<{sort}><ListID>{id}</ListID><FullName>{id}</FullName><EditSequence>1</EditSequence></{sort}>"
        for sort, id in (("ItemInventoryRet", "I1"), ("ItemServiceRet", "S1"), ("ItemDiscountRet", "D1"))
    )
    page = hear("items", answer(told("ItemQuery", parts)))
    assert [len(record.documents) for record in page.records] == [0, 1, 0]
    assert page.records[0].skipped == {"ItemInventoryRet:I1": "QuickBooks keeps its stock"}
    live = [state.target_id for state in page.states if state.status is TargetStatus.ACTIVE]
    assert live == ["service:S1"]


def test_a_part_that_became_one_with_stock_can_not_be_named_any_more() -> None:
    """QuickBooks lets a non-inventory part become an inventory part, which keeps its id."""
    part = "<ItemInventoryRet><ListID>80-1</ListID><FullName>TEA</FullName><EditSequence>9</EditSequence>"
    page = hear("items", answer(told("ItemQuery", f"{part}<IsActive>true</IsActive></ItemInventoryRet>")))
    found = {state.target_id: state.status for state in page.states}
    assert found["noninventory:80-1"] is TargetStatus.ARCHIVED
    assert TargetStatus.ACTIVE not in found.values()


# -- lists ---------------------------------------------------------------------------------------------------------


def node(text: str) -> etree._Element:
    return xmltext.parse_text(text)


@pytest.mark.parametrize(
    ("sort", "cls", "pays", "documents"),
    [
        ("Bank", AccountClass.ASSET, True, False),
        ("AccountsReceivable", AccountClass.ASSET, False, False),
        ("OtherCurrentAsset", AccountClass.ASSET, True, True),
        ("CreditCard", AccountClass.LIABILITY, False, True),
        ("Income", AccountClass.REVENUE, False, True),
        ("CostOfGoodsSold", AccountClass.EXPENSE, False, True),
    ],
)
def test_accounts_by_their_type(sort: str, cls: AccountClass, pays: bool, documents: bool) -> None:
    [found] = native.accounts(
        [node(f"<AccountRet><ListID>1</ListID><FullName>A:B</FullName><AccountType>{sort}</AccountType></AccountRet>")]
    )
    assert (found.code, found.account_class, found.takes_payments, found.takes_documents) == (
        "A:B",
        cls,
        pays,
        documents,
    )


def test_sales_tax_items_become_rates_with_their_taxable_code() -> None:
    texts = (
        "<PreferencesRet><SalesTaxPreferences><DefaultTaxableSalesTaxCodeRef><FullName>Tax</FullName>"
        "</DefaultTaxableSalesTaxCodeRef></SalesTaxPreferences></PreferencesRet>",
        "<SalesTaxCodeRet><ListID>1</ListID><Name>Tax</Name><IsTaxable>true</IsTaxable></SalesTaxCodeRet>",
        "<SalesTaxCodeRet><ListID>2</ListID><Name>Non</Name><IsTaxable>false</IsTaxable></SalesTaxCodeRet>",
        "<ItemSalesTaxRet><ListID>3</ListID><Name>State</Name><TaxRate>6.0</TaxRate></ItemSalesTaxRet>",
        "<ItemSalesTaxRet><ListID>4</ListID><Name>City</Name><TaxRate>1.25</TaxRate></ItemSalesTaxRet>",
        "<ItemSalesTaxGroupRet><ListID>5</ListID><Name>Both</Name><ItemSalesTaxRef><ListID>3</ListID></ItemSalesTaxRef>"
        "<ItemSalesTaxRef><ListID>4</ListID></ItemSalesTaxRef></ItemSalesTaxGroupRet>",
    )
    rates = {rate.code: rate.percent for rate in native.tax_rates([node(text) for text in texts])}
    assert rates == {
        "Tax:State": 6,
        "Tax:City": Decimal("1.25"),
        "Tax:Both": Decimal("7.25"),
        "Non": 0,
        "In cost": 0,
    }


def test_a_company_without_sales_tax_has_one_code_for_sales() -> None:
    codes = [rate.code for rate in native.tax_rates([node("<PreferencesRet/>")])]
    assert codes == ["In cost", "No tax"]


@pytest.mark.parametrize(("code", "is_read"), [(3250, True), (1000, False), (1010, False)])
def test_a_feature_that_is_off_has_no_list_and_trouble_that_passes_empties_none(code: int, is_read: bool) -> None:
    """Else a bad moment would withdraw every tax code of the company."""
    queries = ("SalesTaxCodeQuery", "ItemSalesTaxQuery", "ItemSalesTaxGroupQuery")
    refused = [told(query, id=str(number), code=code, message="no") for number, query in enumerate(queries, 2)]
    content = answer(told("PreferencesQuery", "<PreferencesRet/>"), *refused)
    if is_read:
        assert [record.label for record in hear("tax_rates", content).records][-1] == "No sales tax in this company"
    else:
        with pytest.raises(UnreachableError, match="did not give its tax rates"):
            hear("tax_rates", content)


def test_classes_are_the_options_of_one_category() -> None:
    nodes = [
        node(f"<ClassRet><FullName>{name}</FullName><IsActive>{active}</IsActive></ClassRet>")
        for name, active in (("West", "true"), ("East:North", "true"), ("Old", "false"))
    ]
    assert native.classes(nodes).options == ("East:North", "West")


# -- states --------------------------------------------------------------------------------------------------------


def invoice(**values: str) -> etree._Element:
    fields = {
        "TxnID": "1A",
        "EditSequence": "7",
        "TxnDate": "2026-02-03",
        "Subtotal": "100.00",
        "SalesTaxTotal": "8.25",
    }
    return node(f"<InvoiceRet>{''.join(f'<{k}>{v}</{k}>' for k, v in {**fields, **values}.items())}</InvoiceRet>")


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"BalanceRemaining": "108.25"}, TargetStatus.OPEN),
        ({"BalanceRemaining": "8.25"}, TargetStatus.PART_PAID),
        ({"BalanceRemaining": "0.00", "IsPaid": "true"}, TargetStatus.PAID),
        ({"BalanceRemaining": "108.25", "IsPending": "true"}, TargetStatus.DRAFT),
        ({"Subtotal": "0.00", "SalesTaxTotal": "0", "Memo": "VOID: x", "BalanceRemaining": "0"}, TargetStatus.VOIDED),
    ],
)
def test_where_an_invoice_stands(values: dict[str, str], status: TargetStatus) -> None:
    assert states.transaction(invoice(**values)).status is status


def test_a_total_is_what_the_customer_owes_with_tax() -> None:
    state = states.transaction(invoice(BalanceRemaining="108.25"))
    assert (state.total, state.due, state.date) == (Decimal("108.25"), Decimal("108.25"), date(2026, 2, 3))


def test_an_edit_by_a_person_changes_the_digest_and_a_payment_does_not() -> None:
    def digest(amount: str, balance: str) -> str:
        line = f"<InvoiceLineRet><TxnLineID>L1</TxnLineID><Amount>{amount}</Amount></InvoiceLineRet>"
        text = f"<InvoiceRet><TxnID>1</TxnID><BalanceRemaining>{balance}</BalanceRemaining>{line}</InvoiceRet>"
        return states.transaction(node(text)).content

    assert digest("5.00", "5.00") == digest("5.00", "0.00") != digest("6.00", "5.00")
    assert states.transaction(invoice()).content == "", "a summary says nothing of its lines"


def test_a_same_number_without_our_mark_is_somebody_elses() -> None:
    operation = samples.operation(samples.trade(number="N-1"))
    record = "<InvoiceRet><TxnID>9</TxnID><RefNumber>N-1</RefNumber></InvoiceRet>"
    found = lookups.found([operation], answer(told("InvoiceQuery", record, id="numbers-invoice")))
    assert [state.ours for state in found[7]] == [False]


def test_a_bill_of_another_supplier_with_the_same_number_is_none_of_ours() -> None:
    bill = samples.trade(Kind.BILL, number="N-1")
    operation = samples.operation(bill, targets={(Kind.CONTACT, "s1"): "vendor:8-1"})
    records = "".join(
        f"<BillRet><TxnID>{vendor}</TxnID><RefNumber>N-1</RefNumber><VendorRef><ListID>{vendor}</ListID></VendorRef>"
        "</BillRet>"
        for vendor in ("8-1", "9-1")
    )
    found = lookups.found([operation], answer(told("BillQuery", records, id="numbers-bill")))
    assert [(state.target_id, state.ours) for state in found[7]] == [("8-1", False)]


def test_a_look_that_quickbooks_did_not_answer_is_no_proof_of_absence() -> None:
    operation = samples.operation(samples.trade())
    assert lookups.found([operation], answer()) == {}
    with pytest.raises(UnreachableError):
        lookups.found([operation], answer(told("InvoiceQuery", id="numbers-invoice", code=3260, message="no rights")))
