"""Tracking on lines: two categories at most, options that are there, and what people chose stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hub_xero.exact import decode
from hub_xero.provider import XeroProvider

from hub import Action, Facts, Kind, TargetState, TargetStatus, Tracking, TrackingChoice

PROVIDER = XeroProvider()
Make = Callable[..., Any]


def _choice(category: str, option: str) -> TrackingChoice:
    return TrackingChoice(category=category, option=option)


NORTH, ONLINE = _choice("Region", "North"), _choice("Channel", "Online")


@pytest.fixture
def known(facts: Facts) -> Facts:
    """An organisation with two tracking categories, and one that was archived."""
    categories = [
        Tracking(external_id="1", name="Region", options=("North", "South")),
        Tracking(external_id="2", name="Channel", options=("Online",)),
        Tracking(external_id="3", name="Brand", options=("Acme",), active=False),
    ]
    return replace(facts, tracking={category.name: category for category in categories})


def _problems(document: Any, facts: Facts) -> list[tuple[str, str]]:
    return [(problem.code, problem.subject) for problem in PROVIDER.fit(document, facts).problems]


def _lines(operation: Any, facts: Facts) -> list[dict[str, Any]]:
    body = decode(PROVIDER.render([operation], facts).body)
    ((element,),) = body.values()
    return list(element["LineItems"])


@pytest.mark.parametrize("kind", [Kind.INVOICE, Kind.BILL, Kind.CREDIT_NOTE, Kind.SUPPLIER_CREDIT])
def test_every_trade_document_carries_its_lines_tracking_by_name(
    kind: Kind, known: Facts, trade: Make, line: Make, operate: Make
) -> None:
    document = trade(kind, lines=(line(tracking=(NORTH, ONLINE)), line()))
    fitted = PROVIDER.fit(document, known).document
    tracked, plain = _lines(operate(fitted), known)

    assert tracked["Tracking"] == [{"Name": "Region", "Option": "North"}, {"Name": "Channel", "Option": "Online"}]
    assert "Tracking" not in plain


@pytest.mark.parametrize(
    "choices",
    [(NORTH, ONLINE, _choice("Brand", "Acme")), (NORTH, _choice("Region", "South"))],
    ids=["three categories", "one category twice"],
)
def test_a_line_with_more_choices_than_xero_takes_is_held(
    choices: tuple[TrackingChoice, ...], facts: Facts, trade: Make, line: Make
) -> None:
    assert [code for code, _ in _problems(trade(lines=(line(tracking=choices),)), facts)] == ["tracking_too_many"]


@pytest.mark.parametrize(
    "choice",
    [_choice("Region", "East"), _choice("Brand", "Acme"), _choice("Season", "Winter")],
    ids=["no such option", "an archived category", "no such category"],
)
def test_an_option_that_xero_does_not_have_is_found_before_anything_is_sent(
    choice: TrackingChoice, known: Facts, trade: Make, line: Make
) -> None:
    document = trade(lines=(line(tracking=(choice,)), line(tracking=(choice, ONLINE))))

    assert _problems(document, known) == [("tracking_unknown", f"{choice.category}: {choice.option}")]


def test_while_the_categories_are_not_known_xero_judges_the_options(facts: Facts, trade: Make, line: Make) -> None:
    assert _problems(trade(lines=(line(tracking=(_choice("Region", "East"),)),)), facts) == []


def _change(before: Any, after: Any, operate: Make) -> Any:
    target = TargetState(
        kind=Kind.INVOICE, target_id="i-1", status=TargetStatus.OPEN, lines=tuple(f"L{n}" for n in range(2))
    )
    return operate(after, Action.UPDATE, target_id="i-1", target=target, written=before)


def test_an_update_says_nothing_of_tracking_that_the_hub_never_wrote_so_that_peoples_choices_stay(
    facts: Facts, trade: Make, line: Make, operate: Make
) -> None:
    before = trade(lines=(line(), line("20.00", "4.00")))
    after = trade(lines=(line(), line("25.00", "5.00")))

    assert ["Tracking" in sent for sent in _lines(_change(before, after, operate), facts)] == [False, False]


def test_an_update_takes_away_the_choice_that_the_hub_wrote_and_no_longer_has(
    facts: Facts, trade: Make, line: Make, operate: Make
) -> None:
    before = trade(lines=(line("20.00", "4.00", tracking=(NORTH,)), line()))
    after = trade(lines=(line(), line("20.00", "4.00")))
    first, second = _lines(_change(before, after, operate), facts)

    assert (first["LineItemID"], "Tracking" in first) == ("L1", False)
    assert (second["LineItemID"], second["Tracking"]) == ("L0", [])
