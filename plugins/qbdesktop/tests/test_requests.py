"""Every request that is built: its order, its lengths, its numbers, and what QuickBooks' own schema says of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import desktop_samples as samples
import pytest
from hub_qbdesktop import connectors, feeds, layout, lookups, messages, qbxml, render
from hub_qbdesktop.provider import QuickBooksProvider
from hub_qbdesktop.qbxml import LayoutError, Ref
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from hub import Action, Document, Facts, Kind, Organisation, TargetState, TargetStatus, Want

Faults = Callable[[bytes], list[str]]
PROVIDER = QuickBooksProvider()


def rendered(document: Document, facts: Facts, action: Action = Action.CREATE, target: Any = None) -> bytes:
    fitted = PROVIDER.fit(document, facts)
    assert fitted.problems == ()
    return render.render([samples.operation(fitted.document, action, target)], facts).body


def state(kind: Kind, target_id: str, **more: Any) -> TargetState:
    return TargetState(kind=kind, target_id=target_id, status=TargetStatus.OPEN, stamp="1790000000", **more)


TARGETS = {
    Kind.CONTACT: "customer:8-1",
    Kind.ITEM: "noninventory:8-2",
    Kind.PAYMENT: "receipt:8-3",
    Kind.REFUND: "refund:8-7",
    Kind.ALLOCATION: "creditmemo:8-5/8-6",
}
LINES = ("L1", "ExpenseLineRet:L2", "ItemLineRet:L3", "JournalDebitLine:L4", "JournalCreditLine:L5")


@pytest.mark.parametrize("document", samples.every(), ids=lambda one: f"{one.kind}")
def test_every_create_is_valid(document: Document, facts: Facts, schema: Faults) -> None:
    assert schema(messages.named(rendered(document, facts), "0" * 24)) == []


@pytest.mark.parametrize("document", samples.every(), ids=lambda one: f"{one.kind}")
def test_every_change_and_removal_is_valid(document: Document, facts: Facts, schema: Faults) -> None:
    target = state(document.kind, TARGETS.get(document.kind, "8-4"), lines=LINES)
    for action in PROVIDER.writes[document.kind] - {Action.CREATE}:
        assert schema(rendered(document, facts, action, target)) == [], action


@pytest.mark.parametrize("feed", feeds.FEEDS, ids=lambda feed: feed.name)
def test_every_question_is_valid(feed: Any, schema: Faults) -> None:
    wants = [
        Want(feed),
        Want(feed, since=date(2026, 1, 1)),
        Want(feed, cursor="2026-03-01T09:30:00"),
        Want(feed, cursor="2026-03-01T09:30:00", progress='{"iterator": "{A}", "latest": "2026-03-01T09:31:00"}'),
    ]
    for want in wants:
        assert schema(feeds.ask(want, connectors.OWNER_ID)) == [], want


@pytest.mark.parametrize("document", samples.every(), ids=lambda one: f"{one.kind}")
def test_every_look_is_valid(document: Document, schema: Faults) -> None:
    target = state(document.kind, TARGETS.get(document.kind, "8-4"))
    looks = [samples.operation(document), samples.operation(document, Action.UPDATE, target, id=8)]
    assert schema(lookups.seek(looks)) == []


def test_the_sets_that_let_quickbooks_forget_and_remember_are_valid(schema: Faults) -> None:
    assert schema(messages.clearing("0" * 24, "13.0").encode()) == []
    assert schema(messages.answer_again("0" * 24, "13.0").encode()) == []


_FACTS = Facts(organisation=Organisation(id="f", name="f", base_currency="USD"))
TEXT = st.builds(lambda text, times: text * times, st.text(max_size=100), st.sampled_from((1, 60)))
AMOUNT = st.decimals(Decimal("-99999"), Decimal("99999"), places=2)


@settings(max_examples=25, deadline=None)
@given(name=TEXT, number=st.text(min_size=1, max_size=60), words=TEXT, amount=AMOUNT)
def test_whatever_people_type_makes_requests_that_quickbooks_can_read(
    name: str, number: str, words: str, amount: Decimal
) -> None:
    """No text, however odd or long, breaks the set: the builder refuses what the table does not allow."""
    for kind in (Kind.INVOICE, Kind.BILL):
        lines = (samples.line(str(abs(amount)), description=words, account="4000"),)
        document = samples.trade(kind, *lines, number=number, reference=words)
        fit = PROVIDER.fit(document, _FACTS)
        if "number_not_accepted" not in {problem.code for problem in fit.problems}:
            etree.fromstring(render.render([samples.operation(fit.document)], _FACTS).body)
    if name.strip():
        fit = PROVIDER.fit(samples.contact(name), _FACTS)
        if not fit.problems:
            etree.fromstring(render.render([samples.operation(fit.document)], _FACTS).body)


@settings(max_examples=25, deadline=None)
@given(name=st.text(min_size=1, max_size=80), number=st.text(min_size=1, max_size=60), words=TEXT, amount=AMOUNT)
def test_whatever_people_type_is_valid_for_quickbooks_own_schema(
    schema: Faults, name: str, number: str, words: str, amount: Decimal
) -> None:
    line = samples.line(str(abs(amount)), description=words, quantity=Decimal(3), unit_price=abs(amount) / 3)
    documents: list[Document] = [
        samples.contact(name, first_name=words, phone=number),
        samples.item(name, description=words),
        samples.trade(Kind.INVOICE, line, number=number, reference=words),
        samples.trade(Kind.BILL, line, number=number, reference=words),
        samples.journal(number=number, narration=words),
    ]
    for document in documents:
        fit = PROVIDER.fit(document, _FACTS)
        if not {problem.code for problem in fit.problems} & {"number_not_accepted", "name_not_accepted"}:
            assert schema(render.render([samples.operation(fit.document)], _FACTS).body) == []


def test_a_part_and_a_service_have_their_class_and_parent_the_other_way_round() -> None:
    order = {name: [field.name for field in layout.LAYOUTS[name]] for name in ("ItemServiceAdd", "ItemNonInventoryAdd")}
    assert order["ItemServiceAdd"].index("ClassRef") < order["ItemServiceAdd"].index("ParentRef")
    assert order["ItemNonInventoryAdd"].index("ParentRef") < order["ItemNonInventoryAdd"].index("ClassRef")


@pytest.mark.parametrize(
    "query", ["AccountQuery", "ClassQuery", "TermsQuery", "PaymentMethodQuery", "SalesTaxCodeQuery", "TxnDeletedQuery"]
)
def test_lists_that_come_whole_are_never_read_page_by_page(query: str) -> None:
    with pytest.raises(LayoutError, match="page by page"):
        qbxml.query(query, {}, "1", page=10)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"Name": "x" * 42}, "42 characters"),
        ({}, "needs Name"),
        ({"Name": "x", "Colour": "red"}, "has no Colour"),
        ({"Name": ["x", "y"]}, "takes one Name"),
        ({"Name": "x\x00"}, "characters that XML does not know"),
        ({"Name": "x", "TermsRef": Ref(name="t" * 32)}, "needs a name"),
    ],
)
def test_what_quickbooks_would_refuse_is_never_built(values: dict[str, Any], said: str) -> None:
    with pytest.raises(LayoutError, match=said):
        qbxml.request("CustomerAdd", values, "1")


@pytest.mark.parametrize("value", [Decimal("1.005"), 1.5, Decimal("99999999999999")])
def test_an_amount_that_is_not_exact_is_never_built(value: Any) -> None:
    with pytest.raises(LayoutError):
        qbxml.request("ReceivePaymentAdd", _receipt(value), "1")


def test_amounts_have_two_decimals_and_prices_as_many_as_they_need() -> None:
    assert "<TotalAmount>5.00</TotalAmount>" in qbxml.request("ReceivePaymentAdd", _receipt(Decimal(5)), "1")
    line = {"ItemRef": Ref("1"), "Quantity": Decimal("3.000000"), "Rate": Decimal("0.000010")}
    text = qbxml.request("InvoiceAdd", {"CustomerRef": Ref("1"), "InvoiceLineAdd": [line]}, "1")
    assert "<Quantity>3</Quantity><Rate>0.00001</Rate>" in text


def _receipt(amount: Any) -> dict[str, Any]:
    return {
        "CustomerRef": Ref("1"),
        "TotalAmount": amount,
        "DepositToAccountRef": Ref("2"),
        "AppliedToTxnAdd": {"TxnID": "3", "PaymentAmount": Decimal("1.00")},
    }


def test_a_payment_without_its_account_or_without_what_it_pays_is_never_built() -> None:
    for missing in ("DepositToAccountRef", "AppliedToTxnAdd"):
        values = {name: value for name, value in _receipt(Decimal(1)).items() if name != missing}
        with pytest.raises(LayoutError, match=missing):
            qbxml.request("ReceivePaymentAdd", values, "1")


def test_everything_is_plain_ascii_and_escaped_once() -> None:
    text = qbxml.request("CustomerAdd", {"Name": 'Ça & <Co> "x"'}, "1")
    assert text.isascii()
    assert "&#199;a &amp; &lt;Co&gt; &quot;x&quot;" in text
    assert etree.fromstring(text).findtext(".//Name") == 'Ça & <Co> "x"'
