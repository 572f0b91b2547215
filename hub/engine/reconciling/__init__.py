"""Reconciling: both sides are read and compared, cause by cause, and a person signs the result off.

It only reads. It works beside the runs, through the same limits, and never holds a run up for longer than its calls.
"""

from hub.engine.reconciling.accounts import Charts, found_accounts, load_accounts, load_charts
from hub.engine.reconciling.asking import BY_A_PERSON, BY_A_SCHEDULE, Reconciling
from hub.engine.reconciling.comparing import reconcile
from hub.engine.reconciling.costs import expected
from hub.engine.reconciling.periods import (
    Period,
    following,
    last_full_month,
    month_of,
    signed_to,
    usual_period,
    usual_periods,
)
from hub.engine.reconciling.proving import Proving, prove
from hub.engine.reconciling.pruning import prune_lines
from hub.engine.reconciling.signing import Signing, digest_of
from hub.engine.reconciling.titles import CAUSE_TITLES, MEASURE_TITLES

__all__ = [
    "BY_A_PERSON",
    "BY_A_SCHEDULE",
    "CAUSE_TITLES",
    "MEASURE_TITLES",
    "Charts",
    "Period",
    "Proving",
    "Reconciling",
    "Signing",
    "digest_of",
    "expected",
    "following",
    "found_accounts",
    "last_full_month",
    "load_accounts",
    "load_charts",
    "month_of",
    "prove",
    "prune_lines",
    "reconcile",
    "signed_to",
    "usual_period",
    "usual_periods",
]
