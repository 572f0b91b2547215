"""The words of reconciliations: what each measure and each cause is called, what it means, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import url_for

from hub.causes import CAUSES, Cause, Measure
from hub.engine.reconciling import CAUSE_TITLES, MEASURE_TITLES
from hub.web import wording


@dataclass(frozen=True)
class Words:
    """A cause as people read it. ``fix`` is what to do; ``endpoint`` the page where it is done, if the hub has it."""

    title: str
    short: str
    meaning: str
    fix: str
    endpoint: str = ""
    button: str = ""
    argument: str = ""


WORDS: Mapping[Cause, Words] = {
    Cause.NOT_POSTED: Words(
        CAUSE_TITLES[Cause.NOT_POSTED],
        "Not posted",
        "The stock system has booked it, and the ledger's books do not have it: it waits, is held, was skipped, is a"
        " draft there, or was not read yet.",
        "Post it, or decide about it: each line says what it waits for.",
        "report.show",
        "See what waits in the sync report",
        "integration",
    ),
    Cause.CHANGED: Words(
        CAUSE_TITLES[Cause.CHANGED],
        "Changed",
        "It was posted, and then somebody changed it in the stock system or in the ledger.",
        "Take the change over, or let it stand: the page shows what differs and the one next step.",
        "changed.show",
        "See what changed",
    ),
    Cause.VOID_ON_ONE_SIDE: Words(
        CAUSE_TITLES[Cause.VOID_ON_ONE_SIDE],
        "Void on one side",
        "One side took it back, the other still counts it.",
        "Void it on the other side as well, or bring it back on the first.",
        "changed.show",
        "See what changed",
    ),
    Cause.OTHER_PERIOD: Words(
        CAUSE_TITLES[Cause.OTHER_PERIOD],
        "Other period",
        "Both sides have it, for the same amount, but the end of the period lies between their two dates.",
        "Correct the date on one side while the period is open, or leave it: it evens out in the other period.",
    ),
    Cause.DISPATCHED_NOT_INVOICED: Words(
        CAUSE_TITLES[Cause.DISPATCHED_NOT_INVOICED],
        "Not invoiced",
        "Goods left the stock system, and neither an invoice nor their cost reached the ledger by the end of"
        " the period.",
        "Invoice the sale in the stock system, or accept it as goods on their way at the end of the period.",
    ),
    Cause.INVOICED_NOT_DISPATCHED: Words(
        CAUSE_TITLES[Cause.INVOICED_NOT_DISPATCHED],
        "Not dispatched",
        "The ledger relieved its stock for a sale whose goods have not left the stock system.",
        "Dispatch the sale in the stock system, or accept it as goods sold and not yet delivered.",
    ),
    Cause.RECEIVED_NOT_INVOICED: Words(
        CAUSE_TITLES[Cause.RECEIVED_NOT_INVOICED],
        "No bill yet",
        "Goods came in, and their bill had not come by the end of the period.",
        "Enter the supplier's bill in the stock system, or accrue it in the ledger for the end of the period.",
    ),
    Cause.INVOICED_NOT_RECEIVED: Words(
        CAUSE_TITLES[Cause.INVOICED_NOT_RECEIVED],
        "Not received",
        "The ledger has the supplier's bill, and the goods had not been received by the end of the period.",
        "Receive the goods in the stock system, or accept them as goods on their way.",
    ),
    Cause.BOOKED_WITHOUT_GOODS: Words(
        CAUSE_TITLES[Cause.BOOKED_WITHOUT_GOODS],
        "No goods",
        "A journal entered by hand in the stock system is on its stock account: its valuation knows nothing of it.",
        "Take the journal back in the stock system, or correct the stock itself there by an adjustment.",
    ),
    Cause.EXCHANGE_RATE: Words(
        CAUSE_TITLES[Cause.EXCHANGE_RATE],
        "Rate",
        "Unchanged on both sides and in a foreign currency: the two worked it out at different rates.",
        "Correct the rate in the stock system, or book the difference in the ledger to its account for exchange gains.",
    ),
    Cause.ROUNDING: Words(
        CAUSE_TITLES[Cause.ROUNDING],
        "Rounding",
        "The two systems rounded differently, each time by no more than the integration's rounding limit.",
        "Nothing to do: book the total to the rounding account if it has to be gone.",
        "integrations.show",
        "See the rounding limit",
        "integration_id",
    ),
    Cause.BY_HAND: Words(
        CAUSE_TITLES[Cause.BY_HAND],
        "By hand",
        "The ledger has it and the hub did not make it: a person did, or another program.",
        "Take it back in the ledger if the stock system books it as well, or book the same in the stock system.",
    ),
    Cause.BEFORE_START: Words(
        CAUSE_TITLES[Cause.BEFORE_START],
        "Before the start",
        "What the two sides already said before the integration began: the hub posts nothing of that time.",
        "Bring the two openings together by one journal in the ledger, dated the day before the start date.",
        "checklist.start_date",
        "See the start date",
        "integration_id",
    ),
    Cause.UNEXPLAINED: Words(
        CAUSE_TITLES[Cause.UNEXPLAINED],
        "Unexplained",
        "What no document of either side explains, and documents that differ though nothing is known to have changed.",
        "Look at each line. The proof of no double posting rules out that something was posted twice.",
        "proofs.show_all",
        "Prove that nothing is posted twice",
        "integration_id",
    ),
    Cause.AGREES: Words(
        CAUSE_TITLES[Cause.AGREES], "Agrees", "Both sides say the same of these documents of the period.", ""
    ),
}

PHASES: Mapping[str, str] = {
    "": "Beginning",
    "stock value": "Asking what the stock is worth",
    "entries": "Reading the stock system's general ledger",
    "balances": "Reading the ledger's balances",
    "documents of the ledger": "Reading the ledger's documents",
    "comparing": "Comparing",
}

STATES: Mapping[str, str] = {
    "wanted": "Waiting to begin",
    "open": "Under way",
    "done": "Finished",
    "failed": "Failed",
    "stopped": "Stopped",
}


def fix_of(cause: Cause, integration_id: int) -> tuple[str, str]:
    """The words and the address of the page where a cause is fixed; empty where that is in one of the systems."""
    words = WORDS[cause]
    if not words.endpoint:
        return "", ""
    arguments: dict[str, Any] = {words.argument: integration_id} if words.argument else {}
    return words.button, url_for(words.endpoint, **arguments)


def shares_of(figures: Mapping[str, Any]) -> list[tuple[Cause, Decimal, int]]:
    """What each cause adds to one measure's difference, and how many lines it has, in their order."""
    told = figures["causes"]
    return [
        (cause, Decimal(told[cause.value]["amount"]), int(told[cause.value]["lines"]))
        for cause in CAUSES
        if cause.value in told
    ]


def reading_of(measure: Measure, figures: Mapping[str, Any], currency: str) -> str:
    """The picture of a difference in words, with every figure that it shows."""
    stock, ledger, difference = (Decimal(figures[name]) for name in ("stock", "ledger", "difference"))
    told = f"{MEASURE_TITLES[measure]}: the stock system says {wording.amount(stock, currency)}, the ledger"
    told = f"{told} {wording.amount(ledger, currency)}"
    if not difference and not shares_of(figures):
        return f"{told}. They agree."
    parts = [f"{WORDS[cause].title.lower()} {wording.amount(amount)}" for cause, amount, _ in shares_of(figures)]
    return f"{told}: a difference of {wording.amount(difference, currency)}. {'; '.join(parts).capitalize()}."
