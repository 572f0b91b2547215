"""What to do about one source record: a pure function of stored facts.

No clock, no network, no randomness: preview, dry run and "why is this not in the ledger?" are all answered by calling
:func:`decide` again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from hub.documents import (
    CREDIT_KINDS,
    Allocation,
    Contact,
    Document,
    Item,
    Kind,
    Settlement,
    Status,
    TradeDocument,
)
from hub.errors import Problem
from hub.mapping import DIRECT_TARGET, ORGANISATION_FACT, Ref, Resolved, fold, link_fact
from hub.providers import Action, Allowed, Facts, Organisation, TargetState, TargetStatus

TIERS: Mapping[Kind, int] = {
    Kind.CONTACT: 0,
    Kind.ITEM: 1,
    Kind.INVOICE: 2,
    Kind.BILL: 2,
    Kind.CREDIT_NOTE: 3,
    Kind.SUPPLIER_CREDIT: 3,
    Kind.PAYMENT: 4,
    Kind.REFUND: 5,
    Kind.ALLOCATION: 6,
}
"""Creates and updates go in this order, so that what others refer to comes first; removals go the other way."""
REMOVAL_TIER = -10


class Change(StrEnum):
    """What happened in the source since we last wrote."""

    SAME = "same"
    EDITED = "edited"
    UNDONE = "undone"
    VOIDED = "voided"


class Standing(StrEnum):
    """How firm the target is."""

    DRAFT = "draft"
    OPEN = "open"
    SETTLED = "settled"
    LOCKED = "locked"
    GONE = "gone"


class Answer(StrEnum):
    """The one legal next step."""

    NOTHING = "nothing"
    UPDATE = "update"
    UPDATE_UNLESS_APPROVED = "update unless the flow leaves approved documents alone"
    UPDATE_ALLOWED_FIELDS = "update what may still change, else hold"
    ASK_VOID = "propose a void, a person decides"
    DELETE = "delete our draft"
    VOID = "void"
    AFTER_PAYMENTS = "void after the payments are withdrawn"
    HOLD = "hold"
    HOLD_LOCKED = "hold: the period is closed"
    HOLD_GONE = "hold: it was voided or removed in the ledger"


LEGAL_ANSWERS: Mapping[tuple[Change, Standing], Answer] = {
    **{(Change.SAME, standing): Answer.NOTHING for standing in Standing},
    (Change.EDITED, Standing.DRAFT): Answer.UPDATE,
    (Change.EDITED, Standing.OPEN): Answer.UPDATE_UNLESS_APPROVED,
    (Change.EDITED, Standing.SETTLED): Answer.UPDATE_ALLOWED_FIELDS,
    (Change.EDITED, Standing.LOCKED): Answer.HOLD_LOCKED,
    (Change.EDITED, Standing.GONE): Answer.HOLD_GONE,
    (Change.UNDONE, Standing.DRAFT): Answer.ASK_VOID,
    (Change.UNDONE, Standing.OPEN): Answer.ASK_VOID,
    (Change.UNDONE, Standing.SETTLED): Answer.HOLD,
    (Change.UNDONE, Standing.LOCKED): Answer.HOLD_LOCKED,
    (Change.UNDONE, Standing.GONE): Answer.NOTHING,
    (Change.VOIDED, Standing.DRAFT): Answer.DELETE,
    (Change.VOIDED, Standing.OPEN): Answer.VOID,
    (Change.VOIDED, Standing.SETTLED): Answer.AFTER_PAYMENTS,
    (Change.VOIDED, Standing.LOCKED): Answer.HOLD_LOCKED,
    (Change.VOIDED, Standing.GONE): Answer.NOTHING,
}


class Conflict(StrEnum):
    """What happens when both sides changed since the last settle."""

    STOCK_WINS = "stock wins"
    LEDGER_WINS = "ledger wins"
    ASK = "ask"


@dataclass(frozen=True)
class FlowRules:
    """What the integration and the flow have decided."""

    start_date: date
    post_as: Status = Status.AUTHORISED
    update_approved: bool = True
    conflict: Conflict = Conflict.ASK


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
    """

    state: TargetState | None = None
    coming: bool = False
    coming_as_draft: bool = False
    absence: Absence = Absence.UNKNOWN
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


class Verdict(StrEnum):
    """What a decision comes to."""

    NOTHING = "nothing"
    EXCLUDED = "excluded"
    ADOPT = "adopt"
    WRITE = "write"
    HOLD = "hold"


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


def was_edited(digest: str, state: TargetState) -> bool:
    """Whether the target is another than when ``digest`` was made; its content counts where both say it."""
    head, _, content = digest.partition(".")
    head_now, _, content_now = state_digest(state).partition(".")
    return head != head_now or bool(content and content_now and content != content_now)


def decide(case: Case) -> Decision:
    """The one next step for a source record."""
    if document_date(case.document):
        # The period may be closed between the plan and the sending.
        case.resolved.rest_on(ORGANISATION_FACT)
    return _decide_linked(case, case.link) if case.link else _decide_unlinked(case)


def document_date(document: Document) -> date | None:
    """The accounting date, for kinds that have one."""
    return getattr(document, "date", None)


def change_of(case: Case, link: LinkView) -> Change:
    """What happened in the source since we last wrote."""
    status = getattr(case.document, "status", Status.AUTHORISED)
    if case.withdrawn or status is Status.VOIDED or _goes_with_its_document(case):
        return Change.VOIDED
    if status is Status.DRAFT:
        return Change.UNDONE
    return Change.SAME if case.fingerprint == link.written_fingerprint else Change.EDITED


def _goes_with_its_document(case: Case) -> bool:
    """Money of ours on a document that the source took back: a ledger voids nothing that carries money.

    Only if that frees the document: what others paid on it keeps it in the ledger, and so does a closed period.
    """
    if not isinstance(case.document, Settlement | Allocation):
        return False
    known = (case.dependencies.get(ref, Dependency()) for ref in case.resolved.depends_on)
    return any(
        each.taken_back and each.has_only_ours and each.state is not None and not is_locked(case, each.state.date)
        for each in known
    )


def standing_of(case: Case, link: LinkView) -> Standing:
    """How firm the target is; a closed period on the old or the new date locks it."""
    if not link.state.status.is_live:
        return Standing.GONE
    days = (
        link.state.date,
        document_date(case.document),
        document_date(link.written_document) if link.written_document else None,
    )
    if any(is_locked(case, day) for day in days):
        return Standing.LOCKED
    if link.state.status is TargetStatus.DRAFT:
        return Standing.DRAFT
    if link.state.status in (TargetStatus.PART_PAID, TargetStatus.PAID) and isinstance(case.document, TradeDocument):
        return Standing.SETTLED
    return Standing.OPEN


def locked_until(case: Case) -> date | None:
    """The last day that is closed, on whichever side closed more."""
    return max(filter(None, (case.organisation.lock_date, case.stock_lock)), default=None)


def is_locked(case: Case, day: date | None) -> bool:
    """Whether the day lies in a closed period of either side."""
    last = locked_until(case)
    return bool(day and last and day <= last)


def _decide_unlinked(case: Case) -> Decision:
    rule = _not_eligible(case)
    if rule:
        return Decision(Verdict.EXCLUDED, rule=rule)
    adoption = _adoption(case)
    if adoption:
        return adoption
    problem = _namesake(case) or _obstacle(case) or _dependency_problem(case)
    if problem:
        return _hold(case, problem, Action.CREATE)
    return Decision(
        Verdict.WRITE,
        action=Action.CREATE,
        document=case.fitted,
        warnings=case.fit_notes,
        facts=tuple(case.resolved.facts),
    )


def _not_eligible(case: Case) -> str:
    document = case.document
    status = getattr(document, "status", Status.AUTHORISED)
    if case.withdrawn:
        return "withdrawn in the source before it was posted"
    if status is not Status.AUTHORISED:
        return f"{status} in the source"
    if isinstance(document, Item) and not document.active:
        return "deprecated in the source"
    day = document_date(document)
    if day and day < case.rules.start_date:
        return f"dated before the start date {case.rules.start_date}"
    return ""


def _adoption(case: Case) -> Decision | None:
    if not isinstance(case.document, Contact | Item) or not case.matches:
        return None
    active = [match for match in case.matches if match.state.status.is_live]
    if len(active) == 1:
        return Decision(
            Verdict.ADOPT,
            match=active[0],
            rule=f"the only active {case.document.kind} with this name or code",
        )
    if not active:
        problem = Problem(
            code="only_archived_match",
            what=f"{case.document.label} exists in the ledger, but archived.",
            fix="Restore it in the ledger, or rename the one in the stock system.",
            subject=case.document.external_id,
        )
        return _hold(case, problem, Action.CREATE)
    problem = Problem(
        code="ambiguous_match",
        what=f"{len(active)} active records of the ledger match {case.document.label}.",
        fix="Choose which one it is.",
        subject=case.document.external_id,
        detail="; ".join(f"{match.label} ({match.target_id})" for match in active),
    )
    return _hold(case, problem, Action.CREATE)


def _namesake(case: Case) -> Problem | None:
    """Two records of one name made at the same time would be twice in the ledger: the second becomes the first's."""
    if not case.namesake:
        return None
    case.resolved.rest_on(link_fact(case.document.kind, case.namesake))
    return Problem(
        code="namesake_coming",
        what=f"Another {case.document.kind} called {case.document.label} is on its way to the ledger.",
        why="A ledger has each name once: when the other is there, both are linked to it.",
        fix="Nothing, unless they are different: then rename one of them in the stock system.",
        subject=case.namesake,
    )


def _obstacle(case: Case) -> Problem | None:
    """The first reason why the document as such can not be written."""
    document = case.document
    if isinstance(document, TradeDocument):
        difference = next(document.differences(), "")
        if difference:
            return Problem(
                code="does_not_add_up",
                what=f"{document.number} does not add up: {difference}.",
                fix="Correct it in the stock system.",
                subject=document.external_id,
            )
    currency = getattr(document, "currency", "")
    needs_rate = isinstance(document, TradeDocument | Settlement)
    if needs_rate and currency != case.organisation.base_currency and getattr(document, "rate", None) is None:
        return Problem(
            code="rate_missing",
            what=f"{document.label} is in {currency} and has no exchange rate.",
            why=f"The ledger keeps its books in {case.organisation.base_currency}.",
            fix="Enter the rate in the stock system.",
            subject=document.external_id,
        )
    problems = (*case.resolved.problems, *case.fit_problems)
    if problems:
        others = "; ".join(str(problem) for problem in problems[1:])
        return problems[0].model_copy(update={"detail": problems[0].detail or others})
    if is_locked(case, document_date(document)):
        case.resolved.rest_on(ORGANISATION_FACT)
        return closed_period(case)
    return None


def closed_period(case: Case) -> Problem:
    """The books of one side are closed on the document's date."""
    last = locked_until(case)
    side = "ledger" if last == case.organisation.lock_date else "stock system"
    return Problem(
        code="closed_period",
        what=f"{case.document.label} is dated {document_date(case.document)}, in a closed period.",
        why=f"The {side} is locked up to {last}.",
        fix=f"Move the lock date in the {side}, or date the document later.",
        subject=str(last),
    )


def _dependency_problem(case: Case) -> Problem | None:
    for ref in case.resolved.depends_on:
        problem = dependency_problem(case.document, ref, case.dependencies.get(ref, Dependency()), case.rules.post_as)
        if problem:
            return problem
    return None


def dependency_problem(document: Document, ref: Ref, standing: Dependency, post_as: Status) -> Problem | None:
    """Why the record that a document refers to does not let it be written yet; None when it does."""
    kind, external_id = ref
    if standing.state is None:
        if not standing.coming:
            return _not_linked(document, kind, external_id, standing.absence)
        waits = isinstance(document, Settlement | Allocation) and standing.coming_as_draft
        return _waits_for_approval(document, kind) if waits else None
    if kind is Kind.CONTACT and not standing.state.status.is_live:
        return Problem(
            code="contact_archived",
            what=f"The ledger contact of {document.label} is {standing.state.status}.",
            fix="Restore it in the ledger, or unlink it and link another.",
            subject=external_id,
        )
    if not isinstance(document, Settlement | Allocation):
        return None
    if standing.taken_back:
        return _taken_back(document, kind, external_id)
    return _settlement_problem(document, kind, standing.state) or _already_paid(document, standing)


def _taken_back(document: Document, kind: Kind, external_id: str) -> Problem:
    name = kind.replace("_", " ")
    return Problem(
        code="document_taken_back",
        what=f"The {name} of {document.label} was voided or removed in the stock system, and this was not.",
        why=f"The {name} is to leave the ledger, and a ledger voids nothing that carries payments or credits.",
        fix="Remove this in the stock system as well, or skip it with a reason.",
        subject=external_id,
        done="What the hub had posted of it is taken back; nothing is posted.",
    )


def _settlement_problem(document: Settlement | Allocation, kind: Kind, state: TargetState) -> Problem | None:
    if not state.status.is_live:
        return Problem(
            code="target_gone",
            what=f"The {kind} {state.number} is {state.status} in the ledger.",
            fix="Skip this with a reason, or restore the document there.",
            subject=state.target_id,
        )
    if state.status is TargetStatus.DRAFT:
        return _waits_for_approval(document, kind)
    if isinstance(document, Allocation):
        return None
    if state.due is not None and document.amount > state.due:
        return Problem(
            code="payment_exceeds_due",
            what=f"{document.amount} is more than the {state.due} still due on {state.number}.",
            why="Somebody paid or credited it in the ledger.",
            fix="Compare the payments on both sides; skip this one if the ledger's is the same.",
            subject=state.target_id,
        )
    return None


def _already_paid(document: Settlement | Allocation, standing: Dependency) -> Problem | None:
    """Somebody paid in the ledger, perhaps this very payment: posting it as well would pay twice."""
    if isinstance(document, Allocation) or standing.state is None or standing.unexplained < document.amount:
        return None
    return Problem(
        code="maybe_paid_already",
        what=f"{standing.unexplained} was paid or credited on {standing.state.number} by somebody else.",
        why=f"That may be this {document.kind} of {document.amount}: posted as well, it would be there twice.",
        fix="Compare both. If it is the same, skip this one; if it is another, say so and it is posted.",
        subject=standing.state.target_id,
        done="Nothing was posted.",
    )


def _waits_for_approval(document: Document, kind: Kind) -> Problem:
    return Problem(
        code="target_is_draft",
        what=f"{document.label} waits: its {kind} is a draft in the ledger.",
        fix="Approve it in the ledger.",
        subject=kind,
    )


_ABSENT: Mapping[Absence, tuple[str, str]] = {
    Absence.UNKNOWN: ("It was not among what was read from the stock system.", "Link the {one} by hand."),
    Absence.FLOW_OFF: ("The flow of {many} is off.", "Switch the flow of {many} on, or link the {one} by hand."),
    Absence.WAITS: (
        "It waits for your approval.",
        "Approve the {many} on Ready to sync. What names them is planned again; approve it again where asked.",
    ),
    Absence.APPROVED: ("It is approved and was not sent yet.", "Nothing to do: this goes after it."),
    Absence.HELD: ("It is held itself.", "See Attention, and mend what holds the {one}."),
    Absence.REFUSED: ("The ledger refused it.", "See Attention, and mend what the ledger refused."),
    Absence.SKIPPED: ("Somebody skipped it.", "Take the skip back under Attention, Skipped, or skip this as well."),
    Absence.NOT_ELIGIBLE: (
        "It is not posted by the rules, for instance for its status or its date.",
        "Look it up in the stock system, move the start date, or skip this.",
    ),
}
_FOR_THE_KIND = frozenset({Absence.FLOW_OFF, Absence.WAITS, Absence.APPROVED})
"""Told once for all records of the kind, since one act mends them all."""


def _not_linked(document: Document, kind: Kind, external_id: str, absence: Absence) -> Problem:
    one = kind.replace("_", " ")
    why, fix = (words.format(one=one, many=f"{one}s") for words in _ABSENT[absence])
    return Problem(
        code=f"{kind}_not_linked",
        what=f"The {one} of {document.label} is not in the ledger.",
        why=why,
        fix=fix,
        subject=absence.value if absence in _FOR_THE_KIND else external_id,
    )


def _decide_linked(case: Case, link: LinkView) -> Decision:
    change, standing = change_of(case, link), standing_of(case, link)
    answer = LEGAL_ANSWERS[change, standing]
    if answer is Answer.NOTHING:
        return Decision(Verdict.NOTHING, rule="unchanged" if change is Change.SAME else "already gone from the ledger")
    if answer is Answer.HOLD_LOCKED:
        case.resolved.rest_on(ORGANISATION_FACT)
        problem = closed_period(case)
        fix = f"{problem.fix.partition(',')[0]}, or correct it with a dated credit."
        return _hold(case, problem.model_copy(update={"fix": fix}), Action.UPDATE)
    if answer is Answer.HOLD_GONE:
        return _hold(case, _target_gone(case.document, link), Action.UPDATE)
    if answer in (Answer.HOLD, Answer.AFTER_PAYMENTS):
        return _hold(case, _has_payments(case.document, link, change), Action.VOID)
    if answer is Answer.DELETE:
        return _remove(case, Action.DELETE)
    if answer is Answer.VOID:
        return _remove(case, Action.VOID)
    if answer is Answer.ASK_VOID:
        return _remove(case, Action.DELETE if standing is Standing.DRAFT else Action.VOID, ask=True)
    return _edit(case, link, answer, standing)


def _edit(case: Case, link: LinkView, answer: Answer, standing: Standing) -> Decision:
    problem = _obstacle(case) or _contact_problem(case)
    if problem:
        return _hold(case, problem, Action.UPDATE)
    if payload_hash(case.fitted) == link.written_payload:
        return Decision(Verdict.NOTHING, rule="nothing changed that the ledger sees")
    if isinstance(case.document, Settlement | Allocation):
        # A ledger's payment can't be edited: it is taken back, and posted anew when that is settled.
        return _remove(case, Action.VOID)
    edited_there = bool(link.settled_digest) and was_edited(link.settled_digest, link.state)
    if edited_there and case.rules.conflict is Conflict.ASK:
        return _hold(case, _conflict(case.document, link), Action.UPDATE)
    if edited_there and case.rules.conflict is Conflict.LEDGER_WINS:
        return Decision(Verdict.NOTHING, rule="edited on both sides; the ledger wins")
    if (
        answer is Answer.UPDATE_UNLESS_APPROVED
        and not case.rules.update_approved
        and isinstance(case.document, TradeDocument)
    ):
        return _hold(case, _approved(case.document), Action.UPDATE)
    return _update(case, link, standing)


def _update(case: Case, link: LinkView, standing: Standing) -> Decision:
    fields = changed_fields(link.written_document, case.fitted)
    if isinstance(case.document, Contact):
        fields = frozenset(name for name in fields if name not in _CONTACT_OURS and getattr(case.fitted, name))
        if not fields:
            return Decision(Verdict.NOTHING, rule="only blanks changed; the ledger keeps its own values")
    allowed = case.allowed or Allowed(frozenset())
    if Action.UPDATE not in allowed.actions:
        return _hold(case, _may_not(case.document, link, allowed.reason), Action.UPDATE)
    if allowed.fields is not None and not fields <= allowed.fields:
        names = ", ".join(sorted(name.replace("_", " ") for name in fields - allowed.fields))
        return _hold(case, _may_not(case.document, link, allowed.reason or f"{names} may not change"), Action.UPDATE)
    limited = fields if isinstance(case.document, Contact) or allowed.fields is not None else None
    return Decision(
        Verdict.WRITE,
        action=Action.UPDATE,
        document=case.fitted,
        fields=limited,
        warnings=case.fit_notes,
        rule=f"edited in the source ({', '.join(sorted(fields)) or 'content'}), {standing} in the ledger",
        facts=(*case.resolved.facts, link_fact(case.document.kind, case.document.external_id)),
    )


_CONTACT_OURS = frozenset(
    {"external_id", "kind", "source_url", "account", "tax_code", "is_customer", "is_supplier", "active"}
)
"""Contact fields that never update a ledger contact: our own, tax defaults, and what the ledger derives."""


def changed_fields(before: Document | None, after: Document) -> frozenset[str]:
    """The names of the document fields whose values differ."""
    names = frozenset(type(after).model_fields) - {"source_url"}
    if before is None or type(before) is not type(after):
        return names
    return frozenset(name for name in names if getattr(before, name) != getattr(after, name))


def _contact_problem(case: Case) -> Problem | None:
    for ref in case.resolved.depends_on:
        if ref[0] in (Kind.CONTACT, Kind.ITEM):
            problem = dependency_problem(
                case.document, ref, case.dependencies.get(ref, Dependency()), case.rules.post_as
            )
            if problem:
                return problem
    return None


def _remove(case: Case, action: Action, *, ask: bool = False) -> Decision:
    if isinstance(case.document, Contact | Item):
        return Decision(Verdict.NOTHING, rule="contacts and items are never removed from the ledger")
    return Decision(
        Verdict.WRITE,
        action=action,
        document=case.fitted,
        ask=ask,
        rule="undone in the source" if ask else _why_removed(case),
        facts=(*case.resolved.facts, link_fact(case.document.kind, case.document.external_id)),
    )


def _why_removed(case: Case) -> str:
    if not case.withdrawn and _goes_with_its_document(case):
        return "its document was voided or removed in the source"
    return "voided, removed or replaced in the source"


def _hold(case: Case, problem: Problem, action: Action) -> Decision:
    own = link_fact(case.document.kind, case.document.external_id)
    return Decision(
        Verdict.HOLD,
        action=action,
        document=case.fitted,
        problem=problem,
        warnings=case.fit_notes,
        facts=(*case.resolved.facts, own, ORGANISATION_FACT),
    )


def _target_gone(document: Document, link: LinkView) -> Problem:
    return Problem(
        code="target_gone",
        what=f"{document.label} changed, but is {link.state.status} in the ledger.",
        why="What a person removed there is not made again unasked.",
        fix="Skip this with a reason, or end the link to post it anew.",
        subject=document.external_id,
    )


def _has_payments(document: Document, link: LinkView, change: Change) -> Problem:
    return Problem(
        code="target_has_payments",
        what=f"{document.label} was {change} in the stock system, but carries payments or credits in the ledger.",
        why=f"{link.state.due} of {link.state.total} is still due there.",
        fix="Remove the payments; those that came from the stock system are withdrawn by the hub first.",
        subject=document.external_id,
        done="Nothing was changed in the ledger.",
    )


def _conflict(document: Document, link: LinkView) -> Problem:
    return Problem(
        code="edited_on_both_sides",
        what=f"{document.label} was edited in the stock system and in the ledger.",
        why=f"The ledger now says {link.state.number}, {link.state.date}, {link.state.total}.",
        fix="Decide which side holds, or make them agree by hand and skip this.",
        subject=document.external_id,
        done="Nothing was changed in the ledger.",
    )


def _approved(document: Document) -> Problem:
    return Problem(
        code="approved_in_ledger",
        what=f"{document.label} changed, but is approved in the ledger.",
        why="This flow leaves approved documents alone.",
        fix="Void both and make a new version, or correct the ledger by hand and skip this.",
        subject=document.external_id,
        done="Nothing was changed in the ledger.",
    )


def _may_not(document: Document, link: LinkView, reason: str) -> Problem:
    return Problem(
        code="change_not_allowed",
        what=f"{document.label} changed, but the ledger does not let it be updated ({link.state.status}).",
        why=reason,
        fix="Remove the payment or credit there and retry, or credit the difference.",
        subject=document.external_id,
        done="Nothing was changed in the ledger.",
    )


class Look(StrEnum):
    """What a look for an unsure operation found."""

    SETTLED = "settled"
    NOT_DONE = "not done"
    ASK = "ask"


def judge_look(
    document: Document,
    action: Action,
    candidates: Sequence[TargetState],
    facts: Facts,
    before: TargetState | None = None,
) -> tuple[Look, TargetState | None]:
    """Settle with the one live candidate that equals what we sent; a person decides anything doubtful.

    An update or a removal that is not there yet may simply be repeated, for it has the same effect twice. ``before`` is
    the target as we last knew it: an update that shows was ours, not an edit by a person.
    """
    live = [state for state in candidates if state.status.is_live]
    if action in (Action.VOID, Action.DELETE):
        return (Look.NOT_DONE, None) if live else (Look.SETTLED, next(iter(candidates), None))
    if action is Action.UPDATE:
        arrived = len(live) == 1 and before is not None and was_edited(state_digest(before), live[0])
        return (Look.SETTLED, live[0]) if arrived and _shows(document, live[0], facts) else (Look.NOT_DONE, None)
    if not live:
        return Look.NOT_DONE, None
    marked = [state for state in live if state.ours]
    if len(marked) == 1 and _equals(document, marked[0], facts):
        # Others beside it are somebody else's: a supplier may use a number twice.
        return Look.SETTLED, marked[0]
    return Look.ASK, None


def _shows(document: Document, state: TargetState, facts: Facts) -> bool:
    """Whether an update that was sent is what the target says now."""
    if isinstance(document, Contact):
        return fold(document.name) in (fold(state.number), fold(state.reference))
    return _equals(document, state, facts)


def _equals(document: Document, state: TargetState, facts: Facts) -> bool:
    expected: dict[str, object] = {}
    if isinstance(document, TradeDocument):
        contact = document.contact_id.removeprefix(DIRECT_TARGET)
        known = document.contact_id.startswith(DIRECT_TARGET)
        expected["contact_id"] = contact if known else facts.target(Kind.CONTACT, document.contact_id)
        expected["total"] = document.total
        expected["date"] = document.date
        if document.kind in CREDIT_KINDS or document.kind in (Kind.INVOICE, Kind.BILL):
            expected["number"] = document.number
    elif isinstance(document, Settlement):
        expected = {"total": document.amount, "date": document.date}
    elif isinstance(document, Allocation):
        expected = {"total": document.amount}
    elif isinstance(document, Item):
        return fold(state.number) == fold(document.code)
    return all(getattr(state, name) in (value, None, "") for name, value in expected.items())
