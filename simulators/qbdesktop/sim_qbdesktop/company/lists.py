"""Adding, changing and deleting entries of lists."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .. import statuses
from ..qbxml.reading import RefText
from ..statuses import StatusError
from .adjustments import open_stock
from .file import Company
from .kinds import LISTS
from .records import Entry, Fields, Ref, Transaction
from .references import Resolver, merged

_MOD_NAMES = {"SalesOrPurchaseMod": "SalesOrPurchase", "SalesAndPurchaseMod": "SalesAndPurchase"}
_NOT_KEPT = ("CreditCardInfo", "Contacts", "ContactsMod", "AdditionalNotes", "AdditionalNotesMod", "IncludeRetElement")
_NOT_SIMULATED = ("OpenBalance", "OpenBalanceDate")
_OPENING = ("QuantityOnHand", "TotalValue", "InventoryDate")
_ACCOUNTS_NEEDED = {
    "ItemInventory": ("IncomeAccountRef", "COGSAccountRef", "AssetAccountRef"),
    "ItemDiscount": ("AccountRef",),
}


def add(company: Company, kind: str, raw: Fields) -> tuple[Entry, list[str]]:
    """A new entry of a list; the fields that were left out with a warning. StatusError when it is refused."""
    resolver = Resolver(company, LISTS[kind].noun)
    parent = _parent(company, kind, raw, resolver)
    fields = merged({}, resolver.fields(_clean(raw)))
    if parent:
        fields["ParentRef"] = parent
    _check_name(company, kind, fields, None)
    _complete(company, kind, fields)
    opening: Fields = {
        name: fields.pop(name) for name in ("QuantityOnHand", "TotalValue", "InventoryDate") if name in fields
    }
    entry = company.add_entry(kind, **fields)
    if opening.get("QuantityOnHand"):
        open_stock(company, entry, opening)
    return entry, resolver.warnings


def modify(company: Company, kind: str, raw: Fields) -> tuple[Entry, list[str]]:
    """Change an entry. 3000 for an unknown ListID, 3175 while it is open in a window, 3200 for an old EditSequence."""
    entry = company.entries.get(raw["ListID"])
    if entry is None or entry.kind != kind:
        raise statuses.bad_id(raw["ListID"], "list id")
    if company.is_in_window(entry.list_id):
        raise statuses.in_use(LISTS[kind].noun, entry.name)
    if raw["EditSequence"] != entry.edit_sequence:
        raise statuses.stale(raw["EditSequence"], entry)
    resolver = Resolver(company, LISTS[kind].noun)
    parent = _parent(company, kind, raw, resolver)
    fields = _merged_entry(entry.fields, resolver.fields(_clean(raw)))
    if "ParentRef" in raw:
        fields.pop("ParentRef", None)
        fields.update({"ParentRef": parent} if parent else {})
    _check_name(company, kind, fields, entry)
    _complete(company, kind, fields)
    return change(company, entry, fields), resolver.warnings


def change(company: Company, entry: Entry, fields: Fields) -> Entry:
    """Keep an entry with other fields, at a new time and with a new EditSequence."""
    sequence = company.next_sequence(entry.edit_sequence)
    return company.put_entry(replace(entry, fields=fields, modified=company.clock.now(), edit_sequence=sequence))


def delete(company: Company, kind: str, list_id: str) -> Entry:
    """Delete an entry. 3120 when there is none, 3160 when anything refers to it."""
    entry = company.entries.get(list_id)
    if entry is None or entry.kind != kind:
        raise statuses.not_found(list_id)
    if company.is_in_window(list_id):
        raise statuses.in_use(LISTS[kind].noun, entry.name)
    if is_used(company, entry):
        raise statuses.undeletable(LISTS[kind].noun, list_id)
    company.remove_entry(entry)
    return entry


def is_used(company: Company, entry: Entry) -> bool:
    """Whether another entry or a transaction refers to this one."""
    wanted = Ref(entry.list_id)
    if any(_refers(other.fields, wanted) for other in company.entries):
        return True
    return any(_is_in(transaction, wanted) for transaction in company.transactions)


def _is_in(transaction: Transaction, wanted: Ref) -> bool:
    return (
        _refers(transaction.fields, wanted)
        or any(_refers(line.fields, wanted) for line in transaction.lines)
        or any(posting.account == wanted.list_id for posting in transaction.postings)
    )


def _refers(value: Any, wanted: Ref) -> bool:
    if isinstance(value, dict):
        return any(_refers(each, wanted) for each in value.values())
    if isinstance(value, list):
        return any(_refers(each, wanted) for each in value)
    return bool(value == wanted)


def _clean(raw: Fields) -> Fields:
    """The fields that are kept, under the names that answers use."""
    for name in _NOT_SIMULATED:
        if raw.get(name):
            raise statuses.not_simulated(name)
    left_out = {"ListID", "EditSequence", "ParentRef", *_NOT_KEPT}
    return {_MOD_NAMES.get(name, name): value for name, value in raw.items() if name not in left_out}


def _merged_entry(before: Fields, changes: Fields) -> Fields:
    """As `merged`; the sales and purchase side of an item is merged field by field."""
    inner = {name: merged(before.get(name, {}), changes[name]) for name in _MOD_NAMES.values() if name in changes}
    return merged(before, {**changes, **inner})


def _parent(company: Company, kind: str, raw: Fields, resolver: Resolver) -> Ref | None:
    text: RefText | None = raw.get("ParentRef")
    if not text:
        return None
    try:
        parent = resolver.reference("ParentRef", text, (kind,))
    except StatusError as problem:
        raise statuses.bad_parent(str(raw.get("Name", ""))) from problem
    if raw.get("ListID") in _line_up(company, parent):
        raise statuses.bad_parent(str(raw.get("Name", "")))
    return parent


def _line_up(company: Company, ref: Ref) -> list[str]:
    """The ListIDs from an entry up to the top."""
    ids = [ref.list_id]
    while above := company.entries[ids[-1]].fields.get("ParentRef"):
        ids.append(above.list_id)
    return ids


def _check_name(company: Company, kind: str, fields: Fields, entry: Entry | None) -> None:
    name = str(fields.get("Name", "")).strip()
    if not name:
        raise statuses.missing("Name", LISTS[kind].noun)
    if ":" in name:
        raise statuses.not_storable(name, "Name", "A name can't contain a colon.")
    holder = company.holder(kind, company.name_under(fields.get("ParentRef"), name))
    if holder and (entry is None or holder.list_id != entry.list_id):
        raise statuses.name_in_use(name)
    if kind == "Account" and fields.get("AccountNumber"):
        _check_account_number(company, str(fields["AccountNumber"]), entry)


def _check_account_number(company: Company, wanted: str, entry: Entry | None) -> None:
    for other in company.of_kinds(("Account",)):
        if other.fields.get("AccountNumber") == wanted and (entry is None or other.list_id != entry.list_id):
            raise statuses.not_storable(wanted, "AccountNumber", "This account number is already in use.")


def _complete(company: Company, kind: str, fields: Fields) -> None:
    """Check what an item needs, and fill in what QuickBooks fills in."""
    fields.setdefault("IsActive", True)
    if kind == "ItemInventory" and not company.preferences.inventory:
        raise statuses.feature_off("inventory")
    for name in _ACCOUNTS_NEEDED.get(kind, ()):
        if name not in fields:
            raise statuses.no_posting_account(LISTS[kind].noun, fields["Name"])
    if "SalesOrPurchase" in fields and "AccountRef" not in fields["SalesOrPurchase"]:
        raise statuses.no_posting_account(LISTS[kind].noun, fields["Name"])
    if "SalesAndPurchase" in fields:
        _complete_both_sides(kind, fields)
    if kind in ("Customer", "Vendor") and company.preferences.multicurrency:
        home = company.named(("Currency",), company.preferences.home_currency)
        fields.setdefault("CurrencyRef", Ref(home.list_id) if home else None)
    if kind == "Customer" and company.preferences.sales_tax:
        _complete_customer_tax(company, fields)


def _complete_both_sides(kind: str, fields: Fields) -> None:
    sides = fields["SalesAndPurchase"]
    if "IncomeAccountRef" not in sides or "ExpenseAccountRef" not in sides:
        raise statuses.no_posting_account(LISTS[kind].noun, fields["Name"])


def _complete_customer_tax(company: Company, fields: Fields) -> None:
    taxable = company.named(("SalesTaxCode",), "Tax")
    if taxable:
        fields.setdefault("SalesTaxCodeRef", Ref(taxable.list_id))
    if company.preferences.default_sales_tax:
        fields.setdefault("ItemSalesTaxRef", Ref(company.preferences.default_sales_tax))
