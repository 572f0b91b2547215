"""A source record that is not in the ledger: adopt what is there, leave it out, hold it, or create it."""

from __future__ import annotations

from hub.documents import Contact, Item, Journal, Status
from hub.errors import Problem
from hub.mapping import link_fact
from hub.providers import Action
from hub.reconcile.case import Case, Decision, FlowRules, Verdict, document_date, hold
from hub.reconcile.obstacles import does_not_add_up, obstacle, waits_for
from hub.reconcile.summing import is_summary


def decide_unlinked(case: Case) -> Decision:
    """What becomes of a record that no live link knows."""
    rule = _not_eligible(case)
    if rule:
        return Decision(Verdict.EXCLUDED, rule=rule)
    if case.summary:
        return _join(case)
    adoption = _adoption(case)
    if adoption:
        return adoption
    problem = _namesake(case) or obstacle(case) or waits_for(case)
    if problem:
        return hold(case, problem, Action.CREATE)
    return Decision(
        Verdict.WRITE,
        action=Action.CREATE,
        document=case.fitted,
        warnings=case.fit_notes,
        facts=tuple(case.resolved.facts),
    )


def _join(case: Case) -> Decision:
    """A journal that is posted with others waits for nothing by itself, unless its sides are not equal."""
    problem = None if case.in_ledger else does_not_add_up(case.document)
    return hold(case, problem, Action.CREATE) if problem else Decision(Verdict.JOIN, rule="posted in a summary")


def _not_eligible(case: Case) -> str:
    document = case.document
    status = getattr(document, "status", Status.AUTHORISED)
    if case.withdrawn and is_summary(document.external_id):
        return "no journal is posted in it any more"
    if case.withdrawn:
        return "withdrawn in the source" if case.in_ledger else "withdrawn in the source before it was posted"
    if status is not Status.AUTHORISED:
        return f"{status} in the source"
    if isinstance(document, Item) and not document.active:
        return "deprecated in the source"
    if isinstance(document, Journal) and not document.total:
        return "nothing to post"
    if case.in_ledger:
        return ""  # what is posted is kept in step, whatever was decided since for what is not
    if isinstance(document, Journal) and (rule := _not_perpetual(case.rules, document)):
        return rule
    day = document_date(document)
    if day and day < case.rules.start_date:
        return f"dated before the start date {case.rules.start_date}"
    return ""


def _not_perpetual(rules: FlowRules, journal: Journal) -> str:
    if rules.periodic:
        return "the inventory method is periodic"
    if rules.perpetual_from and journal.date < rules.perpetual_from:
        return f"dated before the perpetual method began on {rules.perpetual_from}"
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
        return hold(case, problem, Action.CREATE)
    problem = Problem(
        code="ambiguous_match",
        what=f"{len(active)} active records of the ledger match {case.document.label}.",
        fix="Choose which one it is.",
        subject=case.document.external_id,
        detail="; ".join(f"{match.label} ({match.target_id})" for match in active),
    )
    return hold(case, problem, Action.CREATE)


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
