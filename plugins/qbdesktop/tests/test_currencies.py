"""Foreign currencies, and companies with several receivable or payable accounts."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import desktop_samples as samples
import pytest
from hub_qbdesktop import feeds, render
from hub_qbdesktop.connectors import OWNER_ID
from hub_qbdesktop.provider import QuickBooksProvider
from lxml import etree

from hub import Account, AccountClass, Document, Facts, Kind, Organisation, Page, Want

PROVIDER = QuickBooksProvider()
FEEDS = {feed.name: feed for feed in feeds.FEEDS}
EURO: dict[str, Any] = {"currency": "EUR", "rate": Decimal("1.0748")}
MANY = Organisation(id="f1", name="Acme Inc", base_currency="USD", currencies=("EUR", "USD"))


def account(code: str, type: str, currency: str = "", **more: Any) -> Account:
    sort = AccountClass.LIABILITY if type == "AccountsPayable" else AccountClass.ASSET
    values = {"external_id": f"8000-{code}", "name": code, "account_class": sort, "currency": currency}
    return Account(code=code, type=type, **{**values, **more})


def with_accounts(facts: Facts, *accounts: Account, organisation: Organisation = MANY) -> Facts:
    more = {each.code: each for each in accounts}
    return replace(facts, organisation=organisation, accounts={**facts.accounts, **more})


@pytest.fixture
def several(facts: Facts) -> Facts:
    """A company that keeps dollars and euros, with accounts in both."""
    return with_accounts(
        facts,
        account("1100", "AccountsReceivable", system="AccountsReceivable"),
        account("1101", "AccountsReceivable", "EUR"),
        account("2000", "AccountsPayable"),
        account("2001", "AccountsPayable", "EUR"),
        account("1001", "Bank", "EUR"),
    )


def body(document: Document, facts: Facts) -> etree._Element:
    fit = PROVIDER.fit(document, facts)
    assert fit.problems == ()
    content = render.render([samples.operation(fit.document)], facts).body
    return list(etree.fromstring(content).iterfind("QBXMLMsgsRq/*"))[-1]


def codes(document: Document, facts: Facts) -> list[str]:
    return [problem.code for problem in PROVIDER.fit(document, facts).problems]


FOREIGN = [
    samples.trade(Kind.INVOICE, **EURO),
    samples.trade(Kind.CREDIT_NOTE, **EURO),
    samples.trade(Kind.BILL, **EURO),
    samples.trade(Kind.SUPPLIER_CREDIT, **EURO),
    samples.payment(account="1001", **EURO),
    samples.payment(Kind.BILL, account="1001", **EURO),
]


@pytest.mark.parametrize("document", FOREIGN, ids=lambda one: f"{one.kind}")
def test_a_foreign_document_is_held_where_only_the_home_currency_is_kept(document: Document, facts: Facts) -> None:
    assert codes(document, facts) == ["currency_not_home"]


@pytest.mark.parametrize("document", FOREIGN, ids=lambda one: f"{one.kind}")
def test_a_foreign_document_says_its_rate_and_the_account_of_its_currency(document: Document, several: Facts) -> None:
    request = body(document, several)
    assert request.findtext(".//ExchangeRate") == "1.0748"
    control = request.findtext(".//ARAccountRef/ListID") or request.findtext(".//APAccountRef/ListID")
    assert control in ("8000-1101", "8000-2001")


@pytest.mark.parametrize("document", FOREIGN, ids=lambda one: f"{one.kind}")
def test_without_an_account_of_its_currency_a_foreign_document_is_held(document: Document, facts: Facts) -> None:
    """QuickBooks would take the amounts for home currency where the customer is kept in it."""
    assert codes(document, replace(facts, organisation=MANY)) == ["no_account_in_currency"]


def test_a_use_of_a_credit_names_accounts_of_its_currency_and_no_rate(several: Facts) -> None:
    request = body(samples.allocation(currency="EUR"), several)
    assert request.findtext(".//ARAccountRef/ListID") == "8000-1101"
    assert request.findtext(".//DepositToAccountRef/ListID") == "8000-1001"
    assert request.find(".//ExchangeRate") is None


def test_a_document_in_home_currency_says_no_rate(several: Facts) -> None:
    request = body(samples.trade(Kind.INVOICE, rate=Decimal(1)), several)
    assert request.find(".//ExchangeRate") is None
    assert request.findtext(".//ARAccountRef/ListID") == "8000-1100"


def test_a_rate_never_has_an_exponent(several: Facts) -> None:
    request = body(samples.trade(Kind.BILL, currency="EUR", rate=Decimal("0.0000661")), several)
    assert request.findtext(".//ExchangeRate") == "0.0000661"


def test_where_there_is_one_receivable_account_nothing_is_said_of_it(facts: Facts) -> None:
    one = with_accounts(facts, account("1100", "AccountsReceivable"), organisation=facts.organisation)
    assert body(samples.trade(Kind.INVOICE), one).find(".//ARAccountRef") is None


def test_of_several_receivable_accounts_document_and_payment_name_the_same_one(facts: Facts) -> None:
    """QuickBooks finds an invoice only in the account that the payment names; its own comes before others."""
    both = with_accounts(
        facts,
        account("1050", "AccountsReceivable"),
        account("1100", "AccountsReceivable", system="AccountsReceivable"),
        account("1020", "AccountsReceivable", active=False),
        organisation=facts.organisation,
    )
    documents = (samples.trade(Kind.INVOICE), samples.payment(), samples.allocation())
    assert {body(each, both).findtext(".//ARAccountRef/ListID") for each in documents} == {"8000-1100"}


def test_a_new_customer_is_made_in_its_own_currency_where_several_are_kept(several: Facts) -> None:
    assert body(samples.contact(currency="EUR"), several).findtext(".//CurrencyRef/FullName") == "Euro"
    assert body(samples.contact(currency="USD"), several).find(".//CurrencyRef") is None
    assert codes(samples.contact(currency="GBP"), several) == ["currency_not_home"]
    thai = replace(several, organisation=MANY.model_copy(update={"currencies": ("THB", "USD")}))
    assert codes(samples.contact(currency="THB"), thai) == ["currency_name_unknown"]


def test_where_one_currency_is_kept_a_contact_is_made_without_any(facts: Facts) -> None:
    assert body(samples.contact(currency="EUR"), facts).find(".//CurrencyRef") is None


PREFERENCES = (
    "<PreferencesRet><MultiCurrencyPreferences><IsMultiCurrencyOn>{}</IsMultiCurrencyOn><HomeCurrencyRef>"
    "<FullName>US Dollar</FullName></HomeCurrencyRef></MultiCurrencyPreferences></PreferencesRet>"
)
CURRENCIES = "".join(
    f"<CurrencyRet><Name>{name}</Name><IsActive>{active}</IsActive><CurrencyCode>{code}</CurrencyCode></CurrencyRet>"
    for name, code, active in (("US Dollar", "USD", "true"), ("Euro", "EUR", "true"), ("Baht", "THB", "false"))
)
RECEIVABLES = "".join(
    f"<AccountRet><ListID>{id}</ListID><FullName>{id}</FullName><AccountType>AccountsReceivable</AccountType>"
    f"<CurrencyRef><FullName>{name}</FullName></CurrencyRef></AccountRet>"
    for id, name in (("A", "US Dollar"), ("B", "Euro"), ("C", "Baht"))
)


def hear(feed: str, *inner: str) -> Page:
    replies = "".join(
        f'<R{number}Rs requestID="{number}" statusCode="{0 if each else 3250}">{each}</R{number}Rs>'
        for number, each in enumerate(inner, 1)
    )
    content = f"<QBXML><QBXMLMsgsRs>{replies}</QBXMLMsgsRs></QBXML>".encode()
    return feeds.hear(Want(FEEDS[feed]), content, OWNER_ID)


def organisation(preferences: str, currencies: str) -> Organisation:
    company = "<CompanyRet><CompanyName>Acme</CompanyName></CompanyRet>"
    host = "<HostRet><Country>US</Country></HostRet>"
    found = hear("organisation", host, company, preferences, currencies).organisation
    assert found is not None
    return found


def test_a_company_with_several_currencies_tells_the_active_ones() -> None:
    found = organisation(PREFERENCES.format("true"), CURRENCIES)
    assert (found.base_currency, found.currencies) == ("USD", ("EUR", "USD"))


@pytest.mark.parametrize("currencies", [CURRENCIES, ""], ids=("listed", "refused"))
def test_a_company_that_keeps_one_currency_has_only_that(currencies: str) -> None:
    assert organisation(PREFERENCES.format("false"), currencies).currencies == ("USD",)


def test_an_account_in_another_currency_says_so_and_one_in_the_home_currency_does_not() -> None:
    page = hear("accounts", RECEIVABLES, CURRENCIES, PREFERENCES.format("true"))
    found = {each.external_id: each for record in page.records for each in record.documents}
    assert [(id, getattr(each, "currency", "")) for id, each in found.items()] == [
        ("A", ""),
        ("B", "EUR"),
        ("C", "THB"),
    ]
