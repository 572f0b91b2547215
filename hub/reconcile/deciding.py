"""The one next step for a source record."""

from __future__ import annotations

from hub.mapping import ORGANISATION_FACT
from hub.reconcile.case import Case, Decision, document_date
from hub.reconcile.changing import decide_linked
from hub.reconcile.creating import decide_unlinked


def decide(case: Case) -> Decision:
    """The one next step for a source record."""
    if document_date(case.document):
        # The period may be closed between the plan and the sending.
        case.resolved.rest_on(ORGANISATION_FACT)
    return decide_linked(case, case.link) if case.link else decide_unlinked(case)
