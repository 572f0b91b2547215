"""What a person does at the machine: in QuickBooks' screens, in its preferences, and with QuickBooks itself.

A person's changes need no EditSequence; QuickBooks' own rules (closing date, names, balances) hold for them, too, and a
refusal is a `StatusError`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from .company import extensions, lists, writing
from .company.drafting import touch
from .company.kinds import AREAS, LISTS
from .company.linking import due
from .company.records import Entry, Transaction
from .qbxml import reading
from .qbxml.checking import Checker, UnreadableError
from .qbxml.grammar import load
from .qbxml.tree import Element, parse
from .quickbooks import QuickBooks

Values = dict[str, Any]
Action = Callable[[QuickBooks, Values], Values]


def _record(quickbooks: QuickBooks, values: Values) -> Entry | Transaction:
    """The entry or transaction with the `id`."""
    company = quickbooks.files[quickbooks.open_path or next(iter(quickbooks.files))]
    found = company.entries.get(values["id"]) or company.transactions.get(values["id"])
    if found is None:
        raise KeyError(values["id"])
    return found


def _file(quickbooks: QuickBooks, values: Values) -> Any:
    return quickbooks.files[values.get("file") or quickbooks.open_path or next(iter(quickbooks.files))]


def edit(quickbooks: QuickBooks, values: Values) -> Values:
    """{id, changes}: change fields, as qbXML names them and as text; `changes` may also be the XML of a Mod's body."""
    record, company = _record(quickbooks, values), _file(quickbooks, values)
    tag, id_tag = f"{record.kind}Mod", "ListID" if isinstance(record, Entry) else "TxnID"
    body = _body(tag, values["changes"])
    body.children[:0] = [Element(id_tag, values["id"]), Element("EditSequence", record.edit_sequence)]
    grammar = load("requests")
    checker = Checker(grammar)
    checker.check(body, tag)
    if checker.wrong:
        raise UnreadableError(f"{checker.wrong[0].field}={checker.wrong[0].text!r}")
    raw = reading.read(body, tag, grammar)
    if isinstance(record, Entry):
        return {"id": lists.modify(company, record.kind, raw)[0].list_id}
    lines = reading.lines(body, tag, grammar)
    return {"id": writing.modify(company, record.kind, raw, lines)[0].txn_id}


def _body(tag: str, changes: Any) -> Element:
    if isinstance(changes, str):
        return parse(f"<{tag}>{changes}</{tag}>").root
    body = Element(tag)
    order = list(load("requests").definitions[tag].parts)
    for name in sorted(changes, key=order.index):
        body.add(name, str(changes[name]))
    return body


def void(quickbooks: QuickBooks, values: Values) -> Values:
    """{id}"""
    record = _record(quickbooks, values)
    return {"id": writing.void(_file(quickbooks, values), record.kind, values["id"]).txn_id}


def delete(quickbooks: QuickBooks, values: Values) -> Values:
    """{id}: an entry or a transaction."""
    record, company = _record(quickbooks, values), _file(quickbooks, values)
    remove = lists.delete if isinstance(record, Entry) else writing.delete
    remove(company, record.kind, values["id"])
    return {"id": values["id"]}


def add_entry(quickbooks: QuickBooks, values: Values) -> Values:
    """{kind, fields}: an entry of any list, with plain fields such as Name; 3100 when the name is taken."""
    company, kind, fields = _file(quickbooks, values), values["kind"], values["fields"]
    if kind not in LISTS:
        raise KeyError(kind)
    return {"id": lists.add(company, kind, dict(fields))[0].list_id}


def pay(quickbooks: QuickBooks, values: Values) -> Values:
    """{id, amount?}: take a customer's money for an invoice, or pay a bill by check from the first bank account."""
    record, company = _record(quickbooks, values), _file(quickbooks, values)
    if not isinstance(record, Transaction):
        raise KeyError(values["id"])
    from_customer = record.kind == "Invoice"
    party = record.fields["CustomerRef" if from_customer else "VendorRef"]
    bank = next(each for each in company.of_kinds(("Account",)) if each.fields["AccountType"] == "Bank")
    applied = {"TxnID": record.txn_id, "PaymentAmount": _amount(company, record, values)}
    raw: Values = {"AppliedToTxnAdd": [applied]}
    account = reading.RefText(bank.list_id)
    if from_customer:
        raw |= {"CustomerRef": reading.RefText(party.list_id), "DepositToAccountRef": account}
    else:
        raw |= {"PayeeEntityRef": reading.RefText(party.list_id), "BankAccountRef": account}
    kind = "ReceivePayment" if from_customer else "BillPaymentCheck"
    return {"id": writing.add(company, kind, raw, [])[0].txn_id}


def take_off(quickbooks: QuickBooks, values: Values) -> Values:
    """{id, of}: clear the tick of a credit under Apply Credits of an invoice or bill, so that it is left again."""
    company = _file(quickbooks, values)
    ends = (values["id"], values["of"])
    links = [link for link in company.links.of(values["id"]) if (link.source, link.target) == ends]
    if not links:
        raise KeyError(values["of"])
    for link in links:
        company.links.remove(link)
    touch(company, links, "")
    return {}


def _amount(company: Any, record: Transaction, values: Values) -> Any:
    return Decimal(str(values["amount"])) if "amount" in values else due(company, record)


def open_window(quickbooks: QuickBooks, values: Values) -> Values:
    """{id}: open an object in a window and begin to edit it; requests that change it get 3175."""
    _file(quickbooks, values).open_window(_record(quickbooks, values) and values["id"])
    return {}


def close_windows(quickbooks: QuickBooks, values: Values) -> Values:
    """Close all windows without saving."""
    _file(quickbooks, values).close_windows()
    return {}


def set_closing_date(quickbooks: QuickBooks, values: Values) -> Values:
    """{date, password?}: close the books up to a day; null lifts it."""
    day = date.fromisoformat(values["date"]) if values.get("date") else None
    _file(quickbooks, values).set_preferences(closing_date=day, closing_password=values.get("password", ""))
    return {}


def set_preferences(quickbooks: QuickBooks, values: Values) -> Values:
    """{classes?, inventory?, multicurrency?, automatic_login?, credit_limits_bind?, ...}: preferences by name."""
    changes = {name: value for name, value in values.items() if name != "file"}
    _file(quickbooks, values).set_preferences(**changes)
    return {}


def forbid(quickbooks: QuickBooks, values: Values) -> Values:
    """{areas}: what the QuickBooks user of the session may not change: sales, purchases, accounting, inventory."""
    if unknown := set(values["areas"]) - AREAS.keys():
        raise ValueError(f"unknown areas: {sorted(unknown)}; known: {', '.join(AREAS)}")
    _file(quickbooks, values).set_preferences(forbidden=list(values["areas"]))
    return {}


def deny(quickbooks: QuickBooks, values: Values) -> Values:
    """{application}: take an application's permission away (0x80040418); null gives all back."""
    application = values.get("application")
    _file(quickbooks, values).set_preferences(denied=[application] if application else [])
    return {}


def open_file(quickbooks: QuickBooks, values: Values) -> Values:
    """{file, single_user?, single_user_elsewhere?}: open a company file instead of another; null ends QuickBooks."""
    path = values.get("file") or ""
    if path and path not in quickbooks.files:
        raise KeyError(path)
    quickbooks.open_path = path
    quickbooks.mode = "SingleUser" if values.get("single_user") else "MultiUser"
    quickbooks.single_user_elsewhere = bool(values.get("single_user_elsewhere", False))
    return {"open": path}


def show_dialog(quickbooks: QuickBooks, values: Values) -> Values:
    """{title}: leave a modal dialog open (0x80040414); null closes it."""
    quickbooks.dialog = values.get("title") or ""
    return {}


def remove_stamp(quickbooks: QuickBooks, values: Values) -> Values:
    """{owner}: Intuit's tool takes an application's FileID and AppLock out of the company file (cures QBWC1039)."""
    return {"removed": extensions.remove_company_values(_file(quickbooks, values), values["owner"])}


ACTIONS: dict[str, Action] = {
    action.__name__: action
    for action in (
        edit,
        void,
        delete,
        add_entry,
        pay,
        take_off,
        open_window,
        close_windows,
        set_closing_date,
        set_preferences,
        forbid,
        deny,
        open_file,
        show_dialog,
        remove_stamp,
    )
}


def act(quickbooks: QuickBooks, action: str, values: Values) -> Values:
    """Do one of the actions. KeyError for an unknown one, or for an unknown object."""
    with quickbooks.lock:
        try:
            return ACTIONS[action](quickbooks, values)
        finally:
            quickbooks.save()
