"""The vocabulary of mapping: its lists, the rules of an integration, and a document on its way through them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from hub.documents import Account, Contact, Document, Item, Kind, PaymentMethod, PaymentTerm, TaxRate, Tracking
from hub.errors import Problem

Ref = tuple[Kind, str]


class MappingList(StrEnum):
    """The lists of an integration's mappings."""

    ACCOUNT = "account"
    TAX_RATE = "tax_rate"
    PAYMENT_ACCOUNT = "payment_account"
    PAYMENT_METHOD = "payment_method"
    """How customers pay into an account, in a ledger that keeps a list of that; none is left out."""
    DEFAULT = "default"
    TRACKING = "tracking"
    """Which attribute of the source feeds a tracking category: the category's name -> the attribute's."""
    OPTION = "tracking_option"
    """What a value of that attribute is in the category: see ``option_code`` -> the option's name."""


class Default(StrEnum):
    """What the default list may name; the target of ``sale_contact`` is a ledger contact's id."""

    SALE_CONTACT = "sale_contact"
    SALE_ACCOUNT = "sale_account"
    PURCHASE_ACCOUNT = "purchase_account"
    EARLIER_PURCHASES = "earlier_purchases"
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

    def all(self, where: str) -> dict[str, str]:
        """A whole list: folded source code -> target code, in the order of the codes."""
        return {code: target for (listed, code), target in sorted(self.targets.items()) if listed == where}


@dataclass(frozen=True)
class Chart:
    """The target's lists by code."""

    accounts: Mapping[str, Account] = field(default_factory=dict)
    taxes: Mapping[str, TaxRate] = field(default_factory=dict)
    tracking: Mapping[str, Tracking] = field(default_factory=dict)
    """Categories by folded name."""
    payment_methods: Mapping[str, PaymentMethod] = field(default_factory=dict)
    """By folded name; empty where the ledger keeps no such list."""
    payment_terms: Mapping[str, PaymentTerm] = field(default_factory=dict)
    """As above."""


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
    perpetual_from: date | None = None
    """With the perpetual method: what is dated earlier stays periodic. None: nothing is."""
    journals_on: bool = True
    """Whether journals go to the ledger, so that what is debited to stock is relieved again."""
    hold_untracked: bool = False
    """Whether a value without a tracking option holds its document, instead of being left out."""

    def is_periodic(self, day: date) -> bool:
        """Whether a document of this date is booked by the periodic method."""
        return self.periodic or (self.perpetual_from is not None and day < self.perpetual_from)


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
    warnings: list[str] = field(default_factory=list)
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

    def warn(self, text: str) -> None:
        """Add a warning, each once: it is posted, but a person is told."""
        if text not in self.warnings:
            self.warnings.append(text)

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
