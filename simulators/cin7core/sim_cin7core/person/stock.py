"""Adjusting, counting and writing off stock, putting products together and taking them apart."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sim_cin7core import chart, work_view
from sim_cin7core.account import Account
from sim_cin7core.person.action import ImpossibleError, check_code, day_of, fresh, money, product_of
from sim_cin7core.records import DRAFT, ZERO, JsonObject, identifier
from sim_cin7core.stock_records import (
    ADJUSTMENT,
    ASSEMBLY,
    COMPLETED,
    DISASSEMBLY,
    PREFIXES,
    STATUSES,
    STOCKTAKE,
    WRITE_OFF,
    ServiceLine,
    StockLine,
    StockTask,
)


def create_adjustment(account: Account, params: JsonObject) -> JsonObject:
    """``lines`` (``{"sku", "quantity", "unit_cost"}``): the new quantity on hand; with a unit cost it is so much new
    stock instead. Optional account, date, number, reference, comment, ``complete`` false or a ``status``."""
    return _created(account, params, ADJUSTMENT, lines=_counted(account, params))


def create_stocktake(account: Account, params: JsonObject) -> JsonObject:
    """As ``create_adjustment``: what was counted of each product."""
    return _created(account, params, STOCKTAKE, lines=_counted(account, params))


def create_write_off(account: Account, params: JsonObject) -> JsonObject:
    """``lines`` (``{"sku", "quantity", "account"}``): what is lost; optional account, date, comment and so on."""
    return _created(account, params, WRITE_OFF, lines=_pieces(account, params))


def create_assembly(account: Account, params: JsonObject) -> JsonObject:
    """``quantity`` of product ``sku`` out of ``lines`` (``{"sku", "quantity"}`` in all, not for one) and ``services``
    (``{"name", "account", "amount"}``); optional wip_account, account, wip_date, ``started`` (the day of creation),
    date (of completion), comment, ``complete`` false or a ``status``."""
    return _made(account, params, ASSEMBLY)


def create_disassembly(account: Account, params: JsonObject) -> JsonObject:
    """``quantity`` of product ``sku`` into ``lines`` (``{"sku", "quantity", "unit_cost", "account"}``, the cost being
    what a part is worth beside the others); all else as for ``create_assembly``."""
    return _made(account, params, DISASSEMBLY)


def _made(account: Account, params: JsonObject, kind: str) -> JsonObject:
    card, day = product_of(account, str(params["sku"])), day_of(params)
    inventory = account.books.catalogue.inventory(card.id)
    wip_account = str(params.get("wip_account", inventory))
    check_code(account, wip_account)
    services = tuple(
        ServiceLine(str(given["name"]), str(given["account"]), money(given["amount"]))
        for given in params.get("services", [])
    )
    for service in services:
        check_code(account, service.account)
    return _created(
        account,
        {"account": inventory, **params},
        kind,
        lines=_pieces(account, params),
        services=services,
        product_id=card.id,
        sku=str(card.fields["SKU"]),
        name=card.name,
        quantity=_positive(params["quantity"]),
        wip_account=wip_account,
        wip_date=day_of(params, "wip_date", day),
    )


def _created(account: Account, params: JsonObject, kind: str, **content: Any) -> JsonObject:
    stamp, day = account.store.next_stamp(), day_of(params)
    number = str(params.get("number") or fresh(account, PREFIXES[kind]))
    code = str(params.get("account", chart.DISCREPANCY))
    status = str(params.get("status", COMPLETED if params.get("complete", True) else DRAFT))
    check_code(account, code)
    if status not in STATUSES[kind]:
        raise ImpossibleError(f"{kind} can not be {status}", 400)
    task = StockTask(
        identifier(kind, number, stamp),
        kind,
        number,
        status,
        day,
        code,
        stamp,
        stamp,
        day_of(params, "started", day),
        reference=str(params.get("reference", "")),
        comment=str(params.get("comment", "")),
        **content,
    )
    account.store.add(task)
    return work_view.detail(task, account)


def _counted(account: Account, params: JsonObject) -> tuple[StockLine, ...]:
    return tuple(_count(account, given) for given in params["lines"])


def _count(account: Account, given: JsonObject) -> StockLine:
    card = product_of(account, str(given["sku"]))
    quantity, there = money(given["quantity"]), account.books.holding(card.id).quantity
    new = given.get("unit_cost") is not None
    if quantity < 0:
        raise ImpossibleError("a quantity on hand is not negative", 400)
    return StockLine(
        card.id,
        str(card.fields["SKU"]),
        card.name,
        quantity,
        ZERO if new else there,
        money(given["unit_cost"]) if new else None,
        new=new,
    )


def _pieces(account: Account, params: JsonObject) -> tuple[StockLine, ...]:
    return tuple(_piece(account, given) for given in params["lines"])


def _piece(account: Account, given: JsonObject) -> StockLine:
    card, code = product_of(account, str(given["sku"])), str(given.get("account", ""))
    if code:
        check_code(account, code)
    return StockLine(
        card.id,
        str(card.fields["SKU"]),
        card.name,
        _positive(given["quantity"]),
        unit_cost=money(given["unit_cost"]) if given.get("unit_cost") is not None else None,
        account=code,
    )


def _positive(value: object) -> Decimal:
    quantity = money(value)
    if quantity <= 0:
        raise ImpossibleError(f"{quantity} is not more than nothing", 400)
    return quantity
