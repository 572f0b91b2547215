"""From the source's codes to the target's: which rule fired for each, or why none did.

Pure: the same mappings, lists and document always give the same answer. An account or tax code is looked for on the
line, then the item, the document, the contact, and last in the integration's default. The first of them that names
a code decides; a code that is not mapped holds the document instead of falling through to the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import cast

from hub.documents import (
    Account,
    AccountClass,
    Allocation,
    Contact,
    Document,
    Item,
    Kind,
    Line,
    Settlement,
    TaxRate,
    TradeDocument,
)
from hub.errors import Problem

Ref = tuple[Kind, str]


class MappingList(StrEnum):
    """The lists of an integration's mappings."""

    ACCOUNT = "account"
    TAX_RATE = "tax_rate"
    PAYMENT_ACCOUNT = "payment_account"
    DEFAULT = "default"


class Default(StrEnum):
    """What the default list may name; the target of ``sale_contact`` is a ledger contact's id."""

    SALE_CONTACT = "sale_contact"
    SALE_ACCOUNT = "sale_account"
    PURCHASE_ACCOUNT = "purchase_account"
    SALE_TAX = "sale_tax"
    PURCHASE_TAX = "purchase_tax"
    ROUNDING_ACCOUNT = "rounding_account"


DIRECT_TARGET = "="
"""Prefix of a contact id that names a target record itself instead of a source record."""


def fold(code: str) -> str:
    """Codes and names match whatever their case and spacing."""
    return " ".join(code.casefold().split())


@dataclass(frozen=True)
class Rules:
    """An integration's mappings: (list, folded source code) -> target code."""

    targets: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def find(self, where: str, code: str) -> str:
        """The target code, or nothing."""
        return self.targets.get((where, fold(code)), "")


@dataclass(frozen=True)
class Chart:
    """The target's lists by code."""

    accounts: Mapping[str, Account] = field(default_factory=dict)
    taxes: Mapping[str, TaxRate] = field(default_factory=dict)


@dataclass(frozen=True)
class Sources:
    """The source documents that others refer to, by external id."""

    items: Mapping[str, Item] = field(default_factory=dict)
    contacts: Mapping[str, Contact] = field(default_factory=dict)


@dataclass(frozen=True)
class Policy:
    """What the integration has decided for all documents."""

    items_on: bool = True
    periodic: bool = True


@dataclass
class Resolved:
    """A document with the target's codes, how that came about, and what it rests on.

    ``facts`` are the keys of everything that was consulted; ``depends_on`` the source records that must be linked
    before it can be sent.
    """

    document: Document
    trace: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    depends_on: list[Ref] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    _known: set[str | Ref] = field(default_factory=set, repr=False, compare=False)

    def rest_on(self, *facts: str) -> None:
        """Remember facts, each once."""
        for fact in facts:
            if fact not in self._known:
                self._known.add(fact)
                self.facts.append(fact)

    def note(self, text: str) -> None:
        """Add to the trace, each sentence once."""
        if text not in self.trace:
            self.trace.append(text)

    def object_to(self, problem: Problem) -> None:
        """Add a problem, each once."""
        if problem not in self.problems:
            self.problems.append(problem)

    def depend(self, kind: Kind, external_id: str) -> None:
        """Wait for another source record's link."""
        self.rest_on(link_fact(kind, external_id))
        if (kind, external_id) not in self._known:
            self._known.add((kind, external_id))
            self.depends_on.append((kind, external_id))


def map_fact(where: str, code: str) -> str:
    """The key of a mapping row."""
    return f"map:{where}:{fold(code)}"


def link_fact(kind: Kind | str, external_id: str) -> str:
    """The key of a source record's link and its target's state."""
    return f"link:{kind}:{external_id}"


def target_fact(kind: Kind | str, code: str) -> str:
    """The key of an entry in the target's own lists."""
    return f"target:{kind}:{code}"


def source_fact(kind: Kind | str, external_id: str) -> str:
    """The key of another source document that was consulted."""
    return f"source:{kind}:{external_id}"


ORGANISATION_FACT = "target:organisation:"

_SALES = frozenset({Kind.INVOICE, Kind.CREDIT_NOTE})


@dataclass(frozen=True)
class _Search:
    """Where a code of one line may come from, most particular first."""

    what: str
    where: MappingList
    places: tuple[tuple[str, str], ...]
    default: Default


class Resolver:
    """Resolves documents of one integration against one state of the facts."""

    def __init__(self, rules: Rules, chart: Chart, sources: Sources, policy: Policy | None = None) -> None:
        self.rules = rules
        self.chart = chart
        self.sources = sources
        self.policy = policy or Policy()

    def resolve(self, document: Document) -> Resolved:
        """Fill in the target's codes."""
        resolved = Resolved(document)
        if isinstance(document, TradeDocument):
            self._trade(document, resolved)
        elif isinstance(document, Settlement):
            self._settlement(document, resolved)
        elif isinstance(document, Allocation):
            resolved.depend(document.credit_kind, document.credit_id)
            resolved.depend(document.document_kind, document.document_id)
        elif isinstance(document, Item):
            self._item(document, resolved)
        return resolved

    def _trade(self, document: TradeDocument, resolved: Resolved) -> None:
        contact_id = self._contact(document, resolved)
        contact = self.sources.contacts.get(document.contact_id)
        codes: dict[tuple[str, ...], tuple[str, str]] = {}
        lines = tuple(self._line(line, document, contact, resolved, codes) for line in document.lines)
        changes = {"lines": lines, "contact_id": contact_id, "account": "", "tax_code": ""}
        resolved.document = document.model_copy(update=changes)

    def _contact(self, document: TradeDocument, resolved: Resolved) -> str:
        if document.contact_id:
            resolved.depend(Kind.CONTACT, document.contact_id)
            return document.contact_id
        resolved.rest_on(map_fact(MappingList.DEFAULT, Default.SALE_CONTACT))
        target = self.rules.find(MappingList.DEFAULT, Default.SALE_CONTACT) if document.kind in _SALES else ""
        if target:
            resolved.note("No contact in the source: the default contact for sales without one is used.")
            return DIRECT_TARGET + target
        resolved.object_to(
            Problem(
                code="contact_missing",
                what=f"{document.number} names no contact.",
                why="A ledger needs one for every document.",
                fix="Choose a default contact for sales without one on the mappings page, or give it a contact.",
                subject=Default.SALE_CONTACT,
            )
        )
        return ""

    def _line(
        self,
        line: Line,
        document: TradeDocument,
        contact: Contact | None,
        resolved: Resolved,
        codes: dict[tuple[str, ...], tuple[str, str]],
    ) -> Line:
        """One line with the target's codes; ``codes`` remembers those of the document's lines that are alike."""
        sale = document.kind in _SALES
        item = self.sources.items.get(line.item_id)
        if line.item_id:
            resolved.rest_on(source_fact(Kind.ITEM, line.item_id))
        item_account = (item.sale_account if sale else item.purchase_account) if item else ""
        item_tax = (item.sale_tax if sale else item.purchase_tax) if item else ""
        alike = (line.account, item_account, line.tax_code, item_tax, line.purpose)
        if alike not in codes:
            account = self._account(line, item_account, document, contact, resolved)
            tax = self._tax(line, item_tax, document, contact, resolved)
            self._check_account(account, line, document, resolved)
            self._check_tax(tax, resolved)
            codes[alike] = account, tax
        account, tax = codes[alike]
        code = self._line_item(line, item, resolved)
        changes = {"account": account, "tax_code": tax, "item_code": code, "item_id": line.item_id if code else ""}
        return line.model_copy(update=changes)

    def _account(
        self, line: Line, item_account: str, document: TradeDocument, contact: Contact | None, resolved: Resolved
    ) -> str:
        places = (
            ("line", line.account),
            ("item", item_account),
            ("document", document.account),
            ("contact", contact.account if contact else ""),
        )
        default = Default.SALE_ACCOUNT if document.kind in _SALES else Default.PURCHASE_ACCOUNT
        return self._find(_Search("account", MappingList.ACCOUNT, places, default), resolved)

    def _tax(
        self, line: Line, item_tax: str, document: TradeDocument, contact: Contact | None, resolved: Resolved
    ) -> str:
        places = (
            ("line", line.tax_code),
            ("item", item_tax),
            ("document", document.tax_code),
            ("contact", contact.tax_code if contact else ""),
        )
        default = Default.SALE_TAX if document.kind in _SALES else Default.PURCHASE_TAX
        return self._find(_Search("tax code", MappingList.TAX_RATE, places, default), resolved)

    def _find(self, search: _Search, resolved: Resolved) -> str:
        for place, code in search.places:
            if not code:
                continue
            resolved.rest_on(map_fact(search.where, code))
            target = self.rules.find(search.where, code)
            if target:
                resolved.note(f"{search.what} {code} of the {place} becomes {self._name(search.where, target)}")
            else:
                resolved.object_to(_not_mapped(search.what, search.where, code, place))
            return target
        resolved.rest_on(map_fact(MappingList.DEFAULT, search.default))
        target = self.rules.find(MappingList.DEFAULT, search.default)
        if target:
            resolved.note(f"no {search.what} in the source: the default {self._name(search.where, target)} is used")
        else:
            resolved.object_to(_no_default(search))
        return target

    def _name(self, where: str, code: str) -> str:
        entry = (self.chart.taxes if where == MappingList.TAX_RATE else self.chart.accounts).get(code)
        return f"{code} {entry.name}" if entry else code

    def _check_account(self, code: str, line: Line, document: TradeDocument, resolved: Resolved) -> None:
        if not code:
            return
        resolved.rest_on(target_fact(Kind.ACCOUNT, code))
        account = self.chart.accounts.get(code)
        problem = _account_problem(code, account)
        if problem is None and account is not None and not account.takes_documents:
            problem = Problem(
                code="account_not_for_documents",
                what=f"Account {code} {account.name} can't be used on an invoice or bill.",
                why="It is a bank account or one that the ledger keeps for itself.",
                fix="Map the source account to another one.",
                subject=code,
            )
        if problem is None and account is not None and self._debits_stock(account, line, document):
            problem = Problem(
                code="stock_account_in_periodic",
                what=f"Goods on {document.number} would be debited to the stock account {code} {account.name}.",
                why="With the periodic method nothing relieves stock again, so the account would only grow.",
                fix="Map the source's inventory account to a purchases account.",
                subject=code,
            )
        if problem:
            resolved.object_to(problem)

    def _debits_stock(self, account: Account, line: Line, document: TradeDocument) -> bool:
        is_purchase = document.kind in (Kind.BILL, Kind.SUPPLIER_CREDIT)
        is_stock = account.type.upper() == "INVENTORY" or (
            account.account_class is AccountClass.ASSET and line.purpose == "goods"
        )
        return self.policy.periodic and is_purchase and is_stock

    def _check_tax(self, code: str, resolved: Resolved) -> None:
        if not code:
            return
        resolved.rest_on(target_fact(Kind.TAX_RATE, code))
        tax = self.chart.taxes.get(code)
        if tax is None or not tax.active:
            resolved.object_to(
                Problem(
                    code="tax_rate_not_usable",
                    what=f"Tax rate {code} is {'archived' if tax else 'not'} in the ledger.",
                    fix="Map the source's tax code to an active one.",
                    subject=code,
                )
            )

    def _line_item(self, line: Line, item: Item | None, resolved: Resolved) -> str:
        if not line.item_id or not self.policy.items_on:
            return ""
        resolved.depend(Kind.ITEM, line.item_id)
        return item.code if item else line.item_code

    def _settlement(self, document: Settlement, resolved: Resolved) -> None:
        resolved.depend(document.document_kind, document.document_id)
        resolved.rest_on(map_fact(MappingList.PAYMENT_ACCOUNT, document.account))
        target = self.rules.find(MappingList.PAYMENT_ACCOUNT, document.account)
        resolved.document = document.model_copy(update={"account": target})
        if not target:
            resolved.object_to(
                Problem(
                    code="payment_account_not_mapped",
                    what=f"The payment account {document.account or '(none)'} is not mapped.",
                    why="Money is never booked to a default account.",
                    fix="Map it to a bank account of the ledger.",
                    subject=document.account,
                )
            )
            return
        resolved.rest_on(target_fact(Kind.ACCOUNT, target))
        resolved.note(f"payment account {document.account} becomes {self._name(MappingList.ACCOUNT, target)}")
        for problem in _payment_account_problems(target, self.chart.accounts.get(target), document.currency):
            resolved.object_to(problem)

    def _item(self, item: Item, resolved: Resolved) -> None:
        changes: dict[str, str] = {}
        for name, where in (
            ("sale_account", MappingList.ACCOUNT),
            ("purchase_account", MappingList.ACCOUNT),
            ("sale_tax", MappingList.TAX_RATE),
            ("purchase_tax", MappingList.TAX_RATE),
        ):
            code = cast(str, getattr(item, name))
            # An item is only a price list entry: an unmapped code is left out, the document's own lines decide.
            changes[name] = self._usable(where, self.rules.find(where, code)) if code else ""
            if code:
                resolved.rest_on(map_fact(where, code))
        resolved.document = item.model_copy(update=changes)

    def _usable(self, where: MappingList, target: str) -> str:
        if where is MappingList.TAX_RATE:
            tax = self.chart.taxes.get(target)
            return target if tax and tax.active else ""
        account = self.chart.accounts.get(target)
        return target if account and account.active and account.takes_documents else ""


def _not_mapped(what: str, where: MappingList, code: str, place: str) -> Problem:
    return Problem(
        code=f"{where}_not_mapped",
        what=f"The {what} {code} is not mapped.",
        why=f"It comes from the {place}.",
        fix="Choose what it is in the ledger on the mappings page.",
        subject=code,
    )


def _no_default(search: _Search) -> Problem:
    return Problem(
        code=f"{search.where}_missing",
        what=f"There is no {search.what} on the line, item, document or contact.",
        fix=f"Choose a default ({search.default.value.replace('_', ' ')}) on the mappings page.",
        subject=search.default,
    )


def _account_problem(code: str, account: Account | None) -> Problem | None:
    if account is not None and account.active:
        return None
    return Problem(
        code="account_not_usable",
        what=f"Account {code} is {'archived' if account else 'not'} in the ledger.",
        fix="Restore it there, or map the source account to another one.",
        subject=code,
    )


def _payment_account_problems(code: str, account: Account | None, currency: str) -> Iterator[Problem]:
    unusable = _account_problem(code, account)
    if unusable or account is None:
        if unusable:
            yield unusable
        return
    if not account.takes_payments:
        yield Problem(
            code="account_takes_no_payments",
            what=f"Account {code} {account.name} takes no payments.",
            fix="Enable payments on it in the ledger, or map to a bank account.",
            subject=code,
        )
    if account.currency and account.currency != currency:
        yield Problem(
            code="payment_currency",
            what=f"Account {code} {account.name} holds {account.currency}, the payment is in {currency}.",
            fix="Map a payment account of the same currency.",
            subject=code,
        )


@dataclass(frozen=True)
class Suggestion:
    """A mapping we would make, and why."""

    source_code: str
    target_code: str
    why: str


_STOCK_WORDS = re.compile(r"\b(inventory|stock)\b", re.IGNORECASE)


def suggest_accounts(source: Sequence[Account], target: Sequence[Account], *, periodic: bool) -> Iterator[Suggestion]:
    """By code and name together, then by code, then by name; a stock account goes to purchases when periodic."""
    usable = [account for account in target if account.active and account.code and account.takes_documents]
    by_code = {fold(account.code): account for account in usable}
    by_name = {fold(account.name): account for account in usable}
    purchases = next((a for a in usable if a.type.upper() in ("DIRECTCOSTS", "COST OF GOODS SOLD")), None)
    for account in source:
        if periodic and account.account_class is AccountClass.ASSET and _STOCK_WORDS.search(account.name):
            if purchases:
                yield Suggestion(account.code, purchases.code, "purchases, since the method is periodic")
            continue
        same_code, same_name = by_code.get(fold(account.code)), by_name.get(fold(account.name))
        if same_code and same_code is same_name:
            yield Suggestion(account.code, same_code.code, "same code and name")
        elif same_code and same_code.account_class is account.account_class:
            yield Suggestion(account.code, same_code.code, "same code and class")
        elif same_name and same_name.account_class is account.account_class:
            yield Suggestion(account.code, same_name.code, "same name and class")


def suggest_payment_accounts(source: Sequence[Account], target: Sequence[Account]) -> Iterator[Suggestion]:
    """Only an account with the same code and the same name that takes payments: money is never guessed."""
    by_code = {fold(account.code): account for account in target if account.active and account.takes_payments}
    for account in source:
        match = by_code.get(fold(account.code))
        if match and fold(match.name) == fold(account.name):
            yield Suggestion(account.code, match.code, "same code and name")


def suggest_tax_rates(source: Sequence[TaxRate], target: Sequence[TaxRate]) -> Iterator[Suggestion]:
    """By name when the rates agree; by rate alone only where one ordinary rate fits, never a special one."""
    usable = [tax for tax in target if tax.active]
    by_name = {fold(tax.name): tax for tax in usable}
    for tax in source:
        match = by_name.get(fold(tax.name))
        if match:
            if match.percent == tax.percent:
                yield Suggestion(tax.code, match.code, "same name and rate")
            continue
        ordinary = [
            other
            for other in usable
            if not other.special and other.percent == tax.percent and other.on_sales == tax.on_sales
        ]
        if tax.percent and not tax.special and len(ordinary) == 1:
            yield Suggestion(tax.code, ordinary[0].code, "the only ordinary rate of the same percentage")
