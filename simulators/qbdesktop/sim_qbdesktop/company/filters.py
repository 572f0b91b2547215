"""What queries ask for: lists by name and status, transactions by number, party, date and state."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime

from .. import statuses
from ..qbxml.reading import Fields, RefText
from .file import Company
from .kinds import ENTITIES, TRANSACTIONS
from .linking import credit_left, due
from .moments import Moments
from .records import Entry, Ref, Transaction
from .references import Resolver

_NOT_SIMULATED = (
    "TotalBalanceFilter",
    "CurrencyFilter",
    "ClassFilter",
    "ItemFilter",
    "PaymentMethodType",
    "TransactionItemFilter",
    "TransactionClassFilter",
    "TransactionPostingStatusFilter",
)
_ACTIVE = {"ActiveOnly": (True,), "InactiveOnly": (False,), "All": (True, False)}
_MATCHES: dict[str, Callable[[str, str], bool]] = {
    "StartsWith": str.startswith,
    "Contains": lambda text, part: part in text,
    "EndsWith": str.endswith,
}


def moment(moments: Moments, asked: Fields, field: str, end: bool) -> datetime | None:
    """A bound of a range of time; None where there is none. 3020 for a moment that there is not."""
    text = asked.get(field)
    if not text:
        return None
    try:
        return moments.read(text, end)
    except ValueError as problem:
        raise statuses.wrong_value(3020, text, field) from problem


def changed_within(company: Company, asked: Fields) -> Callable[[Entry | Transaction], bool]:
    """FromModifiedDate to ToModifiedDate, both inclusive, in QuickBooks' local time."""
    moments = company.moments
    since = moment(moments, asked, "FromModifiedDate", end=False)
    until = moment(moments, asked, "ToModifiedDate", end=True)
    if since and until and since > until:
        raise statuses.StatusError(3030, "The start of the date range is after its end.")

    def within(record: Entry | Transaction) -> bool:
        local = moments.local(record.modified)
        return (since is None or local >= since) and (until is None or local <= until)

    return within


def matching_text(asked: Fields, name: str, value: str) -> bool:
    """NameFilter and NameRangeFilter, RefNumberFilter and RefNumberRangeFilter: without regard to letter case."""
    value = value.casefold()
    if one := asked.get(f"{name}Filter"):
        return _MATCHES[one["MatchCriterion"]](value, str(one[name]).casefold())
    if between := asked.get(f"{name}RangeFilter"):
        low, high = (str(between.get(f"{end}{name}", "")).casefold() for end in ("From", "To"))
        return (not low or value >= low) and (not high or value[: len(high)] <= high)
    return True


def entries(company: Company, kinds: Iterable[str], asked: Fields) -> list[Entry]:
    """The entries that a query's filters let through."""
    within = changed_within(company, asked)
    active = {"ActiveOnly": (True,), "InactiveOnly": (False,), "All": (True, False)}[
        asked.get("ActiveStatus") or "ActiveOnly"
    ]
    types = set(asked.get("AccountType", []))
    found = [
        entry
        for entry in company.of_kinds(kinds)
        if entry.active in active
        and within(entry)
        and matching_text(asked, "Name", company.full_name(entry))
        and (not types or entry.fields.get("AccountType") in types)
    ]
    return sorted(found, key=lambda entry: company.full_name(entry).casefold())


def transactions(company: Company, kinds: Iterable[str], asked: Fields) -> list[Transaction]:
    """The transactions that a query's filters let through, by date."""
    wanted = set(kinds)
    checks = [
        changed_within(
            company, asked.get("ModifiedDateRangeFilter") or asked.get("TransactionModifiedDateRangeFilter") or {}
        ),
        _dated(asked.get("TxnDateRangeFilter") or asked.get("TransactionDateRangeFilter") or {}),
        _of_party(company, asked.get("EntityFilter") or asked.get("TransactionEntityFilter")),
        _on_account(company, asked.get("AccountFilter") or asked.get("TransactionAccountFilter")),
        lambda each: matching_text(asked, "RefNumber", str(each.fields.get("RefNumber", ""))),
        _paid(company, asked),
    ]
    found = [each for each in company.transactions if each.kind in wanted and all(check(each) for check in checks)]
    return sorted(found, key=lambda each: (each.day, each.number))


def refuse_unknown(asked: Fields) -> None:
    """Filters that would be left out in silence are refused instead."""
    for name in _NOT_SIMULATED:
        if name in asked:
            raise statuses.not_simulated(name)


def _either(asked: Fields, name: str) -> Fields | None:
    """A filter, which has a longer name in TransactionQuery."""
    return asked.get(name) or asked.get(f"Transaction{name}")


def _dated(asked: Fields) -> Callable[[Entry | Transaction], bool]:
    if asked.get("DateMacro") not in (None, "All"):
        raise statuses.not_simulated("DateMacro")
    since: date = asked.get("FromTxnDate") or date.min
    until: date = asked.get("ToTxnDate") or date.max
    if since > until:
        raise statuses.StatusError(3030, "The start of the date range is after its end.")
    return lambda each: isinstance(each, Transaction) and since <= each.day <= until


def _named_ids(company: Company, asked: Fields, kinds: Iterable[str], name: str) -> set[str]:
    """The entries that a filter names, with those below them where it says so."""
    resolver = Resolver(company, "query")
    ids = set()
    for key, value in asked.items():
        for text in value if isinstance(value, list) else [value]:
            by_id = key.startswith("ListID")
            ref = resolver.reference(name, RefText(text if by_id else "", "" if by_id else text), kinds)
            ids.add(ref.list_id)
            if key.endswith("WithChildren"):
                ids |= {each.list_id for each in _all_below(company, company.entries[ref.list_id])}
    return ids


def _all_below(company: Company, entry: Entry) -> list[Entry]:
    return [deeper for each in company.below(entry) for deeper in (each, *_all_below(company, each))]


def _of_party(company: Company, asked: Fields | None) -> Callable[[Entry | Transaction], bool]:
    if asked is None:
        return lambda each: True
    if "EntityTypeFilter" in asked:
        kind = asked["EntityTypeFilter"]
        return lambda each: (ref := _party(each)) is not None and company.entries[ref.list_id].kind == kind
    ids = _named_ids(company, asked, ENTITIES, "EntityRef")
    return lambda each: (ref := _party(each)) is not None and ref.list_id in ids


def _party(record: Entry | Transaction) -> Ref | None:
    ref: Ref | None = record.fields.get(TRANSACTIONS[record.kind].party)
    return ref


def _on_account(company: Company, asked: Fields | None) -> Callable[[Entry | Transaction], bool]:
    if asked is None:
        return lambda each: True
    if "AccountTypeFilter" in asked:
        raise statuses.not_simulated("AccountTypeFilter")
    ids = _named_ids(company, asked, ("Account",), "AccountRef")
    return lambda each: isinstance(each, Transaction) and any(posting.account in ids for posting in each.postings)


def _paid(company: Company, asked: Fields) -> Callable[[Entry | Transaction], bool]:
    wanted = asked.get("PaidStatus") or asked.get("TransactionPaidStatusFilter") or "All"
    if wanted in ("All", "Either"):
        return lambda each: True
    open_ones = wanted in ("NotPaidOnly", "Open")
    return lambda each: isinstance(each, Transaction) and is_open(company, each) == open_ones


def is_open(company: Company, transaction: Transaction) -> bool:
    """Whether anything is left to be paid or applied."""
    if transaction.kind in ("Invoice", "Bill"):
        return due(company, transaction) != 0
    return credit_left(company, transaction) != 0
