"""Tracking choices on lines: checked before they are sent, and as Xero writes them.

Source: Xero API documentation, Tracking Categories (two active categories at most, each with its options).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from hub import Facts, Problem, TrackingChoice
from hub_xero.exact import Json

MOST = 2
"""Categories on one line."""

Choices = Sequence[TrackingChoice]


def written(choices: Choices) -> list[Json]:
    """The choices of a line by Xero's names for them."""
    return [{"Name": choice.category, "Option": choice.option} for choice in choices]


def problems(lines: Iterable[Choices], facts: Facts) -> Iterator[Problem]:
    """Say why the choices of these lines can not be sent; each reason once."""
    different = list(dict.fromkeys(tuple(choices) for choices in lines))
    for choices in different:
        categories = [choice.category for choice in choices]
        if len(categories) > MOST or len(set(categories)) < len(categories):
            yield _too_many(choices)
    for choice in dict.fromkeys(choice for choices in different for choice in choices):
        yield from _unknown(choice, facts)


def _too_many(choices: Choices) -> Problem:
    named = ", ".join(f"{choice.category}: {choice.option}" for choice in choices)
    return Problem(
        code="tracking_too_many",
        what=f"A line has the tracking options {named}; Xero takes one option of each of {MOST} categories.",
        fix="Map to fewer tracking categories.",
        subject=named,
    )


def _unknown(choice: TrackingChoice, facts: Facts) -> Iterator[Problem]:
    """Nothing is known while the lists were not read; then Xero says what it does not have."""
    category = facts.tracking.get(choice.category)
    if not facts.tracking or (category and category.active and choice.option in category.options):
        return
    is_there = category is not None and category.active
    yield Problem(
        code="tracking_unknown",
        what=f"Tracking category '{choice.category}' has no active option '{choice.option}' in Xero."
        if is_there
        else f"There is no active tracking category '{choice.category}' in Xero.",
        fix="Add it in Xero under Settings, Tracking categories, or correct the mapping.",
        subject=f"{choice.category}: {choice.option}",
    )
