"""What is read, question by question, and how each answer becomes a page.

A list that QuickBooks gives page by page is read to its end within one session; where the iterator is lost, or went
with another session, it is begun anew and every record simply comes again. Changes are asked for since a moment of the
computer's own clock, with hours of overlap: a repeat is harmless, and neither the hour that comes twice in autumn nor
the wrong offset that QuickBooks writes in summer nor a clock that was put back can hide a change. Hours that were read
twice are only watched: a summary says whether anything of them changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from hub import (
    CREDIT_KINDS,
    Feed,
    Kind,
    Page,
    PaymentMethod,
    PaymentTerm,
    Problem,
    Record,
    TargetState,
    UnreachableError,
    Want,
)
from hub_qbdesktop import ids, messages, native, qbxml, states, watermarks, xmltext
from hub_qbdesktop.messages import Reply
from hub_qbdesktop.refusals import UNDECIDED

PAGE = 200
"""Records of one answer. QuickBooks forgets an iterator that rests for ten seconds, so a page must be saved quickly."""
MOST_RESTARTS = 3
_ALL = (("ActiveStatus", "All"),)
_KEPT_STOCK = "QuickBooks keeps its stock"
_NO_LINE = "a line can't name it"


@dataclass(frozen=True)
class Source:
    """A feed that QuickBooks gives page by page: its query, and what tells of deletions."""

    kind: Kind
    query: str
    deleted: str
    deleted_types: tuple[str, ...]
    sorts: tuple[str, ...] = ()
    values: tuple[tuple[str, Any], ...] = ()

    @property
    def own_id(self) -> str:
        """What QuickBooks calls the id of its records."""
        return "ListID" if self.is_list else "TxnID"

    @property
    def is_list(self) -> bool:
        """Whether it is one of the lists, whose records become documents."""
        return self.deleted == "ListDeletedQuery"


_LINKED = (("IncludeLinkedTxns", True),)
"""A credit tells what it is used for."""
_ITEM_TYPES = ("ItemService", "ItemNonInventory", "ItemOtherCharge")
SOURCES: Mapping[str, Source] = {
    "customers": Source(Kind.CONTACT, "CustomerQuery", "ListDeletedQuery", ("Customer",), (ids.CUSTOMER,), _ALL),
    "vendors": Source(Kind.CONTACT, "VendorQuery", "ListDeletedQuery", ("Vendor",), (ids.VENDOR,), _ALL),
    "items": Source(Kind.ITEM, "ItemQuery", "ListDeletedQuery", _ITEM_TYPES, tuple(ids.ITEM_SORTS.values()), _ALL),
    "invoices": Source(Kind.INVOICE, "InvoiceQuery", "TxnDeletedQuery", ("Invoice",)),
    "credit_memos": Source(Kind.CREDIT_NOTE, "CreditMemoQuery", "TxnDeletedQuery", ("CreditMemo",), values=_LINKED),
    "bills": Source(Kind.BILL, "BillQuery", "TxnDeletedQuery", ("Bill",)),
    "vendor_credits": Source(
        Kind.SUPPLIER_CREDIT, "VendorCreditQuery", "TxnDeletedQuery", ("VendorCredit",), values=_LINKED
    ),
    "receipts": Source(Kind.PAYMENT, "ReceivePaymentQuery", "TxnDeletedQuery", ("ReceivePayment",), (ids.RECEIPT,)),
    "checks": Source(Kind.PAYMENT, "BillPaymentCheckQuery", "TxnDeletedQuery", ("BillPaymentCheck",), (ids.CHECK,)),
    "refunds": Source(Kind.REFUND, "CheckQuery", "TxnDeletedQuery", ("Check",), (ids.REFUND,)),
    "journal_entries": Source(Kind.JOURNAL, "JournalEntryQuery", "TxnDeletedQuery", ("JournalEntry",)),
}

FEEDS = (
    Feed("organisation", frozenset()),
    Feed("accounts", frozenset({Kind.ACCOUNT}), full=True),
    Feed("tax_rates", frozenset({Kind.TAX_RATE}), full=True),
    Feed("classes", frozenset({Kind.TRACKING}), full=True),
    Feed("payment_terms_and_methods", frozenset({Kind.PAYMENT_TERM, Kind.PAYMENT_METHOD}), full=True),
    Feed("customers", frozenset({Kind.CONTACT})),
    Feed("vendors", frozenset({Kind.CONTACT})),
    Feed("items", frozenset({Kind.ITEM})),
    Feed("invoices", frozenset({Kind.INVOICE}), states_only=True),
    Feed("credit_memos", frozenset({Kind.CREDIT_NOTE, Kind.ALLOCATION}), states_only=True),
    Feed("bills", frozenset({Kind.BILL}), states_only=True),
    Feed("vendor_credits", frozenset({Kind.SUPPLIER_CREDIT, Kind.ALLOCATION}), states_only=True),
    Feed("receipts", frozenset({Kind.PAYMENT}), states_only=True),
    Feed("checks", frozenset({Kind.PAYMENT}), states_only=True),
    Feed("refunds", frozenset({Kind.REFUND}), states_only=True),
    Feed("journal_entries", frozenset({Kind.JOURNAL}), states_only=True),
)
_WHOLE: Mapping[str, tuple[str, ...]] = {
    "organisation": ("HostQuery", "CompanyQuery", "PreferencesQuery", "CurrencyQuery"),
    "accounts": ("AccountQuery", "CurrencyQuery", "PreferencesQuery"),
    "tax_rates": ("PreferencesQuery", "SalesTaxCodeQuery", "ItemSalesTaxQuery", "ItemSalesTaxGroupQuery"),
    "classes": ("ClassQuery",),
    "payment_terms_and_methods": ("TermsQuery", "PaymentMethodQuery"),
}
"""Feeds that come whole, and the queries that each takes."""
_HAVE_STATUS = frozenset(
    {
        *("AccountQuery", "SalesTaxCodeQuery", "ItemSalesTaxQuery", "ItemSalesTaxGroupQuery", "ClassQuery"),
        *("TermsQuery", "PaymentMethodQuery", "CurrencyQuery"),
    }
)
_DELETED = "deleted"
_ANEW = "anew"
"""Marks a read that brings the records themselves, whatever a summary would say."""
_TOLD_APART = ("ListID", "TxnID", "ListDelType", "TxnDelType", "EditSequence", "TimeDeleted")
"""What tells records, changes of them and deletions apart."""


def ask(want: Want, owner_id: str) -> bytes:
    """The question that brings the next page."""
    name = want.feed.name
    if name in _WHOLE:
        return messages.document([_whole(query, number, owner_id) for number, query in enumerate(_WHOLE[name], 1)])
    source, progress = SOURCES[name], _progress(want)
    since = _since(want)
    if _is_watching(want):
        summary = {**_modified(source, since), "IncludeRetElement": [source.own_id, "EditSequence"]}
        requests = [qbxml.query(source.query, {**_everyone(source), **summary}, "1")]
    else:
        values = {**dict(source.values), **_modified(source, since)}
        requests = [qbxml.query(source.query, values, "1", iterator=progress.get("iterator", ""), page=PAGE)]
    if since and not progress.get("iterator"):
        dated = {"DeletedDateRangeFilter": {"FromDeletedDate": since}}
        sort = "TxnDelType" if source.deleted == "TxnDeletedQuery" else "ListDelType"
        requests.append(qbxml.request(source.deleted, {sort: list(source.deleted_types), **dated}, _DELETED))
    return messages.document(requests)


def _everyone(source: Source) -> dict[str, Any]:
    """A summary leaves out what a record says beside itself, but no record."""
    return dict(_ALL) if source.is_list else {}


def _is_watching(want: Want) -> bool:
    """Whether a summary will do: what was read twice may be as it was."""
    return bool(watermarks.seen(_begun(want))) and not _progress(want)


def _whole(query: str, number: int, owner_id: str) -> str:
    values: dict[str, Any] = dict(_ALL) if query in _HAVE_STATUS else {}
    if query == "CompanyQuery":
        values["OwnerID"] = owner_id
    return qbxml.request(query, values, str(number))


def _modified(source: Source, since: str) -> dict[str, Any]:
    if not since:
        return {}
    return {"FromModifiedDate": since} if source.is_list else {"ModifiedDateRangeFilter": {"FromModifiedDate": since}}


def _since(want: Want) -> str:
    """From when changes are asked for: the last one seen less the overlap; at first, the day from which we post."""
    begun = _begun(want)
    if begun:
        return watermarks.since(begun)
    return f"{want.since}T00:00:00" if want.since and not SOURCES[want.feed.name].is_list else ""


def _begun(want: Want) -> str:
    """The watermark that a read begins with; one in the future has missed changes, so all is read again."""
    cursor = want.cursor or ""
    return cursor if watermarks.is_possible(watermarks.moment(cursor), want.present) else ""


def _progress(want: Want) -> dict[str, Any]:
    """How far the list is read in this visit; an iterator of another one is gone with its session."""
    found: dict[str, Any] = json.loads(want.progress) if want.progress else {}
    return found if found.get("run", 0) == want.run else {}


def hear(want: Want, answer: bytes, owner_id: str) -> Page:
    """The page that an answer is."""
    told = messages.read(answer).by_id()
    if want.feed.name in _WHOLE:
        return _hear_whole(want.feed.name, told, owner_id)
    reply = told.get("1")
    if reply is None or not (reply.is_done or reply.is_not_found):
        return _begun_anew(want, reply)
    deleted = told.get(_DELETED)
    if deleted is not None and not (deleted.is_done or deleted.is_not_found):
        # Else the watermark would move past deletions that nobody was told of.
        raise UnreachableError(_unread(want.feed.name, deleted))
    changed = [*reply.records, *(deleted.records if deleted else ())]
    begun, progress = _begun(want), _progress(want)
    seen = watermarks.digest(map(_told_apart, changed), progress.get("seen", ""))
    if _is_watching(want):
        return _watched(want, begun, seen)
    source = SOURCES[want.feed.name]
    gone = _deleted(deleted, source)
    stamps = (watermarks.believed(stamp, want.present) for stamp in native.stamps(changed))
    latest = max([*stamps, progress.get("latest", ""), watermarks.moment(begun)])
    page = Page(
        records=(*map(_record, reply.records), *map(_withdrawn, gone)) if source.is_list else (),
        states=(*_states(reply.records, source), *gone),
        credits=_credits(reply.records, gone),
    )
    if reply.remaining > 0 and reply.iterator:
        left = {**progress, "iterator": reply.iterator, "latest": latest, "seen": seen, "run": want.run}
        return replace(page, progress=json.dumps(left))
    return replace(page, watermark=watermarks.after(begun, latest, seen, want.present))


def _told_apart(node: etree._Element) -> tuple[str, ...]:
    return (xmltext.local(node), *(states.text(node, name) for name in _TOLD_APART))


def _watched(want: Want, begun: str, seen: str) -> Page:
    """What was read twice is as it was, or is read once more with all that came since."""
    if seen == watermarks.seen(begun):
        return Page(watermark=watermarks.unchanged(begun, want.present))
    return Page(progress=json.dumps({_ANEW: True, "run": want.run}))


def _begun_anew(want: Want, reply: Reply | None) -> Page:
    """An iterator that QuickBooks does not know any more is begun anew; any other trouble ends the run."""
    progress = _progress(want)
    restarts = int(progress.get("restarts", 0))
    if progress.get("iterator") and restarts < MOST_RESTARTS:
        return Page(progress=json.dumps({_ANEW: True, "restarts": restarts + 1, "run": want.run}))
    raise UnreachableError(_unread(want.feed.name, reply))


def _unread(feed: str, reply: Reply | None) -> Problem:
    return Problem(
        code="quickbooks_not_read",
        what=f"QuickBooks did not give its {feed.replace('_', ' ')}.",
        why=reply.message if reply else "There was no answer to the question.",
        fix="Let the Web Connector come again; if it repeats, check the permissions of Ledgerport in QuickBooks.",
        done="Nothing was changed; the next visit goes on.",
        detail=f"status {reply.code}" if reply else "",
    )


def _states(nodes: Iterable[etree._Element], source: Source) -> list[TargetState]:
    if source.is_list:
        return [state for node in nodes for state in _listed(node, source)]
    known = [node for node in nodes if xmltext.local(node) in states.KINDS]
    return [state for node in known for state in (states.transaction(node), *states.uses(node))]


def _credits(nodes: Iterable[etree._Element], gone: Iterable[TargetState]) -> frozenset[str]:
    """The credits of which all uses are told; one that was deleted has none."""
    told = (states.text(node, "TxnID") for node in nodes if states.tells_every_use(node))
    return frozenset([*told, *(state.target_id for state in gone if state.kind in CREDIT_KINDS)])


def _listed(node: etree._Element, source: Source) -> list[TargetState]:
    """The state of an entry. An item may have become one that no line can name, and keeps its id then."""
    if xmltext.local(node) in states.LISTED:
        return [states.listed(node)]
    return [states.unnameable(node, sort) for sort in source.sorts]


def _record(node: etree._Element) -> Record:
    sort, stamp = xmltext.local(node), states.text(node, "EditSequence")
    if sort not in states.LISTED:
        id = ids.joined(sort, states.text(node, "ListID"))
        keeps = sort in ("ItemInventoryRet", "ItemInventoryAssemblyRet")
        return Record(id, stamp, skipped={id: _KEPT_STOCK if keeps else _NO_LINE}, label=states.text(node, "FullName"))
    document = native.contact(node) if sort in ("CustomerRet", "VendorRet") else native.item(node)
    return Record(document.external_id, stamp, (document,), label=document.label)


def _withdrawn(state: TargetState) -> Record:
    return Record(state.target_id, _DELETED)


def _deleted(reply: Reply | None, source: Source) -> list[TargetState]:
    """What was deleted. A list's entry may have been of any of the sorts; those that never were ours say nothing."""
    found: list[TargetState] = []
    for node in reply.records if reply and reply.is_done else ():
        id = states.text(node, "TxnID") or states.text(node, "ListID")
        sort = states.text(node, "ListDelType").removeprefix("Item").lower()
        sorts = (sort,) if sort in source.sorts else source.sorts
        found += [states.gone(source.kind, ids.joined(each, id)) for each in sorts] or [states.gone(source.kind, id)]
    return found


def _hear_whole(name: str, told: Mapping[str, Reply], owner_id: str) -> Page:
    nodes: list[etree._Element] = []
    for number, query in enumerate(_WHOLE[name], 1):
        reply = told.get(str(number))
        if reply is None or not (reply.is_done or reply.is_not_found):
            if query in _MAY_BE_MISSING and reply is not None and reply.code not in UNDECIDED:
                continue
            raise UnreachableError(_unread(name, reply))
        nodes += reply.records
    if name == "organisation":
        if "CompanyRet" not in {xmltext.local(node) for node in nodes}:
            raise UnreachableError(_unread(name, None))
        return Page(organisation=native.organisation(nodes, owner_id), watermark="whole")
    return Page(records=tuple(_READERS[name](nodes)), watermark="whole")


_MAY_BE_MISSING = frozenset(
    {"SalesTaxCodeQuery", "ItemSalesTaxQuery", "ItemSalesTaxGroupQuery", "ClassQuery", "HostQuery", "CurrencyQuery"}
)
"""A company that has the feature switched off may refuse the question; trouble that passes is no such refusal."""


def _accounts(nodes: Sequence[etree._Element]) -> list[Record]:
    accounts = native.accounts(nodes)
    return [Record(each.external_id, "", (each,), label=each.label) for each in accounts]


def _tax_rates(nodes: Sequence[etree._Element]) -> list[Record]:
    return [Record(rate.external_id, "", (rate,), label=rate.name) for rate in native.tax_rates(nodes)]


def _classes(nodes: Sequence[etree._Element]) -> list[Record]:
    found = native.classes(nodes)
    return [Record(found.external_id, "", (found,), label=found.name)] if found.options else []


def _terms_and_methods(nodes: Sequence[etree._Element]) -> list[Record]:
    """Both in one answer; their ids are of different lists, so each record says which."""
    read = [_term_or_method(node) for node in nodes]
    return [Record(f"{each.kind}:{each.external_id}", "", (each,), label=each.label) for each in read]


def _term_or_method(node: etree._Element) -> PaymentTerm | PaymentMethod:
    return native.payment_method(node) if xmltext.local(node) == "PaymentMethodRet" else native.term(node)


_READERS: Mapping[str, Callable[[Sequence[etree._Element]], list[Record]]] = {
    "accounts": _accounts,
    "tax_rates": _tax_rates,
    "classes": _classes,
    "payment_terms_and_methods": _terms_and_methods,
}
