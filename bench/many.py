"""Very many documents, contacts and operations in a database, as if a busy shop had been synced for years.

Rows are inserted with the store's fast forms. Every row is one that the hub could have written: the documents can be
read, each has at most one open operation, and what was posted is linked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

import sqlalchemy as sa

from hub.documents import Bill, Contact, CreditNote, Document, Invoice, Line, SupplierCredit
from hub.engine import Hub
from hub.engine.connections import connect, integrate
from hub.engine.directory import entry_of
from hub.errors import Problem
from hub.mapping import fold
from hub.models import (
    AuditEvent,
    ContactEntry,
    Exchange,
    Exclusion,
    Flow,
    FlowMode,
    Link,
    NativeRecord,
    OperationRow,
    Run,
    Snapshot,
    table,
)
from hub.testing.memory import MemorySettings

AT_ONCE = 5_000
LAST_DAY = date(2026, 11, 20)
DAYS = 700
TRADE: tuple[type[Invoice | CreditNote | Bill | SupplierCredit], ...] = (Invoice, Invoice, CreditNote, Bill)
NAMES = ("Harbour", "Willow", "Granite", "Copper", "Meadow", "Linden", "Falcon", "Amber", "Juniper", "Slate")
TRADES = ("Traders", "Foods", "Supplies", "Stores", "Kitchens", "Imports", "Partners")
CURRENCIES = ("GBP", "GBP", "GBP", "EUR", "USD")
CAUSES = 40
"""How many different things are wrong with the documents that need somebody."""


@dataclass(frozen=True)
class Amounts:
    """How much there is; operations beyond one for each document and contact are updates that were done."""

    documents: int = 100_000
    contacts: int = 50_000
    operations: int = 200_000


@dataclass(frozen=True)
class Shop:
    """The two sides, joined, that everything belongs to."""

    stock_id: int
    ledger_id: int
    integration_id: int
    flows: Mapping[str, int]


def open_shop(hub: Hub, stock: str, ledger: str) -> Shop:
    """Connect both sides, join them and switch every flow on."""
    stock_id = connect(hub, hub.provider(stock), MemorySettings(), name="Shop")
    ledger_id = connect(hub, hub.provider(ledger), MemorySettings(), name="Books", account_id="books")
    for connection_id in (stock_id, ledger_id):
        hub.run(connection_id)
    integration_id = integrate(hub, stock_id, ledger_id, start_date=date(2024, 1, 1))
    rows = table(Flow)
    with hub.store.write() as db:
        db.execute(sa.update(rows).values(mode=FlowMode.REVIEW.value, checked_at=hub.clock()))
    return shop_of(hub, integration_id)


def shop_of(hub: Hub, integration_id: int) -> Shop:
    """An integration that is there already, to be filled."""
    row = hub.integration(integration_id)
    rows = table(Flow)
    with hub.store.read() as db:
        chosen = sa.select(rows.c.kind, rows.c.id).where(rows.c.integration_id == integration_id)
        flows = {each.kind: each.id for each in db.execute(chosen)}
    return Shop(row.stock_id, row.ledger_id, integration_id, flows)


def fill(hub: Hub, shop: Shop, amounts: Amounts) -> None:
    """Insert everything."""
    contacts = [_contact(number) for number in range(amounts.contacts)]
    _save(hub, Snapshot, (_snapshot(side, each) for side in (shop.stock_id, shop.ledger_id) for each in contacts))
    _save(hub, ContactEntry, (entry_of(side, each) for side in (shop.stock_id, shop.ledger_id) for each in contacts))
    linked = contacts[: len(contacts) * 9 // 10]
    _save(hub, Link, (_link(shop, each) for each in linked))
    _save(hub, OperationRow, (_operation(shop, each, _POSTED) for each in linked))
    updates = amounts.operations - amounts.documents - len(linked)
    _fill_documents(hub, shop, amounts, max(0, updates))
    _fill_history(hub, shop, amounts)


def _fill_documents(hub: Hub, shop: Shop, amounts: Amounts, updates: int) -> None:
    numbers = range(amounts.documents)
    _save(hub, Snapshot, (_snapshot(shop.stock_id, _document(number, amounts)) for number in numbers))
    _save(hub, NativeRecord, (_record(shop, number) for number in numbers))
    posted = (number for number in numbers if _fate(number) is _POSTED)
    _save(hub, Link, (_link(shop, _document(number, amounts)) for number in posted))
    _save(hub, OperationRow, (_operation(shop, _document(each, amounts), _fate(each), each) for each in numbers))
    changed = islice((number for number in numbers if _fate(number) is _POSTED), updates)
    _save(hub, OperationRow, (_operation(shop, _document(number, amounts), _CHANGED) for number in changed))
    _save(hub, Exclusion, (_exclusion(shop, number) for number in range(amounts.documents // 50)))


def _fill_history(hub: Hub, shop: Shop, amounts: Amounts) -> None:
    """Runs every quarter of an hour, some calls of each, and what people did."""
    many = amounts.documents // 20
    _save(hub, Run, (_run(shop, number) for number in range(many)))
    _save(hub, Exchange, (_exchange(shop, number) for number in range(many * 4)))
    _save(hub, AuditEvent, (_event(number) for number in range(many * 2)))


def _save(hub: Hub, model: Any, rows: Iterable[Mapping[str, Any]]) -> None:
    waiting = iter(rows)
    while chunk := list(islice(waiting, AT_ONCE)):
        with hub.store.write(durable=False) as db:
            hub.store.insert(db, model, chunk)


# -- what became of a document ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Fate:
    state: str
    action: str = "create"
    code: str = ""


_POSTED = _Fate("done")
_CHANGED = _Fate("done", "update")
_FATES = (
    *(_POSTED,) * 15,
    *(_Fate("proposed"),) * 2,
    _Fate("held", code="account_not_mapped"),
    _Fate("failed", code="refused"),
    _Fate("dropped"),
)


def _fate(number: int) -> _Fate:
    return _FATES[number % len(_FATES)]


# -- rows ------------------------------------------------------------------------------------------------------------


def _moment(number: int) -> datetime:
    return datetime(2026, 11, 20, 18, tzinfo=UTC) - timedelta(minutes=15 * number)


def _contact(number: int) -> Contact:
    name = f"{NAMES[number % 10]} {TRADES[number % 7]} {number:06}"
    return Contact(
        external_id=f"c{number}",
        name=name,
        email=f"office@{fold(name).replace(' ', '-')}.example",
        tax_number=f"GB{100_000_000 + number}" if number % 3 == 0 else "",
        is_customer=number % 3 != 1,
        is_supplier=number % 3 != 0,
    )


def _document(number: int, amounts: Amounts) -> Document:
    contact = _contact(number % max(1, amounts.contacts))
    net, tax = Decimal(number % 5000 + 10), Decimal(number % 5000 + 10) / 5
    line = Line(amount=net, unit_price=net, tax_amount=tax, account="200", tax_code="Standard")
    return TRADE[number % len(TRADE)](
        external_id=f"d{number}",
        number=f"SO-{number:06}",
        date=LAST_DAY - timedelta(days=number % DAYS),
        contact_id=contact.external_id,
        contact_name=contact.name,
        currency=CURRENCIES[number % len(CURRENCIES)],
        lines=(line,),
        subtotal=net,
        tax=tax,
        total=net + tax,
    )


def _snapshot(connection_id: int, document: Document) -> dict[str, Any]:
    is_contact = isinstance(document, Contact)
    return {
        "connection_id": connection_id,
        "feed": "contacts" if is_contact else "records",
        "record_id": document.external_id,
        "kind": document.kind.value,
        "external_id": document.external_id,
        "natural_key": fold(document.label),
        "label": document.label,
        "number": getattr(document, "number", ""),
        "document_date": getattr(document, "date", None),
        "amount": str(getattr(document, "total", "")),
        "currency": getattr(document, "currency", "") or "",
        "document": document.model_dump_json(),
        "fingerprint": document.external_id,
        "seen_at": _moment(0),
    }


def _record(shop: Shop, number: int) -> dict[str, Any]:
    problem = Problem(code="unreadable_record", what=f"Sale {number} could not be read.", why="A total is missing.")
    return {
        "connection_id": shop.stock_id,
        "feed": "records",
        "record_id": f"d{number}",
        "label": f"SO-{number:06}",
        "stamp": "1",
        "skipped": {f"x{number}": "draft"} if number % 40 == 0 else {},
        "problem": problem.model_dump() if number % 200 == 0 else None,
        "seen_at": _moment(number % 5000),
    }


def _link(shop: Shop, document: Document) -> dict[str, Any]:
    id, kind = document.external_id, document.kind.value
    return {
        "integration_id": shop.integration_id,
        "ledger_id": shop.ledger_id,
        "kind": kind,
        "source_id": id,
        "target_id": id if kind == "contact" else f"t-{id}",
        "target_number": getattr(document, "number", ""),
        "written_fingerprint": id,
        "written_document": document.model_dump_json(),
        "state": {"kind": kind, "target_id": f"t-{id}", "status": "active" if kind == "contact" else "open"},
        "created_at": _moment(1),
    }


def _operation(shop: Shop, document: Document, fate: _Fate, number: int = 0) -> dict[str, Any]:
    over = fate.state in ("done", "dropped")
    subject = str(number % CAUSES) if fate.code else ""
    problem = Problem(code=fate.code, what=f"The account {subject} is not mapped.", fix="Choose one.", subject=subject)
    return {
        "integration_id": shop.integration_id,
        "flow_id": shop.flows[document.kind.value],
        "ledger_id": shop.ledger_id,
        "kind": document.kind.value,
        "source_id": document.external_id,
        "label": document.label,
        "action": fate.action,
        "state": fate.state,
        "tier": 0,
        "document": document.model_dump_json(),
        "fingerprint": document.external_id,
        "payload_hash": document.external_id,
        "problem_code": fate.code,
        "problem_subject": subject,
        "problem": problem.model_dump() if fate.code else None,
        "amount": str(getattr(document, "total", "")),
        "currency": getattr(document, "currency", "") or "",
        "document_date": getattr(document, "date", None),
        "contact": getattr(document, "contact_name", ""),
        "reason": "not ours" if fate.state == "dropped" else "",
        "planned_at": _moment(number % 5000),
        "settled_at": _moment(number % 5000) if over else None,
    }


def _exclusion(shop: Shop, number: int) -> dict[str, Any]:
    rule = "dated before the start date 2024-01-01" if number % 2 else "voided"
    return {"flow_id": shop.flows["invoice"], "external_id": f"e{number}", "rule": rule}


def _run(shop: Shop, number: int) -> dict[str, Any]:
    failed = number % 30 == 0
    problem = Problem(code="unreachable", what="Books could not be reached.", why="It did not answer.")
    return {
        "connection_id": (shop.stock_id, shop.ledger_id)[number % 2],
        "cause": "schedule",
        "token": "",
        "state": "failed" if failed else "done",
        "phase": "push",
        "counts": {"done": number % 50, "failed": 3 if failed else 0},
        "problem": problem.model_dump() if failed else None,
        "started_at": _moment(number),
        "heartbeat_at": _moment(number),
        "finished_at": _moment(number),
    }


def _exchange(shop: Shop, number: int) -> dict[str, Any]:
    return {
        "connection_id": (shop.stock_id, shop.ledger_id)[number // 4 % 2],
        "run_id": number // 4 + 1,
        "at": _moment(number // 4),
        "method": "GET",
        "url": f"https://books.example/invoices?page={number}",
        "status": 200,
        "milliseconds": 120,
        "response": '{"invoices": []}' * 20,
    }


def _event(number: int) -> dict[str, Any]:
    return {"at": _moment(number), "actor": "bookkeeper", "what": "approved", "subject": f"SO-{number:06}"}


def tables_filled() -> Iterator[sa.Table]:
    """The tables that :func:`fill` writes, for the database's statistics."""
    models = (AuditEvent, ContactEntry, Exchange, Exclusion, Link, NativeRecord, OperationRow, Run, Snapshot)
    return (table(model) for model in models)
