"""The endpoints of customers, suppliers, products and the reference lists (documentation pages of these
names).
"""

from __future__ import annotations

from sim_cin7core import chart, stamps
from sim_cin7core.account import Account
from sim_cin7core.exchange import Answer, Call, RefusedError
from sim_cin7core.lines_view import encoded
from sim_cin7core.lists import Page, envelope, moment, reference
from sim_cin7core.records import Card, JsonObject
from sim_cin7core.store import Collection

_OPTIONAL = {
    "includesuppliers": "Suppliers",
    "includemovements": "Movements",
    "includeattachments": "Attachments",
    "includereorderlevels": "ReorderLevels",
    "includebom": "BillOfMaterialsProducts",
}


def customers(account: Account, call: Call) -> Answer:
    """GET customer."""
    return _cards(account, call, account.store.customers, "CustomerList")


def suppliers(account: Account, call: Call) -> Answer:
    """GET supplier."""
    return _cards(account, call, account.store.suppliers, "SupplierList")


def products(account: Account, call: Call) -> Answer:
    """GET product."""
    return _cards(account, call, account.store.products, "Products")


def _cards(account: Account, call: Call, collection: Collection[Card], key: str) -> Answer:
    """By ID, or by start of Name and Sku and by ModifiedSince; deprecated ones only on request."""
    page = Page.of(call, account.switches)
    record_id, since = call.text("id"), moment(call, "modifiedsince")
    prefixes = {
        field: text.casefold() for name, field in (("name", "Name"), ("sku", "SKU")) if (text := call.text(name))
    }
    deprecated = call.flag("includedeprecated") or record_id is not None

    def choose() -> list[Card]:
        cards = collection.in_order()
        if record_id is not None:
            cards = [card for card in cards if card.id.lower() == record_id.lower()]
        return [
            card
            for card in cards
            if (since is None or card.updated > since)
            and (deprecated or card.fields["Status"] != "Deprecated")
            and all(str(card.fields.get(field, "")).casefold().startswith(text) for field, text in prefixes.items())
        ]

    chosen = account.selections.get(
        (key, record_id, since, tuple(prefixes.items()), deprecated), collection.version, choose
    )
    hidden = frozenset(field for name, field in _OPTIONAL.items() if not call.flag(name))
    variant = f"card {sorted(hidden)}"
    rows = [
        account.store.rendered.get(card.id, variant, lambda card=card: encoded(_shown(card, hidden)))  # type: ignore[misc]
        for card in page.of_rows(chosen)
    ]
    return envelope(page, len(chosen), key, rows)


def _shown(card: Card, hidden: frozenset[str]) -> JsonObject:
    fields = {name: [] if name in hidden else value for name, value in card.fields.items()}
    return {**fields, "LastModifiedOn": stamps.shown(card.updated)}


def me(account: Account, call: Call) -> Answer:
    """GET me."""
    return Answer.json(account.me)


def accounts(account: Account, call: Call) -> Answer:
    """GET ref/account: an unknown code is an error, not an empty list (seen live)."""
    rows = account.accounts
    if (code := call.text("code")) is not None:
        rows = [row for row in rows if row["Code"].casefold() == code.casefold()]
        if not rows:
            raise RefusedError(400, "Account with specified ID not found")
    return reference(
        call, account.switches, "AccountsList", _filtered(call, rows, {"name": "Name"}, ("Type", "Status"))
    )


def bank_accounts(account: Account, call: Call) -> Answer:
    """GET ref/account/bank; ID takes the account code."""
    rows = chart.banks()
    if (wanted := call.text("id")) is not None:
        rows = [
            row for row in rows if wanted.casefold() in (row["AccountCode"].casefold(), row["AccountID"].casefold())
        ]
    return reference(
        call, account.switches, "BankAccountsList", _filtered(call, rows, {"name": "AccountName"}, ("Bank",))
    )


def tax_rules(account: Account, call: Call) -> Answer:
    """GET ref/tax."""
    rows = _filtered(
        call,
        account.tax_rules,
        {"name": "Name"},
        ("ID", "IsActive", "IsTaxForSale", "IsTaxForPurchase", "Account"),
    )
    return reference(call, account.switches, "TaxRuleList", rows)


def payment_terms(account: Account, call: Call) -> Answer:
    """GET ref/paymentterm: inactive ones are listed too."""
    rows = _filtered(call, chart.payment_terms(), {"name": "Name"}, ("ID", "Method", "IsActive", "IsDefault"))
    return reference(call, account.switches, "PaymentTermList", rows)


def locations(account: Account, call: Call) -> Answer:
    """GET ref/location."""
    rows = _filtered(call, chart.locations(), {"name": "Name"}, ("ID",))
    return reference(call, account.switches, "LocationList", rows)


def customer_credits(account: Account, call: Call) -> Answer:
    """GET ref/customer/credits: always empty here, and without Total."""
    return envelope(Page.of(call, account.switches), None, "CustomerCredits", [])


def supplier_deposits(account: Account, call: Call) -> Answer:
    """GET ref/supplier/deposits: always empty here, and without Total."""
    return envelope(Page.of(call, account.switches), None, "SupplierDeposits", [])


def _filtered(call: Call, rows: list[JsonObject], prefixes: dict[str, str], exact: tuple[str, ...]) -> list[JsonObject]:
    for name, field in prefixes.items():
        if (text := call.text(name)) is not None:
            rows = [row for row in rows if str(row[field]).casefold().startswith(text.casefold())]
    for field in exact:
        if (text := call.text(field.lower())) is not None:
            rows = [row for row in rows if str(row[field]).casefold() == text.casefold()]
    return rows
