from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from houses import contact, invoice, item, line, payment, trade

from hub.documents import (
    Account,
    AccountClass,
    BankAccount,
    Bill,
    Contact,
    CreditNote,
    Item,
    Kind,
    Payment,
    PaymentMethod,
    PaymentTerm,
    SupplierCredit,
    TaxRate,
    TradeDocument,
)
from hub.mapping import (
    Chart,
    Default,
    MappingList,
    Policy,
    Resolved,
    Resolver,
    Rules,
    Sources,
    fold,
    suggest_accounts,
    suggest_payment_accounts,
    suggest_payment_methods,
    suggest_tax_rates,
)


def account(code: str, name: str = "", account_class: AccountClass = AccountClass.REVENUE, **more: Any) -> Account:
    return Account(
        external_id=f"id-{code}", code=code, name=name or f"Account {code}", account_class=account_class, **more
    )


def tax(code: str, percent: str = "20", name: str = "", **more: Any) -> TaxRate:
    return TaxRate(external_id=f"id-{code}", code=code, name=name or code, percent=Decimal(percent), **more)


ACCOUNTS = {code: account(code) for code in ("L", "I", "D", "C", "DEFAULT")} | {
    "OLD": account("OLD", active=False),
    "BANK": account("BANK", "Bank", AccountClass.ASSET, takes_payments=True, takes_documents=False),
    "EUR": account("EUR", "Euro bank", AccountClass.ASSET, takes_payments=True, currency="EUR"),
    "STOCK": account("STOCK", "Inventory", AccountClass.ASSET),
    "TRACKED": account("TRACKED", "Stock on hand", AccountClass.EXPENSE, type="INVENTORY"),
}
TAXES = {code: tax(code) for code in ("TL", "TI", "TD", "TC", "TDEFAULT")} | {"TOLD": tax("TOLD", active=False)}
RULES = {
    ("account", "line"): "L",
    ("account", "item"): "I",
    ("account", "document"): "D",
    ("account", "contact"): "C",
    ("default", "sale_account"): "DEFAULT",
    ("default", "purchase_account"): "DEFAULT",
    ("tax_rate", "line"): "TL",
    ("tax_rate", "item"): "TI",
    ("tax_rate", "document"): "TD",
    ("tax_rate", "contact"): "TC",
    ("default", "sale_tax"): "TDEFAULT",
    ("default", "purchase_tax"): "TDEFAULT",
    ("payment_account", "till"): "BANK",
}
PLACES = ("line", "item", "document", "contact", "default")


def resolve(
    document: Any, rules: dict[tuple[str, str], str] | None = None, policy: Policy | None = None, **sources: Any
) -> Resolved:
    return Resolver(
        Rules(RULES if rules is None else rules), Chart(ACCOUNTS, TAXES), Sources(**sources), policy
    ).resolve(document)


def codes(resolved: Resolved) -> list[str]:
    return [problem.code for problem in resolved.problems]


def named_from(place: str) -> tuple[Any, Item, Contact]:
    """An invoice whose account and tax code are named at this place and at every less particular one."""
    at = PLACES.index(place)

    def code(name: str) -> str:
        return name if PLACES.index(name) >= at else ""

    document = invoice(
        lines=(line(account=code("line"), tax_code=code("line"), item_id="p1"),),
        account=code("document"),
        tax_code=code("document"),
    )
    an_item = item().model_copy(update={"sale_account": code("item"), "sale_tax": code("item")})
    a_contact = contact().model_copy(update={"account": code("contact"), "tax_code": code("contact")})
    return document, an_item, a_contact


# -- where a code comes from --------------------


@pytest.mark.parametrize(("place", "expected"), list(zip(PLACES, ("L", "I", "D", "C", "DEFAULT"), strict=True)))
def test_the_most_particular_place_that_names_a_code_decides(place: str, expected: str) -> None:
    document, an_item, a_contact = named_from(place)
    resolved = resolve(document, items={"p1": an_item}, contacts={"c1": a_contact})
    [one] = resolved.document.lines  # type: ignore[attr-defined]
    assert (one.account, one.tax_code) == (expected, "T" + expected)
    assert resolved.problems == []


@pytest.mark.parametrize("place", PLACES[:-1])
def test_the_trace_says_which_rule_fired(place: str) -> None:
    document, an_item, a_contact = named_from(place)
    trace = resolve(document, items={"p1": an_item}, contacts={"c1": a_contact}).trace
    assert any(sentence.startswith(f"account {place} of the {place} becomes") for sentence in trace)
    assert any(sentence.startswith(f"tax code {place} of the {place} becomes") for sentence in trace)


def test_a_default_says_that_it_is_one() -> None:
    document, an_item, a_contact = named_from("default")
    trace = resolve(document, items={"p1": an_item}, contacts={"c1": a_contact}).trace
    assert "no account in the source: the default DEFAULT Account DEFAULT is used" in trace


@pytest.mark.parametrize("place", PLACES[:-1])
def test_an_unmapped_code_holds_the_document_and_is_not_replaced_by_the_next_place(place: str) -> None:
    document, an_item, a_contact = named_from(place)
    rules = {key: value for key, value in RULES.items() if key != ("account", place)}
    resolved = resolve(document, rules, items={"p1": an_item}, contacts={"c1": a_contact})
    assert codes(resolved) == ["account_not_mapped"]
    assert resolved.document.lines[0].account == ""  # type: ignore[attr-defined]
    assert f"map:account:{place}" in resolved.facts


def test_codes_match_whatever_their_case_and_spacing() -> None:
    assert fold("  Sales   UK ") == "sales uk"
    resolved = resolve(invoice(lines=(line(account=" LINE ", tax_code="Line"),)))
    assert resolved.problems == []


def test_a_bill_uses_the_items_purchase_codes() -> None:
    bought = item().model_copy(update={"sale_account": "line", "purchase_account": "item", "purchase_tax": "item"})
    bill = trade(Bill, "b1", lines=(line(account="", tax_code="", item_id="p1"),))
    [one] = resolve(bill, items={"p1": bought}).document.lines  # type: ignore[attr-defined]
    assert (one.account, one.tax_code) == ("I", "TI")


def test_equal_codes_on_different_lines_keep_the_lines_own_amounts() -> None:
    two = (line("1.00", account="line", tax_code="line"), line("2.00", account="line", tax_code="line"))
    resolved = resolve(invoice(lines=two))
    assert [one.amount for one in resolved.document.lines] == [Decimal("1.00"), Decimal("2.00")]  # type: ignore[attr-defined]


def test_everything_that_was_consulted_is_a_fact() -> None:
    document, an_item, a_contact = named_from("default")
    facts = resolve(document, items={"p1": an_item}, contacts={"c1": a_contact}).facts
    assert {"source:item:p1", "link:contact:c1", "map:default:sale_account", "target:account:DEFAULT"} <= set(facts)


# -- what the target's lists allow --------------------


def test_an_archived_account_or_tax_rate_stops_the_document() -> None:
    rules = {**RULES, ("account", "line"): "OLD", ("tax_rate", "line"): "TOLD"}
    resolved = resolve(invoice(lines=(line(account="line", tax_code="line"),)), rules)
    assert codes(resolved) == ["account_not_usable", "tax_rate_not_usable"]


def test_an_account_that_the_ledger_no_longer_has_stops_the_document() -> None:
    rules = {**RULES, ("account", "line"): "NOWHERE"}
    assert codes(resolve(invoice(lines=(line(account="line", tax_code="line"),)), rules)) == ["account_not_usable"]


def test_a_bank_account_can_not_carry_a_line() -> None:
    rules = {**RULES, ("account", "line"): "BANK"}
    resolved = resolve(invoice(lines=(line(account="line", tax_code="line"),)), rules)
    assert codes(resolved) == ["account_not_for_documents"]


@pytest.mark.parametrize("model", [Bill, SupplierCredit])
@pytest.mark.parametrize("code", ["STOCK", "TRACKED"])
def test_with_the_periodic_method_goods_never_go_to_a_stock_account(model: Any, code: str) -> None:
    rules = {**RULES, ("account", "line"): code}
    bill = trade(model, "b1", lines=(line(account="line", tax_code="line"),))
    assert codes(resolve(bill, rules)) == ["stock_account_in_periodic"]
    assert codes(resolve(bill, rules, Policy(periodic=False))) == []


def test_a_freight_charge_may_go_to_an_asset_account() -> None:
    rules = {**RULES, ("account", "line"): "STOCK"}
    bill = trade(Bill, "b1", lines=(line(account="line", tax_code="line", purpose="charge"),))
    assert codes(resolve(bill, rules)) == []


# -- contacts, items, money --------------------


def test_a_sale_without_a_contact_goes_to_the_default_one() -> None:
    rules = {**RULES, ("default", Default.SALE_CONTACT): "walk-in"}
    for model in ("invoice", "credit_note"):
        document = invoice(contact_id="") if model == "invoice" else trade(CreditNote, "k1", contact_id="")
        assert resolve(document, rules).document.contact_id == "=walk-in"  # type: ignore[attr-defined]


def test_without_a_default_contact_it_is_held_and_waits_for_one() -> None:
    document = invoice(contact_id="", lines=(line(account="line", tax_code="line"),))
    resolved = resolve(document)
    assert codes(resolved) == ["contact_missing"]
    assert "map:default:sale_contact" in resolved.facts


def test_a_bill_never_goes_to_the_default_contact_for_sales() -> None:
    rules = {**RULES, ("default", Default.SALE_CONTACT): "walk-in"}
    bill = trade(Bill, "b1", contact_id="", lines=(line(account="line", tax_code="line"),))
    assert codes(resolve(bill, rules)) == ["contact_missing"]


def test_a_document_waits_for_its_contact_and_its_items() -> None:
    document = invoice(lines=(line(account="line", tax_code="line", item_id="p1"),))
    assert resolve(document, items={"p1": item()}).depends_on == [(Kind.CONTACT, "c1"), (Kind.ITEM, "p1")]


def test_with_items_switched_off_lines_name_none() -> None:
    document = invoice(lines=(line(account="line", tax_code="line", item_id="p1", item_code="TEA"),))
    resolved = resolve(document, policy=Policy(items_on=False), items={"p1": item()})
    [one] = resolved.document.lines  # type: ignore[attr-defined]
    assert (one.item_id, one.item_code) == ("", "")
    assert resolved.depends_on == [(Kind.CONTACT, "c1")]


def test_a_payment_account_is_never_a_default() -> None:
    rules = {("default", name.value): "BANK" for name in Default} | {("account", "cash"): "BANK"}
    for source in ("cash", ""):
        resolved = resolve(payment(account=source), rules)
        assert codes(resolved) == ["payment_account_not_mapped"]
        assert resolved.document.account == ""  # type: ignore[attr-defined]


def test_a_payment_goes_to_the_account_it_is_mapped_to() -> None:
    resolved = resolve(payment(account="Till"))
    assert resolved.document.account == "BANK"  # type: ignore[attr-defined]
    assert resolved.problems == []
    assert resolved.depends_on == [(Kind.INVOICE, "i1")]


def test_a_payment_account_must_take_payments_in_that_currency() -> None:
    for code, expected in (
        ("L", "account_takes_no_payments"),
        ("EUR", "payment_currency"),
        ("OLD", "account_not_usable"),
    ):
        assert expected in codes(resolve(payment(account="till"), {("payment_account", "till"): code}))


def method_of(found: Resolved) -> str:
    assert isinstance(found.document, Payment)
    return found.document.payment_method


def paid_with(kind: Kind = Kind.INVOICE, mapped: str = "Cash", **methods: bool) -> Resolved:
    listed = {fold(name): PaymentMethod(external_id=name, name=name, active=active) for name, active in methods.items()}
    rules = {**RULES, **({("payment_method", "till"): mapped} if mapped else {})}
    chart = Chart(ACCOUNTS, TAXES, payment_methods=listed)
    return Resolver(Rules(rules), chart, Sources()).resolve(payment(account="Till", document_kind=kind))


def test_a_customers_payment_says_the_method_that_its_account_stands_for() -> None:
    found = paid_with(Cash=True)
    assert (method_of(found), codes(found)) == ("Cash", [])
    assert "payment account Till stands for the payment method Cash" in found.trace
    assert {"map:payment_method:till", "target:payment_method:cash"} <= set(found.facts)
    assert method_of(paid_with(Kind.BILL, Cash=True)) == ""


def test_a_payment_without_a_method_waits_for_none() -> None:
    for found in (paid_with(mapped="", Cash=True), paid_with(mapped="")):
        assert (method_of(found), codes(found), found.warnings) == ("", [], [])
    assert "map:payment_method:till" not in paid_with(mapped="").facts, "a ledger without such a list rests on nothing"


@pytest.mark.parametrize("methods", [{}, {"Cash": False}, {"Visa": True}])
def test_a_method_that_the_ledger_no_longer_has_is_left_out_with_a_warning(methods: dict[str, bool]) -> None:
    found = paid_with(Kind.INVOICE, "Cash", **methods)
    assert (method_of(found), codes(found)) == ("", [])
    assert found.warnings == ["The ledger has no payment method Cash to use any more. It is posted without."]


def test_a_payment_method_is_suggested_only_by_the_name_of_the_account() -> None:
    cash, old = PaymentMethod(external_id="1", name="Cash"), PaymentMethod(external_id="2", name="Visa", active=False)
    till = BankAccount(external_id="b", code="091", name="cash")
    accounts = [account("092", "Visa"), account("Cash", "Bank")]
    assert suggested(suggest_payment_methods([till, *accounts], [cash, old])) == {"091": "Cash"}


def on_terms(name: str, *listed: PaymentTerm) -> Resolved:
    chart = Chart(ACCOUNTS, TAXES, payment_terms={fold(term.name): term for term in listed})
    lines = (line(account="line", tax_code="line"),)
    return Resolver(Rules(RULES), chart, Sources()).resolve(invoice(payment_term=name, lines=lines))


def terms_of(found: Resolved) -> str:
    assert isinstance(found.document, TradeDocument)
    return found.document.payment_term


def test_terms_are_the_ledgers_own_of_the_same_name() -> None:
    found = on_terms("NET  30", PaymentTerm(external_id="1", name="Net 30", days=30))
    assert terms_of(found) == "Net 30"
    assert "payment terms NET  30 are Net 30 in the ledger" in found.trace
    assert "target:payment_term:net 30" in found.facts


def test_terms_that_the_ledger_has_not_or_no_longer_uses_are_left_out() -> None:
    others = (
        PaymentTerm(external_id="1", name="Net 30", days=30),
        PaymentTerm(external_id="2", name="30", active=False),
    )
    for name in ("30 days", "30"):
        found = on_terms(name, *others)
        assert (terms_of(found), codes(found), found.warnings) == ("", [], [])
        assert f"the ledger has no payment terms {name} in use: the due date alone counts" in found.trace


def test_a_ledger_without_terms_sees_none_of_the_stock_systems() -> None:
    found = on_terms("30 days")
    assert found.document == on_terms("").document
    assert not [fact for fact in found.facts if "payment_term" in fact]


def test_an_items_unmapped_codes_are_left_out_since_documents_decide() -> None:
    sold = item().model_copy(update={"sale_account": "line", "purchase_account": "unknown", "sale_tax": "line"})
    resolved = resolve(sold)
    mapped = resolved.document
    assert isinstance(mapped, Item)
    assert (mapped.sale_account, mapped.purchase_account, mapped.sale_tax) == ("L", "", "TL")
    assert resolved.problems == []


# -- suggestions --------------------


def suggested(found: Any) -> dict[str, str]:
    return {one.source_code: one.target_code for one in found}


def test_accounts_are_suggested_by_code_and_name_and_never_across_classes() -> None:
    source = [
        account("200", "Sales"),
        account("201", "Other name"),
        account("X", "Sales abroad"),
        account("310", "Cost", AccountClass.EXPENSE),
    ]
    target = [
        account("200", "Sales"),
        account("201", "Freight"),
        account("T", "Sales abroad"),
        account("310", "Cost of", AccountClass.ASSET),
    ]
    assert suggested(suggest_accounts(source, target, periodic=False)) == {"200": "200", "201": "201", "X": "T"}


def test_with_the_periodic_method_a_stock_account_is_suggested_for_purchases() -> None:
    source = [account("630", "Inventory", AccountClass.ASSET)]
    target = [
        account("630", "Inventory", AccountClass.ASSET),
        account("310", "Purchases", AccountClass.EXPENSE, type="DIRECTCOSTS"),
    ]
    assert suggested(suggest_accounts(source, target, periodic=True)) == {"630": "310"}
    assert suggested(suggest_accounts(source, target, periodic=False)) == {"630": "630"}
    assert suggested(suggest_accounts(source, target[:1], periodic=True)) == {}


def test_an_archived_account_is_not_suggested() -> None:
    assert suggested(suggest_accounts([account("200")], [account("200", active=False)], periodic=False)) == {}


def test_money_accounts_are_suggested_only_when_code_and_name_agree() -> None:
    bank = account("090", "Bank", AccountClass.ASSET, takes_payments=True)
    assert suggested(suggest_payment_accounts([account("090", "Bank")], [bank])) == {"090": "090"}
    assert suggested(suggest_payment_accounts([account("090", "Till")], [bank])) == {}
    assert suggested(suggest_payment_accounts([account("200", "Sales")], [account("200", "Sales")])) == {}


def test_a_special_tax_is_never_suggested_by_rate() -> None:
    target = [tax("EXEMPT", "0", special=True), tax("RC", "20", special=True), tax("NONE", "0")]
    for source in (tax("A", "0"), tax("B", "20"), tax("C", "0", special=True)):
        assert suggested(suggest_tax_rates([source], target)) == {}


def test_an_ordinary_tax_is_suggested_by_rate_when_only_one_fits() -> None:
    assert suggested(suggest_tax_rates([tax("A", "20")], [tax("S", "20")])) == {"A": "S"}
    assert suggested(suggest_tax_rates([tax("A", "20")], [tax("S", "20"), tax("S2", "20")])) == {}


def test_a_tax_of_the_same_name_and_another_rate_is_not_suggested() -> None:
    assert suggested(suggest_tax_rates([tax("A", "20", "VAT")], [tax("B", "17.5", "VAT"), tax("C", "20")])) == {}
    assert suggested(suggest_tax_rates([tax("A", "20", "VAT")], [tax("B", "20", "vat ")])) == {"A": "B"}


def test_the_lists_have_the_names_that_are_stored() -> None:
    documents = {"account", "tax_rate", "payment_account", "payment_method", "default"}
    assert {one.value for one in MappingList} == documents | {"tracking", "tracking_option"}
