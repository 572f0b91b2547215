"""From the source's codes to the target's: which rule fired for each, or why none did.

Pure: the same mappings, lists and document always give the same answer. An account or tax code is looked for on the
line, then the item, the document, the contact, and last in the integration's default. The first of them that names
a code decides; a code that is not mapped holds the document instead of falling through to the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from hub.documents import (
    Account,
    AccountClass,
    Allocation,
    Contact,
    Document,
    Item,
    Journal,
    Kind,
    Line,
    Settlement,
    TradeDocument,
)
from hub.errors import Problem
from hub.mapping.journals import resolve_journal
from hub.mapping.paying import payment_method, payment_term
from hub.mapping.problems import account_problem, not_mapped
from hub.mapping.rules import (
    DIRECT_TARGET,
    Chart,
    Default,
    MappingList,
    Policy,
    Resolved,
    Rules,
    Sources,
    map_fact,
    source_fact,
    target_fact,
)
from hub.mapping.tracking import Tracker

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
        self._tracker = Tracker(rules, chart, hold=self.policy.hold_untracked)

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
        elif isinstance(document, Journal):
            resolve_journal(document, self.rules, self.chart, self._tracker, resolved)
        return resolved

    def _trade(self, document: TradeDocument, resolved: Resolved) -> None:
        contact_id = self._contact(document, resolved)
        contact = self.sources.contacts.get(document.contact_id)
        codes: dict[tuple[str, ...], tuple[str, str]] = {}
        lines = tuple(self._line(line, document, contact, resolved, codes) for line in document.lines)
        changes = {"lines": lines, "contact_id": contact_id, "account": "", "tax_code": "", "attributes": ()}
        changes |= {"payment_term": payment_term(document, self.chart, resolved)}
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
            account = self._before_perpetual(account, line, document, resolved)
            tax = self._tax(line, item_tax, document, contact, resolved)
            self._check_account(account, line, document, resolved)
            self._check_tax(tax, resolved)
            codes[alike] = account, tax
        account, tax = codes[alike]
        code = self._line_item(line, item, resolved)
        changes: dict[str, object] = {"account": account, "tax_code": tax, "item_code": code}
        changes |= {"item_id": line.item_id if code else ""}
        changes |= {"tracking": self._tracker.choices(item, document.attributes, resolved)}
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
                resolved.object_to(not_mapped(search.what, search.where, code, place))
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
        problem = account_problem(code, account)
        if problem is None and account is not None and not account.takes_documents:
            problem = Problem(
                code="account_not_for_documents",
                what=f"Account {code} {account.name} can't be used on an invoice or bill.",
                why="It is a bank account or one that the ledger keeps for itself.",
                fix="Map the source account to another one.",
                subject=code,
            )
        if problem is None and account is not None and _debits_stock(account, line, document):
            problem = self._stock_problem(account, document)
        if problem:
            resolved.object_to(problem)

    def _before_perpetual(self, code: str, line: Line, document: TradeDocument, resolved: Resolved) -> str:
        """Goods of a bill dated before the perpetual method began go to purchases, where a person said which."""
        account = self.chart.accounts.get(code)
        earlier = not self.policy.periodic and self.policy.is_periodic(document.date)
        if account is None or not earlier or not _debits_stock(account, line, document):
            return code
        resolved.rest_on(map_fact(MappingList.DEFAULT, Default.EARLIER_PURCHASES))
        target = self.rules.find(MappingList.DEFAULT, Default.EARLIER_PURCHASES)
        if not target:
            return code
        name = self._name(MappingList.ACCOUNT, target)
        resolved.note(f"dated before {self.policy.perpetual_from}, so goods go to {name} instead of the stock account")
        return target

    def _stock_problem(self, account: Account, document: TradeDocument) -> Problem | None:
        """Stock is debited only if it is relieved again."""
        what = f"Goods on {document.number} would be debited to the stock account {account.code} {account.name}."
        if self.policy.periodic:
            return Problem(
                code="stock_account_in_periodic",
                what=what,
                why="With the periodic method nothing relieves stock again, so the account would only grow.",
                fix="Map the source's inventory account to a purchases account.",
                subject=account.code,
            )
        if self.policy.is_periodic(document.date):
            return Problem(
                code="goods_before_perpetual",
                what=what,
                why=f"The perpetual method begins on {self.policy.perpetual_from}, and relieves none of it earlier.",
                fix="Choose an account for goods bought before that among the defaults of the mappings.",
                subject=Default.EARLIER_PURCHASES,
            )
        if self.policy.journals_on:
            return None
        return Problem(
            code="stock_not_relieved",
            what=what,
            why="The flow of journals is off, so nothing relieves stock again and the account would only grow.",
            fix="Switch the flow of journals on, or go back to the periodic method.",
            subject=account.code,
        )

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
        method = payment_method(document, self.rules, self.chart, resolved)
        resolved.document = document.model_copy(
            update={"account": target, **({"payment_method": method} if method else {})}
        )
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
        for problem in _payment_problems(target, self.chart.accounts.get(target), document.currency):
            resolved.object_to(problem)

    def _item(self, item: Item, resolved: Resolved) -> None:
        changes: dict[str, object] = {"attributes": ()}
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


def _debits_stock(account: Account, line: Line, document: TradeDocument) -> bool:
    """Whether a line of a purchase books goods to a stock account."""
    is_purchase = document.kind in (Kind.BILL, Kind.SUPPLIER_CREDIT)
    is_goods = account.account_class is AccountClass.ASSET and line.purpose == "goods"
    return is_purchase and (account.type.upper() == "INVENTORY" or is_goods)


def _no_default(search: _Search) -> Problem:
    return Problem(
        code=f"{search.where}_missing",
        what=f"There is no {search.what} on the line, item, document or contact.",
        fix=f"Choose a default ({search.default.value.replace('_', ' ')}) on the mappings page.",
        subject=search.default,
    )


def _payment_problems(code: str, account: Account | None, currency: str) -> Iterator[Problem]:
    unusable = account_problem(code, account)
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
