"""What the actions share: finding records and reading parameters."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from sim_cin7core import chart
from sim_cin7core.account import Account
from sim_cin7core.records import EMPTY_ID, EXCLUSIVE, Card, Document, JsonObject, Line, Task, price_line
from sim_cin7core.store import Collection


class ImpossibleError(Exception):
    """Core would not let a person do this; ``status`` is for the admin answer."""

    def __init__(self, text: str, status: int = 409) -> None:
        super().__init__(text)
        self.status = status


def task_of(account: Account, params: JsonObject, side: str | None = None) -> Task:
    """The task that ``id`` or ``number`` (order number) names, on one side or on both."""
    sides: dict[str, Collection[Task]] = {"sale": account.store.sales, "purchase": account.store.purchases}
    for collection in [sides[side]] if side else list(sides.values()):
        found = collection.find(str(params.get("id", "")))
        found = found or next((task for task in collection if task.number == params.get("number")), None)
        if found is not None:
            return found
    raise ImpossibleError("no such sale or purchase", 404)


def document_of(documents: list[Document], params: JsonObject, key: str = "document") -> Document:
    """The document whose TaskID or number is given; the last one without it."""
    wanted = params.get(key)
    chosen = [item for item in documents if wanted in (None, item.task_id, item.number)]
    if not chosen:
        raise ImpossibleError("no such document", 404)
    return chosen[-1]


def card_of(collection: Collection[Card], params: JsonObject) -> Card:
    """The card that ``id`` or ``name`` (or ``sku``) names."""
    found = collection.find(str(params.get("id", "")))
    for card in collection if found is None else ():
        if params.get("name") == card.name or (params.get("sku") and params["sku"] == card.fields.get("SKU")):
            found = card
    if found is None:
        raise ImpossibleError("no such card", 404)
    return found


def money(value: object) -> Decimal:
    """A number of a parameter, never through a binary fraction."""
    try:
        return Decimal(str(value))
    except InvalidOperation as error:
        raise ImpossibleError(f"{value!r} is not a number", 400) from error


def day_of(params: JsonObject, key: str = "date", default: date | None = None) -> date:
    """A date parameter (YYYY-MM-DD)."""
    return date.fromisoformat(str(params[key])) if params.get(key) else default or datetime.now(UTC).date()


def percent_of(rule: str) -> Decimal:
    """The percentage of a tax rule; refused when there is no such rule."""
    try:
        return chart.tax_percent(rule)
    except KeyError as error:
        raise ImpossibleError(f"no tax rule {rule}", 400) from error


def check_code(account: Account, code: str) -> None:
    """Refuse an account code that is not in the chart."""
    if code not in {row["Code"] for row in account.accounts}:
        raise ImpossibleError(f"no account {code}", 400)


def product_of(account: Account, sku: str) -> Card:
    """The product with this SKU in any letter case."""
    found = (card for card in account.store.products if str(card.fields["SKU"]).casefold() == sku.casefold())
    card = next(found, None)
    if card is None:
        raise ImpossibleError(f"no product {sku}", 400)
    return card


def lines_of(
    account: Account,
    given: list[JsonObject],
    tax_rule: str,
    calculation: str = EXCLUSIVE,
    default_account: str = chart.SALES,
) -> tuple[Line, ...]:
    """Lines from ``{"sku", "name", "quantity", "price", "discount", "tax_rule", "account", "comment"}``.

    With ``sku`` it is a product line, otherwise an additional charge. An unknown tax rule or account is
    refused.
    """
    return tuple(_line(account, item, tax_rule, calculation, default_account) for item in given)


def _line(account: Account, item: JsonObject, tax_rule: str, calculation: str, default_account: str) -> Line:
    rule, code = str(item.get("tax_rule", tax_rule)), str(item.get("account", default_account))
    check_code(account, code)
    sku = str(item.get("sku", ""))
    card = product_of(account, sku) if sku else None
    percent = percent_of(rule)
    name = str(item.get("name") or (card.name if card else "Charge"))
    line = Line(
        name,
        money(item.get("quantity", 1)),
        money(item.get("price", 0)),
        Decimal(0),
        rule,
        code,
        sku=sku,
        discount=money(item.get("discount", 0)),
        comment=str(item.get("comment", "")),
        average_cost=money(item.get("average_cost", card.fields["AverageCost"] if card else 0)),
        product_id=card.id if card else EMPTY_ID,
    )
    return price_line(line, percent, calculation)


_numbers = itertools.count(1)


def fresh(account: Account, prefix: str) -> str:
    """A number or key not used before in this account."""
    tasks = (account.store.sales, account.store.purchases)
    used = {task.number for collection in tasks for task in collection}
    used |= {document.number for collection in tasks for task in collection for document in task.documents()}
    used |= {work.number for work in account.store.stock_tasks} | {item.number for item in account.store.journals}
    return next(text for number in _numbers if (text := f"{prefix}{number:05d}") not in used)
