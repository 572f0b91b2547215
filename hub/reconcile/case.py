"""Every stored fact that one decision rests on, and what a decision comes to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from hub.documents import Document, Status
from hub.errors import Problem
from hub.mapping import ORGANISATION_FACT, Ref, Resolved, link_fact
from hub.providers import Action, Allowed, Organisation, TargetState
from hub.reconcile.legal import Conflict


@dataclass(frozen=True)
class FlowRules:
    """What the integration and the flow have decided."""

    start_date: date
    post_as: Status = Status.AUTHORISED
    update_approved: bool = True
    conflict: Conflict = Conflict.ASK
    periodic: bool = True
    perpetual_from: date | None = None
    """With the perpetual method: the first date whose journals are posted; None: the start date."""


@dataclass(frozen=True)
class LinkView:
    """A live link as the plan sees it."""

    id: int
    version: int
    generation: int
    target_id: str
    state: TargetState
    written_fingerprint: str
    written_payload: str
    written_document: Document | None
    settled_digest: str


class Absence(StrEnum):
    """Why a record that is not in the ledger is not there; some hold for a whole kind, and one act mends them all."""

    UNKNOWN = "not among what was read from the stock system"
    FLOW_OFF = "flow is off"
    WAITS = "waits for approval"
    APPROVED = "approved, not sent yet"
    HELD = "held"
    REFUSED = "refused by the ledger"
    SKIPPED = "skipped"
    NOT_ELIGIBLE = "not eligible"


@dataclass(frozen=True)
class Dependency:
    """How a record that ours refers to stands: linked to ``state``, on its ``coming``, or neither.

    ``absence`` says why it is not in the ledger. ``moved`` is what we posted against it, ``others_money`` what a person
    knows to be somebody else's. ``taken_back``: the source voided or withdrew it, and it is to leave the ledger, too.
    ``label`` is its number or name in the source, where it is not in the ledger.
    """

    state: TargetState | None = None
    coming: bool = False
    coming_as_draft: bool = False
    absence: Absence = Absence.UNKNOWN
    label: str = ""
    moved: Decimal = Decimal(0)
    others_money: Decimal = Decimal(0)
    taken_back: bool = False

    @property
    def unexplained(self) -> Decimal:
        """What was paid or credited on it in the ledger that may be a payment of the source."""
        state = self.state
        if state is None or state.total is None or state.due is None:
            return Decimal(0)
        return state.total - state.due - self.moved - self.others_money

    @property
    def has_only_ours(self) -> bool:
        """Whether all that was paid or credited on it in the ledger was posted by us, as far as the ledger says."""
        told = self.state is not None and self.state.total is not None and self.state.due is not None
        return told and self.unexplained + self.others_money == 0


@dataclass(frozen=True)
class Match:
    """A target record that may be the same thing."""

    target_id: str
    label: str
    state: TargetState


@dataclass(frozen=True)
class Case:
    """Every stored fact that one decision rests on."""

    document: Document
    fingerprint: str
    withdrawn: bool
    rules: FlowRules
    organisation: Organisation
    resolved: Resolved
    fitted: Document
    fit_notes: tuple[str, ...] = ()
    fit_problems: tuple[Problem, ...] = ()
    link: LinkView | None = None
    allowed: Allowed | None = None
    generation: int = 1
    stock_lock: date | None = None
    """The last closed day of the stock side."""
    post_as: str = ""
    """The status that a person chose for this document; empty: what the flow says."""
    matches: Sequence[Match] = ()
    namesake: str = ""
    """Another source record of the same name or code that is on its way to the ledger."""
    dependencies: Mapping[Ref, Dependency] = field(default_factory=dict)
    summary: str = ""
    """Of a journal: the summary that it is posted in; empty: it is posted by itself."""
    in_ledger: bool = False
    """Of a journal that is posted in a summary: whether the ledger has that summary with it."""


class Verdict(StrEnum):
    """What a decision comes to."""

    NOTHING = "nothing"
    EXCLUDED = "excluded"
    ADOPT = "adopt"
    WRITE = "write"
    HOLD = "hold"
    JOIN = "join"
    """It is posted within a summary."""


@dataclass(frozen=True)
class Decision:
    """The plan for one record. ``ask`` keeps a write proposed even where the flow is automatic."""

    verdict: Verdict
    rule: str = ""
    action: Action = Action.CREATE
    document: Document | None = None
    fields: frozenset[str] | None = None
    match: Match | None = None
    problem: Problem | None = None
    ask: bool = False
    warnings: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()


def payload_hash(document: Document) -> str:
    """A digest of a mapped document: what a person approves and what is compared before an update."""
    canonical = document.model_dump_json(exclude={"source_url"})
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


def state_digest(state: TargetState) -> str:
    """What a person could have edited in the ledger: not its payments, not its stamp. See :func:`was_edited`."""
    total = "" if state.total is None else f"{state.total.normalize():f}"  # 12.0 is not another total than 12.00
    parts = (state.number, state.reference, state.contact_id, str(state.date), total)
    head = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
    return f"{head}.{state.content}" if state.content else head


NOT_SAID = "?"
"""The digest of what was settled without a word on what the target holds; the next read of it says that."""


def settled_digest(state: TargetState) -> str:
    """The digest of a target as we left it; a ledger may only remember that it carried something out."""
    is_bare = state.total is None and state.date is None
    is_bare = is_bare and not (state.number or state.reference or state.contact_id or state.content)
    return NOT_SAID if is_bare else state_digest(state)


def was_edited(digest: str, state: TargetState) -> bool:
    """Whether the target is another than when ``digest`` was made; its content counts where both say it."""
    if digest == NOT_SAID:
        return False
    head, _, content = digest.partition(".")
    head_now, _, content_now = state_digest(state).partition(".")
    return head != head_now or bool(content and content_now and content != content_now)


def is_head_of(digest: str, state: TargetState) -> bool:
    """Whether ``digest`` was made of this number, reference, contact, date and total, whatever else it is of."""
    return digest.partition(".")[0] == state_digest(state).partition(".")[0]


def document_date(document: Document) -> date | None:
    """The accounting date, for kinds that have one."""
    return getattr(document, "date", None)


def locked_until(case: Case) -> date | None:
    """The last day that is closed, on whichever side closed more."""
    return max(filter(None, (case.organisation.lock_date, case.stock_lock)), default=None)


def is_locked(case: Case, day: date | None) -> bool:
    """Whether the day lies in a closed period of either side."""
    last = locked_until(case)
    return bool(day and last and day <= last)


def hold(case: Case, problem: Problem, action: Action) -> Decision:
    """Wait for a person, or for one of the facts that it rests on to change."""
    own = link_fact(case.document.kind, case.document.external_id)
    return Decision(
        Verdict.HOLD,
        action=action,
        document=case.fitted,
        problem=problem,
        warnings=case.fit_notes,
        facts=(*case.resolved.facts, own, ORGANISATION_FACT),
    )
