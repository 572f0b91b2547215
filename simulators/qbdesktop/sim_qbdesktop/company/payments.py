"""Payments from customers and checks that pay bills.

One that uses credits and moves no money is no transaction to QuickBooks: it links what is there, and the answer names
nothing (QuickBooks Desktop SDK documentation, requests for receive payments, bill payments, and deposits; API
reference, SetCredit). Whether an answer without any record is exactly what comes is behind a switch.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from .. import statuses
from ..money import ZERO, cents
from .drafting import Draft, RawLines, begin, control_account
from .file import Company
from .kinds import TRANSACTIONS
from .linking import check_party, credit_link, due, overpaid, sources_by
from .records import Fields, Link, Posting, Ref, Transaction

_TARGETS = {"ReceivePayment": "Invoice", "BillPaymentCheck": "Bill"}


def write(company: Company, kind: str, raw: Fields, given: RawLines, before: Transaction | None) -> Draft:
    """A draft of a payment and of what it is applied to. StatusError when QuickBooks would refuse it."""
    draft = begin(company, kind, raw, before)
    if draft.entry(TRANSACTIONS[kind].party) is None:
        raise statuses.missing(TRANSACTIONS[kind].party, draft.noun)
    auto = draft.fields.pop("IsAutoApply", False)
    wanted = raw.get("AppliedToTxnAdd", raw.get("AppliedToTxnMod"))
    if wanted is None:
        _keep_links(draft)
    else:
        draft.gone_links = sources_by(company, before) if before else []
        for each in wanted:
            _apply(draft, each)
    own = _own_links(draft)
    draft.total = _total(draft, raw, own)
    if auto:
        own += _apply_to_oldest(draft)
    _check_covers(draft, own)
    if before is None and draft.links and not own and not draft.total:
        draft.is_link_only = company.switches["credits_alone"] == "links"
    _book(draft, own)
    return draft


def _own_links(draft: Draft) -> list[Link]:
    """What its own money pays, without the credits that it uses."""
    return [link for link in draft.links if not link.source]


def _keep_links(draft: Draft) -> None:
    """A Mod that says nothing of what is paid leaves that as it is."""
    if draft.before:
        draft.gone_links = sources_by(draft.company, draft.before)
        for link in draft.gone_links:
            source = "" if link.source == draft.before.txn_id else link.source
            draft.links.append(Link("", source, link.target, "", link.amount, link.discount, link.discount_account))


def _apply(draft: Draft, wanted: Fields) -> None:
    """One AppliedToTxn: money, credits and a discount for one invoice or bill."""
    target = draft.company.transactions.get(wanted["TxnID"])
    if target is None or target.kind != _TARGETS[draft.kind]:
        raise statuses.not_found(wanted["TxnID"])
    check_party(draft, target)
    left = due(draft.company, target) + _given_back(draft, target) - _pledged(draft, target)
    for each in wanted.get("SetCredit", []):
        link = credit_link(draft, each, left, target.kind)
        draft.links.append(Link("", link.source, target.txn_id, "", link.amount))
        left -= link.amount
    amount: Decimal = wanted.get("PaymentAmount") or ZERO
    discount: Decimal = wanted.get("DiscountAmount") or ZERO
    if amount + discount > left:
        raise overpaid(draft, "AppliedToTxnAdd payment amount", amount, "You cannot pay more than the amount due.")
    account = _discount_account(draft, wanted) if discount else ""
    if amount or discount:
        draft.links.append(Link("", "", target.txn_id, "", amount, discount, account))


def _given_back(draft: Draft, target: Transaction) -> Decimal:
    gone = [link for link in draft.gone_links if link.target == target.txn_id]
    return sum((link.amount + link.discount for link in gone), ZERO)


def _pledged(draft: Draft, target: Transaction) -> Decimal:
    links = [link for link in draft.links if link.target == target.txn_id]
    return sum((link.amount + link.discount for link in links), ZERO)


def _discount_account(draft: Draft, wanted: Fields) -> str:
    text = wanted.get("DiscountAccountRef")
    if not text:
        raise statuses.missing("DiscountAccountRef", draft.noun)
    return draft.resolver.reference("DiscountAccountRef", text).list_id


def _total(draft: Draft, raw: Fields, own: Iterable[Link]) -> Decimal:
    """A check is as large as what it pays; a customer's payment says how large it is."""
    paid = sum((link.amount for link in own), ZERO)
    if draft.kind == "BillPaymentCheck":
        draft.fields.pop("Amount", None)
        return paid
    given: Decimal | None = draft.fields.pop("TotalAmount", None)
    if given is None:
        given = draft.before.total if draft.before and "TotalAmount" not in raw else paid
    return cents(given)


def _apply_to_oldest(draft: Draft) -> list[Link]:
    """IsAutoApply: the open invoices of the customer, the oldest first, as far as the money goes."""
    customer = draft.fields["CustomerRef"]
    invoices = [each for each in draft.company.transactions if each.kind == "Invoice"]
    theirs = [each for each in invoices if each.fields["CustomerRef"] == customer]
    left, links = draft.total, []
    for invoice in sorted(theirs, key=lambda each: (each.day, each.number)):
        amount = min(left, due(draft.company, invoice))
        if amount > 0:
            links.append(Link("", "", invoice.txn_id, "", amount))
            left -= amount
    draft.links += links
    return links


def _check_covers(draft: Draft, own: Iterable[Link]) -> None:
    paid = sum((link.amount for link in own), ZERO)
    if paid > draft.total:
        raise overpaid(draft, "TotalAmount", draft.total, "The payment is less than the amounts it is applied to.")
    used_elsewhere = _used_by_others(draft)
    if draft.total < paid + used_elsewhere:
        raise overpaid(draft, "TotalAmount", draft.total, "Other transactions use this payment already.")
    if draft.total < 0:
        raise statuses.not_saved(draft.noun, "Transaction amount must be positive.")


def _used_by_others(draft: Draft) -> Decimal:
    if draft.before is None:
        return ZERO
    txn_id = draft.before.txn_id
    links = [link for link in draft.company.links.of(txn_id) if link.source == txn_id and link.by != txn_id]
    return sum((link.amount for link in links), ZERO)


def _book(draft: Draft, own: list[Link]) -> None:
    """Money against the receivable or payable; with currencies, the difference to the documents' rates is a gain."""
    is_check = draft.kind == "BillPaymentCheck"
    control = control_account(draft, "AccountsPayable" if is_check else "AccountsReceivable")
    entity = draft.fields["PayeeEntityRef" if is_check else "CustomerRef"].list_id
    sign = -1 if is_check else 1
    draft.post(_money_account(draft, is_check), sign * draft.total)
    for link in own:
        if link.discount:
            draft.post(link.discount_account, sign * link.discount)
    draft.balance(control, entity)
    gain = sum((_gain(draft, link) for link in own), ZERO)
    if gain:
        _book_gain(draft, control, sign * gain)


def _money_account(draft: Draft, is_check: bool) -> str:
    name = "BankAccountRef" if is_check else "DepositToAccountRef"
    account = draft.entry(name)
    if account is None:
        account = draft.company.named(("Account",), "Undeposited Funds")
    if account is None:
        account = draft.company.add_entry("Account", Name="Undeposited Funds", AccountType="OtherCurrentAsset")
    if is_check and account.fields["AccountType"] != "Bank":
        raise statuses.bad_reference("Account", account.name, draft.noun)
    draft.fields[name] = Ref(account.list_id)
    return account.list_id


def _gain(draft: Draft, link: Link) -> Decimal:
    """What an application is worth more at the payment's rate than at the document's."""
    target = draft.company.transactions[link.target]
    amount = link.amount + link.discount
    return cents(amount * draft.rate) - cents(amount * target.rate)


def _book_gain(draft: Draft, control: str, gain: Decimal) -> None:
    account = draft.company.named(("Account",), "Exchange Gain or Loss")
    if account is None:
        account = draft.company.add_entry("Account", Name="Exchange Gain or Loss", AccountType="OtherExpense")
    draft.postings += [Posting(control, gain), Posting(account.list_id, -gain)]
