"""Finding targets in Xero: by id where one is known, else by the mark we left, in as few calls as possible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from typing import cast

from hub import Journal, Kind, Operation, TargetState
from hub_xero import evidence
from hub_xero.client import XeroClient
from hub_xero.dates import dated
from hub_xero.exact import Json
from hub_xero.render import COLLECTIONS
from hub_xero.states import READERS, allocation

IDS_PER_CALL = 40
"""Xero answers 404 from the 53rd id on, for the address grows too long."""
CLAUSES_PER_CALL = 15
_CALL_LENGTH = 1500
"""Characters of numbers or conditions in one address."""
_NEAR = timedelta(days=7)
"""Days of journals no further apart than this are asked for together."""

_BY_IDS = frozenset({Kind.INVOICE, Kind.BILL, Kind.CONTACT})
"""Kinds whose list takes ``IDs``; the others are asked for by a condition."""
_ID_NAMES = {
    "Invoices": "InvoiceID",
    "CreditNotes": "CreditNoteID",
    "Contacts": "ContactID",
    "Items": "ItemID",
    "Payments": "PaymentID",
    "ManualJournals": "ManualJournalID",
}
_PARAMS: Mapping[str, Mapping[str, str]] = {
    "Invoices": {"unitdp": "4"},
    "CreditNotes": {"unitdp": "4"},
    "Contacts": {"includeArchived": "true"},
    "Items": {"unitdp": "4"},
    "Payments": {},
    "ManualJournals": {},
}
_UNPAGED = frozenset({"Items"})

Found = dict[int, Sequence[TargetState]]


class Lookup:
    """One look for many operations."""

    def __init__(self, client: XeroClient) -> None:
        self._client = client

    def look(self, operations: Sequence[Operation]) -> Found:
        """The states found for each operation; an empty list means that Xero has none."""
        found: Found = {}
        ordered = sorted(operations, key=lambda operation: (operation.kind, bool(operation.target_id)))
        for (kind, known), group in groupby(ordered, key=lambda one: (one.kind, bool(one.target_id))):
            members = list(group)
            if kind is Kind.ALLOCATION:
                found |= self._allocations(members)
            else:
                found |= self._by_id(kind, members) if known else self._by_mark(kind, members)
        return found

    def _by_id(self, kind: Kind, operations: Sequence[Operation]) -> Found:
        collection = COLLECTIONS[kind]
        ids = sorted({operation.target_id for operation in operations})
        queries = _id_queries(ids) if kind in _BY_IDS else _condition_queries(_id_clauses(collection, ids))
        natives = self._natives(collection, queries)
        by_id = {str(native[_ID_NAMES[collection]]).casefold(): native for native in natives}
        read = READERS[kind]
        found: Found = {}
        for operation in operations:
            native = by_id.get(operation.target_id.casefold())
            state = read(native) if native is not None else None
            found[operation.id] = [state] if state is not None else []
        return found

    def _by_mark(self, kind: Kind, operations: Sequence[Operation]) -> Found:
        natives = list(self._natives(COLLECTIONS[kind], _mark_queries(kind, operations)))
        if kind is Kind.JOURNAL:
            return {**evidence.journals(operations, natives)}
        judge = evidence.JUDGES[kind]
        return {
            operation.id: [state for native in natives if (state := judge(operation, native))]
            for operation in operations
        }

    def _natives(self, collection: str, queries: Iterable[Mapping[str, str]]) -> Iterator[Json]:
        """What the queries find, each record once."""
        seen: set[str] = set()
        for query in queries:
            params = {**_PARAMS[collection], **query}
            if collection in _UNPAGED:
                natives: Iterable[Json] = self._client.list(collection, params).natives
            else:
                natives = self._client.every(collection, params, _ID_NAMES[collection])
            for native in natives:
                if native[_ID_NAMES[collection]] not in seen:
                    seen.add(native[_ID_NAMES[collection]])
                    yield native

    def _allocations(self, operations: Sequence[Operation]) -> Found:
        """By the credit they belong to; one whose credit is not known here was not looked for."""
        by_credit: dict[str, list[Operation]] = {}
        for operation in operations:
            credit = evidence.credit_of(operation)
            if credit:
                by_credit.setdefault(credit, []).append(operation)
        found: Found = {}
        queries = _condition_queries(_id_clauses("CreditNotes", sorted(by_credit)))
        credits_ = {str(native["CreditNoteID"]): native for native in self._natives("CreditNotes", queries)}
        for credit, members in by_credit.items():
            entries = credits_.get(credit, {}).get("Allocations") or ()
            states = [(entry, allocation(entry, credit)) for entry in entries]
            for operation in members:
                found[operation.id] = [
                    state for entry, state in states if state and evidence.is_allocation(operation, entry, state)
                ]
        return found


def _packed(parts: Iterable[str], most: int) -> Iterator[list[str]]:
    """The parts in groups that fit into one address."""
    group: list[str] = []
    for part in parts:
        if group and (len(group) == most or sum(map(len, group)) + len(part) > _CALL_LENGTH):
            yield group
            group = []
        group.append(part)
    if group:
        yield group


def _id_queries(ids: Sequence[str]) -> Iterator[Mapping[str, str]]:
    for start in range(0, len(ids), IDS_PER_CALL):
        yield {"IDs": ",".join(ids[start : start + IDS_PER_CALL])}


def _id_clauses(collection: str, ids: Iterable[str]) -> Iterator[str]:
    return (f'{_ID_NAMES[collection]}==guid("{target_id}")' for target_id in ids)


def _condition_queries(clauses: Iterable[str], always: str = "") -> Iterator[Mapping[str, str]]:
    for group in _packed(clauses, CLAUSES_PER_CALL):
        either = " OR ".join(group)
        yield {"where": f"{always} AND ({either})" if always else either}


def _mark_queries(kind: Kind, operations: Sequence[Operation]) -> Iterator[Mapping[str, str]]:
    if kind is Kind.INVOICE:
        return _number_queries(operations)
    if kind is Kind.JOURNAL:
        return _day_queries(operations)
    clauses = list(dict.fromkeys(evidence.clause(operation) for operation in operations))
    return _condition_queries(clauses, evidence.always(kind))


def _day_queries(operations: Sequence[Operation]) -> Iterator[Mapping[str, str]]:
    """Journals by their dates, those of a week or so together: nothing else on them is known to be a condition."""
    days = sorted({cast(Journal, operation.document).date for operation in operations})
    first = last = days[0]
    for day in days[1:]:
        if day - last > _NEAR:
            yield {"where": dated(first, last)}
            first = day
        last = day
    yield {"where": dated(first, last)}


def _number_queries(operations: Sequence[Operation]) -> Iterator[Mapping[str, str]]:
    """Sales invoices by number, which Xero has a filter for; a comma in a number would end it."""
    numbers = list(dict.fromkeys(operation.document.label for operation in operations))
    for group in _packed([number for number in numbers if "," not in number], IDS_PER_CALL):
        yield {"InvoiceNumbers": ",".join(group)}
    clauses = [f"InvoiceNumber=={evidence.quoted(number)}" for number in numbers if "," in number]
    yield from _condition_queries(clauses, evidence.always(Kind.INVOICE))
