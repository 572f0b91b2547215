"""The contract between the hub and a provider plugin.

A provider is stateless: one instance per process. Providers that we call implement ``open`` and return a
:class:`Session`; one that visits us (a web connector) sets ``visit`` and answers in questions and answers.
``fit``, ``render`` and ``allowed`` are pure: no clock, no network, no randomness.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date as Date  # noqa: N812 - a field is called date
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

from pydantic import BaseModel

from hub.documents import Account, AccountClass, Document, Frozen, Kind, TaxRate, Tracking
from hub.entries import Reading
from hub.errors import Problem

if TYPE_CHECKING:
    from hub.http import Door
    from hub.oauth import Consent


class Role(StrEnum):
    """What a provider is to an integration."""

    STOCK = "stock"
    LEDGER = "ledger"
    CHECKER = "checker"


class Action(StrEnum):
    """What an operation does to its target."""

    CREATE = "create"
    UPDATE = "update"
    VOID = "void"
    DELETE = "delete"


class TargetStatus(StrEnum):
    """Where a target stands in the ledger, in words that every ledger shares."""

    DRAFT = "draft"
    OPEN = "open"
    PART_PAID = "part_paid"
    PAID = "paid"
    VOIDED = "voided"
    MISSING = "missing"
    ACTIVE = "active"
    ARCHIVED = "archived"

    @property
    def is_live(self) -> bool:
        """Whether the target still counts in the books."""
        return self not in (TargetStatus.VOIDED, TargetStatus.MISSING, TargetStatus.ARCHIVED)


class TargetState(Frozen):
    """What the target system says of one of its records.

    ``total`` and ``due`` are in the record's currency; ``stamp`` changes whenever the record does; ``lines`` are the
    target's line ids in order; ``merged_into`` is set on a contact that was merged away.
    """

    kind: Kind
    target_id: str
    status: TargetStatus
    number: str = ""
    reference: str = ""
    contact_id: str = ""
    date: Date | None = None
    total: Decimal | None = None
    due: Decimal | None = None
    currency: str = ""
    stamp: str = ""
    url: str = ""
    merged_into: str = ""
    lines: tuple[str, ...] = ()
    content: str = ""
    """A digest, made by the provider, of all that a person can edit there; empty when a summary did not say."""
    ours: bool = True
    """False when the mark shows that somebody else made it (same number, no mark of ours)."""


class Organisation(Frozen):
    """Whose account a connection is, and the facts that bind every document in it."""

    id: str
    name: str
    base_currency: str
    time_zone: str = "UTC"
    lock_date: Date | None = None
    """Nothing dated on or before this day may be created, changed or voided."""
    currencies: tuple[str, ...] = ()
    """Empty when the platform does not say which currencies are enabled."""
    other_integrations: tuple[str, ...] = ()
    short_code: str = ""
    """What the platform calls it in addresses of its pages, where it does."""


@dataclass(frozen=True)
class Feed:
    """What a provider lists changes of, with one cursor. ``full`` feeds list everything each time."""

    name: str
    kinds: frozenset[Kind]
    full: bool = False
    states_only: bool = False
    """The feed tells the state of what we posted and delivers no documents of its own."""


@dataclass(frozen=True)
class Record:
    """One native record and the complete set of documents it owns.

    ``stamp`` is the record's change stamp, kept by the hub so that an unchanged detail costs no call. ``skipped`` names
    documents that are not eligible, with the rule (draft, voided, zero total ...), for the count that must add up.
    """

    id: str
    stamp: str
    documents: tuple[Document, ...] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)
    problem: Problem | None = None
    label: str = ""

    @classmethod
    def unreadable(cls, id: str, native: str, reason: str, *, stamp: str = "", label: str = "") -> Record:
        """A record that could not be understood; its earlier documents stay as they are and a person is told."""
        problem = Problem(
            code="unreadable_record",
            what=f"{label or id} could not be read.",
            why=reason,
            fix="Correct the record in the stock system, or report it with the details below.",
            detail=native[:4000],
            subject=id,
        )
        return cls(id=id, stamp=stamp, problem=problem, label=label or id)


@dataclass(frozen=True)
class Page:
    """A piece of a pull. ``watermark`` is set on the last page only; a broken pull goes on from ``progress``.

    ``credits`` are the target ids of credits of which ``states`` tells every use there is: one that was posted and is
    not among them was taken off. For ledgers that make no record of a use, and so tell of no end of one.
    """

    records: tuple[Record, ...] = ()
    states: tuple[TargetState, ...] = ()
    credits: frozenset[str] = frozenset()
    organisation: Organisation | None = None
    progress: str = ""
    watermark: str | None = None
    expected: int | None = None


def _nothing_known(ids: Sequence[str]) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class Want:
    """What the hub wants pulled: everything of ``feed`` since ``cursor`` (None: from the beginning).

    ``known(ids)`` answers with the change stamp of each record already stored complete. ``since`` is the earliest
    document date anybody needs. ``unread`` names records stored earlier that could not be read (id -> label), those
    longest untried first: what lists only changes would never bring them again, so a session asks for them by id.
    Whichever it delivers, readable or not, is untried last of all next time. ``run`` tells runs apart: what a platform
    keeps for one session alone, such as the place in a list, is gone when a progress was made in another run.
    ``present`` is the hub's own time (aware, UTC), by which a platform's stamps can be judged; None: it is not told.
    """

    feed: Feed
    cursor: str | None = None
    progress: str | None = None
    known: Callable[[Sequence[str]], Mapping[str, str]] = _nothing_known
    since: Date | None = None
    unread: Mapping[str, str] = field(default_factory=dict)
    run: int = 0
    present: datetime | None = None


Ref = tuple[Kind, str]
"""A source record: kind and external id."""


def party_of(ref: Ref) -> Ref:
    """Under what name ``Facts.targets`` keeps the contact that a document's target is with."""
    kind, external_id = ref
    return (Kind.CONTACT, f"={kind}:{external_id}")


@dataclass(frozen=True)
class Facts:
    """What is known of the target when a document is fitted or rendered.

    ``accounts`` and ``taxes`` are the target's lists by code, ``tracking`` its tracking categories by name (empty where
    they were not read: then a choice is not checked). ``targets`` gives the target id a source record is linked to; a
    reference that is not linked yet is left symbolic by the provider. ``card_currencies`` tells the currency that the
    target keeps a contact in, by the contact id of documents: only while documents are fitted, and where it keeps
    several; a contact of which the target says none is not in it.
    """

    organisation: Organisation
    accounts: Mapping[str, Account] = field(default_factory=dict)
    taxes: Mapping[str, TaxRate] = field(default_factory=dict)
    tracking: Mapping[str, Tracking] = field(default_factory=dict)
    targets: Mapping[Ref, str] = field(default_factory=dict)
    rounding_limit: Decimal = Decimal("0.05")
    rounding_account: str = ""
    card_currencies: Mapping[str, str] = field(default_factory=dict)

    def target(self, kind: Kind, external_id: str) -> str:
        """The target id of a source record, or a symbol that shows it is still to come."""
        return self.targets.get((kind, external_id), f"<{kind}:{external_id}>")

    def party(self, kind: Kind, external_id: str) -> str:
        """The target contact that a document's target is with, as the ledger last said, or a symbol for it.

        For ledgers whose payments name the customer or supplier beside the document.
        """
        return self.targets.get(party_of((kind, external_id)), f"<contact of {kind}:{external_id}>")

    def with_targets(self, targets: Mapping[Ref, str]) -> Facts:
        """The same facts with these links."""
        return replace(self, targets=targets)


@dataclass(frozen=True)
class Fit:
    """A mapped document made to fit the target's rules, or the reasons why it can not be."""

    document: Document
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Operation:
    """One intended write. ``document`` carries the target's codes; its ids of other records are the source's.

    ``key`` is unique to this operation and attempt (for a vendor's idempotency key). ``target`` is the target as just
    read, for updates and voids; ``written`` is what an update replaces, as it was last written (None: by others).
    ``fields`` limits an update to these document fields (None: all).
    ``targets`` gives a look the target ids of the records that the document names (an allocation is known by them).
    """

    id: int
    kind: Kind
    action: Action
    document: Document
    key: str
    generation: int = 1
    target_id: str = ""
    target: TargetState | None = None
    fields: frozenset[str] | None = None
    targets: Mapping[Ref, str] = field(default_factory=dict, hash=False)
    written: Document | None = None


@dataclass(frozen=True)
class Payload:
    """Exactly what is sent: ``route`` says where, in the provider's own words."""

    route: str
    body: bytes


@dataclass(frozen=True)
class Batch:
    """Operations of one kind and action sent together, with the stored bytes."""

    id: str
    kind: Kind
    action: Action
    operations: tuple[Operation, ...]
    payload: Payload


@dataclass(frozen=True)
class BatchRule:
    """How much goes into one call."""

    operations: int = 1
    bytes: int = 3_000_000


@dataclass(frozen=True)
class Outcome:
    """What became of one operation: ``state`` when done, ``problem`` when refused; neither means unsure.

    ``refresh`` marks a refusal because of the target's state: it is read again and planned anew. ``look`` marks one
    because the platform has such a record already, which may be what we made: it is looked for, and the refusal holds
    unless it is. ``passes`` marks one for a reason that passes, such as a record in use: it counts as unsure and is
    tried again, and the problem is told when it never passed.
    """

    operation_id: int
    state: TargetState | None = None
    problem: Problem | None = None
    warnings: tuple[str, ...] = ()
    refresh: bool = False
    look: bool = False
    passes: bool = False


@dataclass(frozen=True)
class Allowed:
    """What may be done to a target in its present state. ``fields`` None means every field."""

    actions: frozenset[Action]
    fields: frozenset[str] | None = None
    reason: str = ""


@dataclass(frozen=True)
class Window:
    """So many calls in so many seconds."""

    calls: int
    seconds: float = 60.0


@dataclass(frozen=True)
class Limits:
    """What the platform allows one connection; kept for all processes through the database.

    The last ``reserved`` calls of a day are for payments, refunds and allocations, and for what must be looked for; new
    documents wait for the next day.
    """

    windows: tuple[Window, ...] = ()
    per_day: int | None = None
    concurrent: int | None = None
    day_seconds: float = 86_400.0
    reserved: int = 0


@dataclass(frozen=True)
class Connection:
    """What a provider gets to know of a connection. ``consent`` is set for OAuth providers."""

    id: int
    account_id: str
    name: str
    settings: Any
    consent: Consent | None = None


class Session(Protocol):
    """An open conversation with a platform that we call."""

    def check(self) -> Organisation:
        """Prove the credentials; whose account is it?"""

    def pull(self, want: Want) -> Iterator[Page]:
        """Yield what changed, oldest progress first. Repeats are harmless."""

    def push(self, batch: Batch) -> Iterator[Outcome]:
        """Send the stored bytes and say what became of each operation."""

    def look(self, operations: Sequence[Operation]) -> Mapping[int, Sequence[TargetState]]:
        """Find targets by id where an operation has one, else by mark. An id without an entry was not looked for."""


@runtime_checkable
class TellsPermissions(Protocol):
    """A session that knows what its account lets the hub do; others are believed to be allowed what they offer."""

    def missing_permissions(self) -> Sequence[str]:
        """What the hub may not do there though it would, in words ("write invoices"); empty when nothing is missing."""


@runtime_checkable
class KeepsChart(Protocol):
    """A session that can add accounts to the ledger's chart, one of the provider's ``account_types`` each."""

    def find_account(self, code: str) -> Account | None:
        """The account with this code, archived ones included, as the ledger has it now."""

    def create_account(self, wanted: Account) -> Account:
        """Add it, and answer with what the ledger made of it. The ledger refuses a code that it has.

        Raises ``RejectedError`` with the ledger's reason, ``UnsureError`` when the answer was lost.
        """


class Visit(Protocol):
    """A platform that visits us: the same conversations as pairs of question and answer."""

    def ask(self, want: Want) -> bytes:
        """The question that pulls the next page of ``want``."""

    def hear(self, want: Want, answer: bytes) -> Page:
        """Read the answer to ``ask``."""

    def question(self, batch: Batch) -> bytes:
        """The stored bytes of a batch as a question."""

    def outcomes(self, batch: Batch, answer: bytes) -> Iterator[Outcome]:
        """Read the answer to ``question``."""

    def seek(self, operations: Sequence[Operation]) -> bytes:
        """The question that looks for targets."""

    def found(self, operations: Sequence[Operation], answer: bytes) -> Mapping[int, Sequence[TargetState]]:
        """Read the answer to ``seek``: an entry for each operation, empty where there is no such target."""


class OAuth(Protocol):
    """How a provider that needs consent is connected; every value may depend on the settings."""

    def authorize_url(self, settings: Any) -> str: ...
    def token_url(self, settings: Any) -> str: ...
    def scopes(self, settings: Any) -> tuple[str, ...]: ...
    def client(self, settings: Any) -> tuple[str, str]:
        """Client id and secret; an empty secret means PKCE without one."""

    def accounts(self, settings: Any, http: Door, access_token: str) -> Mapping[str, str]:
        """The accounts this consent reaches: id -> name."""


@dataclass(frozen=True)
class AccountType:
    """A sort of account that the ledger can be asked to add: its own word for it, and how people read it."""

    code: str
    title: str
    account_class: AccountClass


@dataclass(frozen=True)
class Visitor:
    """Who comes for a platform that visits us, as people call it, and what to do so that it comes now."""

    name: str = "it"
    at_once: str = "start its visit there"


class Provider:
    """What a plugin registers. Subclasses set the class attributes and override what they offer."""

    name: ClassVar[str]
    title: ClassVar[str]
    role: ClassVar[Role]
    settings: ClassVar[type[BaseModel]]
    feeds: ClassVar[tuple[Feed, ...]] = ()
    writes: ClassVar[Mapping[Kind, frozenset[Action]]] = {}
    batch_rules: ClassVar[Mapping[Kind, BatchRule]] = {}
    skips: ClassVar[Mapping[str, str]] = {}
    settling_seconds: ClassVar[float] = 0.0
    """How long after an unsure write a look that finds nothing can be believed."""
    resend_seconds: ClassVar[float] = 0.0
    """How long the vendor remembers an idempotency key, so that one identical resend is safe."""
    pushes_at_once: ClassVar[int] = 1
    """How many batches may be under way together. Above one, ``push`` is called from several threads."""
    asks_before_creating: ClassVar[frozenset[Kind]] = frozenset()
    """Kinds whose numbers the platform takes twice: before one is created, its number is looked for there."""
    oauth: ClassVar[OAuth | None] = None
    visit: ClassVar[Visit | None] = None
    visitor: ClassVar[Visitor] = Visitor()
    """For a platform that visits us: the words for who comes."""
    drafts: ClassVar[Mapping[Kind, str]] = {}
    """What a draft of a kind is there, where it has another name; empty where the platform has no drafts of it."""
    help_steps: ClassVar[tuple[str, ...]] = ()
    """Numbered steps that tell a person where to find the credentials."""
    account_types: ClassVar[tuple[AccountType, ...]] = ()
    """What its sessions, then of the sort ``KeepsChart``, can add to the chart, usual ones first; empty: nothing."""

    def limits(self, settings: Any) -> Limits:
        """What the platform allows; depends on the plan the settings name."""
        return Limits()

    def fit(self, document: Document, facts: Facts) -> Fit:
        """Make a mapped document fit the target's rules (arithmetic, lengths, validity). Pure."""
        return Fit(document)

    def render(self, operations: Sequence[Operation], facts: Facts) -> Payload:
        """Exactly what would be sent for operations of one kind and action. Pure: preview is push."""
        raise TypeError(f"{self.name} writes nothing")

    def allowed(self, kind: Kind, state: TargetState) -> Allowed:
        """What may be done to a target in this state. Pure."""
        return Allowed(frozenset(), reason=f"{self.title} is only read")

    def may_be(self, document: Document, target_id: str) -> bool:
        """Whether this target could be this contact or item at all, its name aside. Pure.

        For ledgers that keep customers and suppliers apart: one is never taken for the other.
        """
        return True

    def named_apart(self, document: Document) -> Document:
        """The document under the name that it gets where another list of the ledger has its own already. Pure.

        For ledgers whose lists share their names, such as customers and suppliers. The name fits as it is.
        """
        return document

    def reading_cost(self, counts: Mapping[Kind, int], since: Date, until: Date) -> Reading:
        """About how many calls a reconciliation makes here, for so many stored records of each kind. Pure."""
        return Reading(0, "this side can't be reconciled")

    def address_of(self, kind: Kind, id: str, organisation: Organisation) -> str:
        """Where a person sees this record in the browser, as the vendor documents it; empty when there is no page."""
        return ""

    def open(self, connection: Connection, http: Door) -> Session:
        """Start a conversation; no call is made yet."""
        raise TypeError(f"{self.name} visits us and is not called")
