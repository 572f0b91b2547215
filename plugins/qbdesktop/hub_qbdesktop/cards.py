"""Customers, vendors and items made to fit QuickBooks."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from hub import Address, Contact, Facts, Fit, Item, Problem
from hub_qbdesktop import currencies, ids, xmltext
from hub_qbdesktop.wording import DESCRIPTION_LENGTH, ITEM_NAME_LENGTH, NAME_LENGTH, Notes, shortened

_PRICE = Decimal("0.00001")
_PHONE_LENGTH = 21
_TAX_NUMBER_LENGTH = 15


def fit_contact(contact: Contact, facts: Facts) -> Fit:
    """A customer or a vendor within QuickBooks' lengths and characters."""
    notes = Notes()
    values = contact.model_dump() | {
        "name": notes.name(contact.name, NAME_LENGTH, "The name") or contact.name,
        "first_name": notes.cut(contact.first_name, 25, "The first name"),
        "last_name": notes.cut(contact.last_name, 25, "The last name"),
        "email": _whole(contact.email, 1023, "The e-mail address", notes),
        "phone": _whole(contact.phone, _PHONE_LENGTH, "The telephone number", notes),
        "tax_number": _whole(contact.tax_number, _TAX_NUMBER_LENGTH, "The tax number", notes),
        "number": _whole(contact.number, 99, "The customer or supplier number", notes),
        "addresses": tuple(_address(address, notes) for address in contact.addresses),
    }
    return Fit(Contact.model_validate(values), tuple(notes), tuple(_contact_problems(contact, facts)))


_SIDES = {ids.CUSTOMER: " (customer)", ids.VENDOR: " (supplier)"}
"""What a name ends in where the other list has it: customers, vendors, employees and other names share theirs."""


def named_apart(contact: Contact) -> Contact:
    """The contact under a name that says on which side it is."""
    ending = _SIDES[ids.made_as(contact)]
    plain = shortened(xmltext.name(contact.name), NAME_LENGTH - len(ending))
    return contact.model_copy(update={"name": f"{plain}{ending}"})


def company_name(name: str) -> str:
    """The name without what only keeps it apart: it is printed on documents."""
    return next((name.removesuffix(ending) for ending in _SIDES.values() if name.endswith(ending)), name)


def _contact_problems(contact: Contact, facts: Facts) -> Iterator[Problem]:
    yield from currencies.contact_problems(contact.currency, contact.name, facts)
    if not xmltext.name(contact.name):
        yield _no_name(contact.name)
    if contact.is_customer and contact.is_supplier:
        yield Problem(
            code="both_sides",
            what=f"{contact.name} is a customer and a supplier in one record.",
            why="QuickBooks keeps customers and vendors in two lists, and a record is in one of them.",
            fix="Make two records of it in the stock system, one for each side.",
            subject=contact.external_id,
        )


def _no_name(name: str) -> Problem:
    return Problem(
        code="name_not_accepted",
        what=f"QuickBooks does not take the name '{name}'.",
        fix="Enter a name with letters or digits.",
    )


def _whole(text: str, length: int, what: str, notes: Notes) -> str:
    """What means nothing when cut: kept whole or left out."""
    plain = xmltext.one_line(text)
    if len(plain) <= length:
        return plain
    notes.append(f"{what} has more than {length} characters and is left out.")
    return ""


def _address(address: Address, notes: Notes) -> Address:
    return Address(
        type=address.type,
        line1=notes.cut(address.line1, 41, "An address line"),
        line2=notes.cut(address.line2, 41, "An address line"),
        city=notes.cut(address.city, 31, "A city"),
        region=notes.cut(address.region, 21, "A state"),
        postcode=notes.cut(address.postcode, 13, "A postcode"),
        country=notes.cut(address.country, 31, "A country"),
    )


def fit_item(item: Item, facts: Facts) -> Fit:
    """An item within QuickBooks' lengths, always one that QuickBooks keeps no stock of."""
    notes = Notes()
    text = xmltext.kept(item.description.strip() or item.name.strip())
    values = item.model_dump() | {
        "code": notes.name(item.code, ITEM_NAME_LENGTH, "The item") or item.code,
        "name": xmltext.one_line(item.name),
        "description": text[:DESCRIPTION_LENGTH],
        "sale_price": _price(item.sale_price),
        "purchase_price": _price(item.purchase_price),
    }
    return Fit(Item.model_validate(values), tuple(notes), tuple(_item_problems(item)))


def _price(price: Decimal | None) -> Decimal | None:
    return None if price is None else price.quantize(_PRICE, ROUND_HALF_UP)


def _item_problems(item: Item) -> Iterator[Problem]:
    if not xmltext.name(item.code):
        yield _no_name(item.code)
    if not item.sale_account and not item.purchase_account:
        yield Problem(
            code="item_without_account",
            what=f"The item {item.code} has no account that is mapped, and QuickBooks needs one.",
            fix="Map the item's revenue and cost accounts, or leave items out: lines carry their own accounts.",
            subject=item.code,
        )
