"""Short ways for tests to put single records into a simulator; each returns the stored record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

from sim_cin7core.person.action import ImpossibleError
from sim_cin7core.records import Card, JsonObject, Task
from sim_cin7core.simulator import Simulator
from sim_cin7core.stock_records import StockTask
from sim_cin7core.store import Collection

R = TypeVar("R", Card, Task, StockTask)
Item = tuple[str, int | str | Decimal, int | str | Decimal]


def new_customer(simulator: Simulator, name: str = "Acme", **fields: object) -> Card:
    """A customer; ``fields`` by Core's names, for instance ``Currency="EUR"``."""
    shown = simulator.person("create_customer", name=name, currency=str(fields.get("Currency", "GBP")), fields=fields)
    return _stored(simulator.store.customers, shown)


def new_supplier(simulator: Simulator, name: str = "Carlton", **fields: object) -> Card:
    """A supplier; ``fields`` by Core's names."""
    shown = simulator.person("create_supplier", name=name, currency=str(fields.get("Currency", "GBP")), fields=fields)
    return _stored(simulator.store.suppliers, shown)


def new_product(simulator: Simulator, sku: str = "BREAD", name: str | None = None, **fields: object) -> Card:
    """A product; ``fields`` by Core's names."""
    return _stored(
        simulator.store.products, simulator.person("create_product", sku=sku, name=name or sku, fields=fields)
    )


def new_sale(
    simulator: Simulator,
    customer: str = "Acme",
    items: Sequence[Item] = (("BREAD", 10, 10),),
    day: date = date(2026, 3, 2),
    **params: object,
) -> Task:
    """A sale with one authorised invoice of ``items`` (SKU, quantity, price); customer and products are
    made when they are not there yet. ``params`` as for the action create_sale."""
    _prepare(simulator, items)
    if not any(card.name == customer for card in simulator.store.customers):
        new_customer(simulator, customer, **_currency(params))
    shown = simulator.person("create_sale", customer=customer, lines=_lines(items), date=day.isoformat(), **params)
    return _stored(simulator.store.sales, shown)


def new_purchase(
    simulator: Simulator,
    supplier: str = "Carlton",
    items: Sequence[Item] = (("BREAD", 10, 4),),
    day: date = date(2026, 3, 2),
    **params: object,
) -> Task:
    """A purchase with one authorised bill, as ``new_sale``; ``params`` as for the action create_purchase."""
    _prepare(simulator, items)
    if not any(card.name == supplier for card in simulator.store.suppliers):
        new_supplier(simulator, supplier, **_currency(params))
    shown = simulator.person("create_purchase", supplier=supplier, lines=_lines(items), date=day.isoformat(), **params)
    return _stored(simulator.store.purchases, shown)


def new_stock(
    simulator: Simulator,
    sku: str = "BREAD",
    quantity: int | str | Decimal = 100,
    unit_cost: int | str | Decimal = 2,
    day: date = date(2026, 3, 1),
    **params: object,
) -> StockTask:
    """So much new stock by an adjustment; the product is made when it is not there yet. ``params`` as for the action
    create_adjustment."""
    _prepare(simulator, [(sku, quantity, unit_cost)])
    line = {"sku": sku, "quantity": str(quantity), "unit_cost": str(unit_cost)}
    shown = simulator.person("create_adjustment", lines=[line], date=day.isoformat(), **params)
    return _stored(simulator.store.stock_tasks, {"ID": shown["TaskID"]})


def _prepare(simulator: Simulator, items: Sequence[Item]) -> None:
    known = {str(card.fields["SKU"]).casefold() for card in simulator.store.products}
    for sku in dict.fromkeys(sku for sku, _, _ in items):
        if sku.casefold() not in known:
            new_product(simulator, sku)


def _lines(items: Sequence[Item]) -> list[JsonObject]:
    return [{"sku": sku, "quantity": str(quantity), "price": str(price)} for sku, quantity, price in items]


def _currency(params: dict[str, object]) -> dict[str, object]:
    return {"Currency": params["currency"]} if "currency" in params else {}


def _stored(collection: Collection[R], shown: JsonObject) -> R:
    record = collection.find(str(shown["ID"]))
    if record is None:
        raise ImpossibleError("the record was not stored")
    return record
