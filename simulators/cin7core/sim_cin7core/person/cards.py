"""Customers, suppliers and products."""

from __future__ import annotations

from sim_cin7core import cards
from sim_cin7core.account import Account
from sim_cin7core.person.action import ImpossibleError, card_of, money
from sim_cin7core.records import Card, JsonObject
from sim_cin7core.store import Collection


def create_customer(account: Account, params: JsonObject) -> JsonObject:
    """``name`` (unique in any letter case); optional country, currency, ``fields`` by Core's names."""
    name, stamp = _unused(account.store.customers, str(params["name"]), "Name"), account.store.next_stamp()
    return _added(account, cards.customer(f"{name}/{stamp}", name, stamp, *_where(params), **params.get("fields", {})))


def create_supplier(account: Account, params: JsonObject) -> JsonObject:
    """As ``create_customer``."""
    name, stamp = _unused(account.store.suppliers, str(params["name"]), "Name"), account.store.next_stamp()
    return _added(account, cards.supplier(f"{name}/{stamp}", name, stamp, *_where(params), **params.get("fields", {})))


def create_product(account: Account, params: JsonObject) -> JsonObject:
    """``sku``; optional name, type (Stock, Service), price, cost, account, ``fields`` by Core's names."""
    sku, stamp = _unused(account.store.products, str(params["sku"]), "SKU"), account.store.next_stamp()
    return _added(
        account,
        cards.product(
            f"{sku}/{stamp}",
            sku,
            str(params.get("name", sku)),
            stamp,
            str(params.get("type", cards.STOCK)),
            money(params.get("price", 0)),
            money(params.get("cost", 0)),
            params.get("account"),
            **params.get("fields", {}),
        ),
    )


def rename_customer(account: Account, params: JsonObject) -> JsonObject:
    """``id`` or ``name``, and ``new_name``; sales keep the customer's ID and show the new name."""
    card, new = card_of(account.store.customers, params), str(params["new_name"])
    if new.casefold() != card.name.casefold():
        _unused(account.store.customers, new, "Name")
    card.fields["Name"] = card.fields["DisplayName"] = new
    for sale in account.store.sales:
        if sale.party_id == card.id:
            sale.party = new
            account.store.add(sale)
    return _changed(account, card)


def deprecate_customer(account: Account, params: JsonObject) -> JsonObject:
    """The customer disappears from lists that do not ask for deprecated ones."""
    card = card_of(account.store.customers, params)
    card.fields["Status"] = "Deprecated"
    return _changed(account, card)


def edit_product(account: Account, params: JsonObject) -> JsonObject:
    """``id``, ``name`` or ``sku``, and ``fields`` by Core's names; Type can not change (documentation,
    Product).
    """
    card = card_of(account.store.products, params)
    if "Type" in params["fields"]:
        raise ImpossibleError("the Type of a product can not change")
    card.fields.update(params["fields"])
    return _changed(account, card)


def _where(params: JsonObject) -> tuple[str, str]:
    return str(params.get("country", "United Kingdom")), str(params.get("currency", "GBP"))


def _unused(collection: Collection[Card], text: str, field: str) -> str:
    if any(str(card.fields[field]).casefold() == text.casefold() for card in collection):
        raise ImpossibleError(f"{field} {text} is taken")
    return text


def _added(account: Account, card: Card) -> JsonObject:
    account.store.add(card)
    return dict(card.fields)


def _changed(account: Account, card: Card) -> JsonObject:
    account.store.touch(card)
    return dict(card.fields)
