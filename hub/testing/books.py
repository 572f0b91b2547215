"""An in-memory ledger: stateful, strict, with lost answers on demand."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from hub.documents import Account, Kind, PaymentMethod, Tracking
from hub.providers import TargetState, TargetStatus


class Fault(StrEnum):
    """What may go wrong with the next write."""

    LOST_ANSWER = "carried out, the answer is lost"
    LOST_REQUEST = "never arrived, and nobody knows"
    REFUSED = "refused as a whole for its rate"


@dataclass
class Entry:
    """One record of the books."""

    kind: Kind
    id: str
    native: dict[str, Any]
    status: TargetStatus
    stamp: int
    paid: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal | None:
        """The document's total, the amount of money moved, or the sum of a journal's debits."""
        if self.kind is Kind.JOURNAL:
            amounts = (Decimal(str(line["amount"])) for line in self.native.get("lines", ()))
            return sum((amount for amount in amounts if amount > 0), Decimal(0))
        value = self.native.get("total") or self.native.get("amount")
        return Decimal(value) if value is not None else None

    def _content(self) -> str:
        told = {name: self.native[name] for name in ("lines", "due_date") if self.native.get(name)}
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16] if told else ""

    @property
    def state(self) -> TargetState:
        """What the books say of it."""
        due = self.total - self.paid if self.total is not None and self.kind in DUE_KINDS else None
        return TargetState(
            kind=self.kind,
            target_id=self.id,
            status=self.status,
            number=self.native.get("number") or self.native.get("code") or self.native.get("name") or "",
            reference=self.native.get("mark", ""),
            contact_id=self.native.get("contact", ""),
            date=self.native.get("date"),
            total=self.total,
            due=due,
            stamp=str(self.stamp),
            merged_into=self.native.get("merged_into", ""),
            content=self._content(),
        )


DUE_KINDS = frozenset({Kind.INVOICE, Kind.BILL, Kind.CREDIT_NOTE, Kind.SUPPLIER_CREDIT})
MONEY_KINDS = frozenset({Kind.PAYMENT, Kind.REFUND, Kind.ALLOCATION})
FREE_FIELDS = frozenset({"reference", "due_date", "mark"})
"""What may still change once money has moved against a document."""
UNIQUE_NUMBERS = frozenset({Kind.INVOICE, Kind.CREDIT_NOTE})


@dataclass
class Books:
    """A ledger that remembers, numbers, refuses, and can lose what it is told or what it says."""

    base_currency: str = "GBP"
    lock_date: str | None = None
    entries: dict[str, Entry] = field(default_factory=dict)
    accounts: list[Account] = field(default_factory=list)
    """What was added to the chart."""
    tracking: list[Tracking] = field(default_factory=list)
    """The categories that a person set up."""
    payment_methods: list[PaymentMethod] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    writes: int = 0
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _stamps: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def write(self, body: bytes) -> list[dict[str, Any]]:
        """Carry out what a batch asks, one by one; each gets an answer of its own."""
        self.writes += 1
        return [self._one(order) for order in json.loads(body)]

    def _one(self, order: dict[str, Any]) -> dict[str, Any]:
        try:
            entry = self._act(order)
        except ValueError as refusal:
            return {"operation": order["operation"], "refused": str(refusal)}
        return {"operation": order["operation"], "id": entry.id}

    def _act(self, order: dict[str, Any]) -> Entry:
        kind, native = Kind(order["kind"]), order["native"]
        if order["action"] == "create":
            return self._create(kind, native)
        entry = self.entries.get(order["target"])
        if entry is None:
            raise ValueError("there is no such record")
        if order["action"] == "update":
            return self._update(entry, native)
        return self._remove(entry)

    def _create(self, kind: Kind, native: dict[str, Any]) -> Entry:
        self._check_references(kind, native)
        number = native.get("number")
        if kind in UNIQUE_NUMBERS and any(
            other.kind is kind and other.native.get("number") == number for other in self.live()
        ):
            raise ValueError(f"number {number} is taken")
        entry = Entry(kind, f"{kind}-{next(self._ids)}", native, self._first_status(kind, native), next(self._stamps))
        self.entries[entry.id] = entry
        self._move(entry, 1)
        return entry

    def _first_status(self, kind: Kind, native: dict[str, Any]) -> TargetStatus:
        if kind in (Kind.CONTACT, Kind.ITEM):
            return TargetStatus.ACTIVE
        return TargetStatus.DRAFT if native.get("status") == "draft" else TargetStatus.OPEN

    def _check_references(self, kind: Kind, native: dict[str, Any]) -> None:
        for name in ("contact", "document", "credit"):
            if native.get(name) and native[name] not in self.entries:
                raise ValueError(f"{name} {native[name]} does not exist")
        if kind in MONEY_KINDS:
            for name in ("document", "credit"):
                self._check_money(native, name)
        if kind is Kind.JOURNAL:
            _check_sides(native)

    def _check_money(self, native: dict[str, Any], name: str) -> None:
        """Money moves only against approved documents, and never more than is left on them."""
        parent = self.entries.get(native.get(name, ""))
        if parent is None:
            return
        if parent.status is TargetStatus.DRAFT or not parent.status.is_live:
            raise ValueError(f"{parent.id} is {parent.status}")
        if Decimal(native["amount"]) > (parent.total or Decimal(0)) - parent.paid:
            raise ValueError("more than is due")

    def _move(self, entry: Entry, sign: int) -> None:
        """Money against a document changes what is due on it."""
        for name in ("document", "credit"):
            parent = self.entries.get(entry.native.get(name, ""))
            if parent is None or "amount" not in entry.native:
                continue
            parent.paid += sign * Decimal(entry.native["amount"])
            parent.stamp = next(self._stamps)
            if parent.status is not TargetStatus.DRAFT:
                parent.status = _paid_status(parent)

    def _update(self, entry: Entry, native: dict[str, Any]) -> Entry:
        if not entry.status.is_live:
            raise ValueError(f"{entry.id} is {entry.status}")
        if entry.paid and not native.keys() <= FREE_FIELDS:
            raise ValueError(f"{entry.id} has payments")
        if entry.kind is Kind.JOURNAL:
            _check_sides({**entry.native, **native})
        entry.native = {**entry.native, **native}
        entry.stamp = next(self._stamps)
        return entry

    def _remove(self, entry: Entry) -> Entry:
        if entry.paid and entry.kind in DUE_KINDS:
            raise ValueError(f"{entry.id} has payments")
        if entry.status.is_live:
            self._move(entry, -1)
        entry.status = TargetStatus.VOIDED
        entry.stamp = next(self._stamps)
        return entry

    def live(self) -> list[Entry]:
        """The records that count."""
        return [entry for entry in self.entries.values() if entry.status.is_live]

    def changed_since(self, stamp: int) -> Sequence[Entry]:
        """The records that changed after ``stamp``, oldest change first."""
        return sorted((e for e in self.entries.values() if e.stamp > stamp), key=lambda e: e.stamp)

    def edit(self, id: str, **native: Any) -> None:
        """A person edits a record in the ledger."""
        entry = self.entries[id]
        entry.native = {**entry.native, **native}
        entry.stamp = next(self._stamps)

    def void(self, id: str) -> None:
        """A person voids a record in the ledger."""
        self._remove(self.entries[id])

    def add(self, kind: Kind, **native: Any) -> str:
        """A person makes a record in the ledger; it carries no mark of ours."""
        return self._create(kind, native).id

    def archive(self, id: str) -> None:
        """A person archives a contact or an item."""
        self.entries[id].status = TargetStatus.ARCHIVED
        self.entries[id].stamp = next(self._stamps)

    def merge(self, id: str, into: str) -> None:
        """A person merges a contact into another one."""
        self.edit(id, merged_into=into)
        self.entries[id].status = TargetStatus.ARCHIVED

    def approve(self, id: str) -> None:
        """A person approves a draft."""
        entry = self.entries[id]
        entry.status = _paid_status(entry)
        entry.stamp = next(self._stamps)


def _check_sides(native: dict[str, Any]) -> None:
    amounts = [Decimal(str(line["amount"])) for line in native.get("lines", ())]
    if len(amounts) < 2 or sum(amounts) != 0:
        raise ValueError("debits and credits of a journal are equal")


def _paid_status(entry: Entry) -> TargetStatus:
    total = entry.total or Decimal(0)
    if entry.paid >= total:
        return TargetStatus.PAID
    return TargetStatus.PART_PAID if entry.paid > 0 else TargetStatus.OPEN
