"""What to do about one source record: a pure function of stored facts.

No clock, no network, no randomness: preview, dry run and "why is this not in the ledger?" are all answered by calling
:func:`decide` again.
"""

from __future__ import annotations

from hub.reconcile.case import (
    NOT_SAID,
    Absence,
    Case,
    Decision,
    Dependency,
    FlowRules,
    LinkView,
    Match,
    Verdict,
    document_date,
    is_head_of,
    is_locked,
    locked_until,
    payload_hash,
    settled_digest,
    state_digest,
    was_edited,
)
from hub.reconcile.changing import change_of, changed_fields, standing_of
from hub.reconcile.deciding import decide
from hub.reconcile.legal import LEGAL_ANSWERS, REMOVAL_TIER, TIERS, Answer, Change, Conflict, Standing
from hub.reconcile.looks import Look, judge_look
from hub.reconcile.obstacles import closed_period, dependency_problem, waits_for
from hub.reconcile.summing import (
    SUMMARIES,
    SUMMARY_PREFIX,
    JournalMode,
    apart_by,
    correction,
    correction_number,
    covers,
    is_summary,
    mode_on,
    month_after,
    own_prefix,
    says_the_same,
    summarise,
    summary_of,
)

__all__ = [
    "LEGAL_ANSWERS",
    "NOT_SAID",
    "REMOVAL_TIER",
    "SUMMARIES",
    "SUMMARY_PREFIX",
    "TIERS",
    "Absence",
    "Answer",
    "Case",
    "Change",
    "Conflict",
    "Decision",
    "Dependency",
    "FlowRules",
    "JournalMode",
    "LinkView",
    "Look",
    "Match",
    "Standing",
    "Verdict",
    "apart_by",
    "change_of",
    "changed_fields",
    "closed_period",
    "correction",
    "correction_number",
    "covers",
    "decide",
    "dependency_problem",
    "document_date",
    "is_head_of",
    "is_locked",
    "is_summary",
    "judge_look",
    "locked_until",
    "mode_on",
    "month_after",
    "own_prefix",
    "payload_hash",
    "says_the_same",
    "settled_digest",
    "standing_of",
    "state_digest",
    "summarise",
    "summary_of",
    "waits_for",
    "was_edited",
]
