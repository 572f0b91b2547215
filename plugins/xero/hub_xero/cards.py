"""Contacts and items made to fit Xero."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from hub import Address, Contact, Facts, Fit, Item, Problem
from hub_xero import validity, wording
from hub_xero.arithmetic import UNIT_DECIMALS
from hub_xero.wording import Notes

_ADDRESS_LINE = 500
_CITY = 255
_POSTCODE = 50
_COUNTRY = 50
_UNIT = Decimal(1).scaleb(-UNIT_DECIMALS)


def fit_contact(contact: Contact, facts: Facts) -> Fit:
    """A contact within Xero's lengths and characters."""
    notes = Notes()
    clean = wording.contact_name(contact.name)
    if not clean:
        problem = Problem(
            code="name_not_accepted",
            what=f"Xero does not take the name '{contact.name}'.",
            fix="Enter a name.",
        )
        return Fit(contact, problems=(problem,))
    name = notes.cut(notes.replaced(contact.name, clean, "The name"), wording.NAME_LENGTH, "The name")
    values = contact.model_dump() | {
        "name": name,
        "first_name": notes.cut(contact.first_name.strip(), wording.NAME_LENGTH, "The first name"),
        "last_name": notes.cut(contact.last_name.strip(), wording.NAME_LENGTH, "The last name"),
        "email": _email(contact.email, notes),
        "phone": notes.cut(contact.phone.strip(), wording.PHONE_LENGTH, "The telephone number"),
        "tax_number": _whole(contact.tax_number, wording.TAX_NUMBER_LENGTH, "The tax number", notes),
        "number": _whole(contact.number, wording.ACCOUNT_NUMBER_LENGTH, "The customer or supplier number", notes),
        "addresses": tuple(_address(address, notes) for address in contact.addresses),
    }
    return Fit(Contact.model_validate(values), tuple(notes))


def _whole(text: str, length: int, what: str, notes: Notes) -> str:
    """A number that means nothing when cut: kept whole or left out."""
    if len(text.strip()) <= length:
        return text.strip()
    notes.append(f"{what} has more than {length} characters and is left out.")
    return ""


def _email(text: str, notes: Notes) -> str:
    address = text.strip()
    if not address or (address.isascii() and "@" in address and len(address) <= wording.EMAIL_LENGTH):
        return address
    notes.append(f"The e-mail address '{address}' is left out: Xero takes one plain address.")
    return ""


def _address(address: Address, notes: Notes) -> Address:
    country = wording.letters_only(address.country)
    return Address(
        type=address.type,
        line1=notes.cut(address.line1, _ADDRESS_LINE, "An address line"),
        line2=notes.cut(address.line2, _ADDRESS_LINE, "An address line"),
        city=notes.cut(address.city, _CITY, "A city"),
        region=notes.cut(address.region, _CITY, "A region"),
        postcode=notes.cut(address.postcode, _POSTCODE, "A postcode"),
        country=notes.cut(country, _COUNTRY, "A country"),
    )


def fit_item(item: Item, facts: Facts) -> Fit:
    """An item within Xero's lengths, always one that Xero keeps no stock of."""
    notes = Notes()
    values: dict[str, Any] = item.model_dump() | {
        "name": notes.cut(wording.one_line(item.name), wording.ITEM_NAME_LENGTH, "The item's name"),
        "description": notes.cut(item.description.strip(), wording.DESCRIPTION_LENGTH, "The item's description"),
        "sale_price": _price(item.sale_price, "The sale price", notes),
        "purchase_price": _price(item.purchase_price, "The purchase price", notes),
    }
    return Fit(Item.model_validate(values), tuple(notes), tuple(_item_problems(item, facts)))


def _price(price: Decimal | None, what: str, notes: Notes) -> Decimal | None:
    if price is None:
        return None
    rounded = price.quantize(_UNIT)
    if rounded != price:
        notes.append(f"{what} is rounded to {rounded}; it is only what Xero proposes on new documents.")
    return rounded


def _item_problems(item: Item, facts: Facts) -> Iterator[Problem]:
    if len(item.code) > wording.ITEM_CODE_LENGTH:
        yield Problem(
            code="item_code_too_long",
            what=f"The item code '{item.code}' is longer than the {wording.ITEM_CODE_LENGTH} characters Xero takes.",
            why="Two long codes could become the same when cut.",
            fix="Shorten the code in the stock system, or leave items out of the integration.",
            subject=item.code,
        )
    for account, tax in ((item.sale_account, item.sale_tax), (item.purchase_account, item.purchase_tax)):
        if account:
            yield from validity.account_problems(account, facts, tax)
