"""What is pulled from Xero. An unchanged feed costs one call.

Lists that Xero pages are walked ordered by id, so that a record changed meanwhile can not slip past; records
changed since the cursor are asked for with some overlap, since repeats are harmless and gaps are not. Manual journals
are not ordered, for then Xero puts all of them into one page: if any was changed while several pages were read, the
cursor stays where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hub import Document, Feed, Kind, Organisation, Page, Record, TargetState, TargetStatus, Want
from hub_xero import exact, native, states, taxes
from hub_xero.client import Listed, XeroClient
from hub_xero.dates import moment, stamp_of
from hub_xero.exact import Json

OVERLAP = timedelta(seconds=60)
"""Xero's stamps are exact to the second; a minute also covers a record saved while we were reading."""
FIRST_LOOK_BACK = timedelta(minutes=10)
"""How far the first pull of states looks back. What is older can not be ours, for nothing was posted before.
"""

ORGANISATION = Feed("organisation", frozenset(), full=True)
ACCOUNTS = Feed("accounts", frozenset({Kind.ACCOUNT}), full=True)
TAX_RATES = Feed("tax_rates", frozenset({Kind.TAX_RATE}), full=True)
TRACKING = Feed("tracking", frozenset({Kind.TRACKING}), full=True)
CONTACTS = Feed("contacts", frozenset({Kind.CONTACT}))
ITEMS = Feed("items", frozenset({Kind.ITEM}))
INVOICES = Feed("invoices", frozenset({Kind.INVOICE, Kind.BILL}), states_only=True)
CREDIT_NOTES = Feed("credit_notes", frozenset({Kind.CREDIT_NOTE, Kind.SUPPLIER_CREDIT}), states_only=True)
PAYMENTS = Feed("payments", frozenset({Kind.PAYMENT, Kind.REFUND}), states_only=True)
MANUAL_JOURNALS = Feed("manual_journals", frozenset({Kind.JOURNAL}), states_only=True)
FEEDS = (
    ORGANISATION,
    ACCOUNTS,
    TAX_RATES,
    TRACKING,
    CONTACTS,
    ITEMS,
    INVOICES,
    CREDIT_NOTES,
    PAYMENTS,
    MANUAL_JOURNALS,
)


@dataclass(frozen=True)
class ListOf:
    """How one of Xero's lists is read."""

    path: str
    id_name: str
    label_name: str
    document: Callable[[Json], Document] | None = None
    state: Callable[[Json], TargetState | None] | None = None
    params: Mapping[str, str] | None = None
    skipped: Callable[[Json], str] | None = None
    """Why a native is not to be used, empty when it is."""
    ordered: bool = True


def _tracked_reason(item: Json) -> str:
    return "Xero keeps stock of it itself" if native.keeps_stock(item) else ""


_LISTS = {
    "accounts": ListOf("Accounts", "AccountID", "Name", native.account),
    "tax_rates": ListOf("TaxRates", "TaxType", "Name", taxes.tax_rate),
    "tracking": ListOf("TrackingCategories", "TrackingCategoryID", "Name", native.tracking),
    "contacts": ListOf("Contacts", "ContactID", "Name", native.contact, states.contact, {"includeArchived": "true"}),
    "items": ListOf("Items", "ItemID", "Code", native.item, states.item, {"unitdp": "4"}, _tracked_reason),
    "invoices": ListOf("Invoices", "InvoiceID", "InvoiceNumber", None, states.invoice, {"summaryOnly": "true"}),
    "credit_notes": ListOf("CreditNotes", "CreditNoteID", "CreditNoteNumber", None, states.credit_note),
    "payments": ListOf("Payments", "PaymentID", "Reference", None, states.payment),
    "manual_journals": ListOf("ManualJournals", "ManualJournalID", "Narration", None, states.journal, ordered=False),
}
_PAGED = frozenset({"contacts", "invoices", "credit_notes", "payments", "manual_journals"})
"""The rest comes whole, and page 2 of it would be the same again."""


def pull(client: XeroClient, want: Want) -> Iterator[Page]:
    """The pages of one feed."""
    name = want.feed.name
    if name == "organisation":
        found, listed = _organisation(client)
        yield Page(organisation=found, watermark=listed.answered_at.isoformat(), expected=1)
    elif name in _PAGED:
        yield from _paged(client, _LISTS[name], want)
    else:
        yield _whole(client, _LISTS[name], want)


def organisation(client: XeroClient) -> Organisation:
    """Whose books these are, by one call."""
    return _organisation(client)[0]


def _organisation(client: XeroClient) -> tuple[Organisation, Listed]:
    listed = client.list("Organisation")
    return native.organisation(listed.only(), client.tenant_id, has_pages=client.is_at_xero), listed


def _since(want: Want) -> datetime | None:
    """From when on changes are asked for; ``None`` for everything."""
    if want.feed.full:
        return None
    if want.cursor:
        return datetime.fromisoformat(want.cursor) - OVERLAP
    return datetime.now(UTC) - FIRST_LOOK_BACK if want.feed.states_only else None


def _whole(client: XeroClient, wanted: ListOf, want: Want) -> Page:
    listed = client.list(wanted.path, wanted.params, _since(want))
    return _page(wanted, listed, watermark=listed.answered_at.isoformat(), expected=len(listed.natives))


def _paged(client: XeroClient, wanted: ListOf, want: Want) -> Iterator[Page]:
    start, started = _progress(want.progress)
    since = _since(want)
    params = {**(wanted.params or {}), **({"order": f"{wanted.id_name} ASC"} if wanted.ordered else {})}
    changed = False
    for listed in client.pages(wanted.path, params, since, start):
        started = started or listed.answered_at
        changed = changed or any(_changed_after(started, entry) for entry in listed.natives)
        if listed.last:
            may_lack = changed and listed.page > 1 and not wanted.ordered
            reached = since if since and may_lack else started
            yield _page(wanted, listed, watermark=reached.isoformat(), expected=listed.expected)
        else:
            progress = f"{listed.page + 1} {started.isoformat()}"
            yield _page(wanted, listed, progress=progress, expected=listed.expected)


def _changed_after(moment_of_start: datetime, entry: Json) -> bool:
    stamp = entry.get("UpdatedDateUTC")
    return stamp is not None and moment(stamp) > moment_of_start


def _progress(text: str | None) -> tuple[int, datetime | None]:
    """Where a broken pull goes on: the next page, and when its first page was read."""
    if not text:
        return 1, None
    page, _, started = text.partition(" ")
    return int(page), datetime.fromisoformat(started)


def _page(
    wanted: ListOf, listed: Listed, *, progress: str = "", watermark: str | None = None, expected: int | None = None
) -> Page:
    records: list[Record] = []
    found: list[TargetState] = []
    for entry in listed.natives:
        try:
            record, state = _read(wanted, entry)
        except (KeyError, TypeError, ValueError) as error:
            records.append(_unreadable(wanted, entry, error))
            continue
        records += [record] if record else []
        found += [state] if state else []
    return Page(tuple(records), tuple(found), progress=progress, watermark=watermark, expected=expected)


def _read(wanted: ListOf, entry: Json) -> tuple[Record | None, TargetState | None]:
    record_id, label = str(entry[wanted.id_name]), str(entry.get(wanted.label_name) or "")
    reason = wanted.skipped(entry) if wanted.skipped else ""
    state = wanted.state(entry) if wanted.state else None
    if reason:
        # Where it was linked before, what names it has to wait: it can't be used any more.
        unusable = state.model_copy(update={"status": TargetStatus.ARCHIVED}) if state else None
        return Record(record_id, stamp_of(entry), skipped={record_id: reason}, label=label), unusable
    if wanted.document is None:
        return None, state
    return Record(record_id, stamp_of(entry), (wanted.document(entry),), label=label), state


def _unreadable(wanted: ListOf, entry: Json, error: Exception) -> Record:
    label = str(entry.get(wanted.label_name) or "")
    reason = f"{type(error).__name__}: {error}"
    return Record.unreadable(str(entry.get(wanted.id_name) or "?"), exact.encode(entry).decode(), reason, label=label)
