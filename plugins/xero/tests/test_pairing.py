"""Which of Xero's lines each line of an update is."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hub_xero.pairing import line_ids

from hub import Line

IDS = ("one", "two", "three")


def _product(code: str, amount: str = "10.00", **values: Any) -> Line:
    price = Decimal(amount)
    return Line(item_id=f"id-{code}", item_code=code, description=code, unit_price=price, amount=price, **values)


def _charge(words: str, amount: str = "10.00") -> Line:
    return Line(description=words, unit_price=Decimal(amount), amount=Decimal(amount), purpose="charge")


BREAD, TEA, JAM = _product("BREAD"), _product("TEA"), _product("JAM")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((BREAD, TEA, JAM), ["one", "two", "three"]),
        ((TEA, JAM), ["two", "three"]),
        ((JAM, TEA, BREAD), ["three", "two", "one"]),
        ((_product("NEW"), BREAD, TEA, JAM), ["", "one", "two", "three"]),
        ((TEA, _product("NEW")), ["two", ""]),
        ((_product("TEA", "12.00"), BREAD), ["two", "one"]),
    ],
    ids=["same", "first removed", "turned round", "one before", "one replaced", "dearer"],
)
def test_a_product_keeps_its_own_line_and_never_gets_anothers(lines: tuple[Line, ...], expected: list[str]) -> None:
    assert line_ids(lines, (BREAD, TEA, JAM), IDS) == expected


def test_of_two_lines_of_one_product_the_unchanged_one_keeps_its_id() -> None:
    small, large = _product("BREAD", "5.00"), _product("BREAD", "50.00")

    assert line_ids((large, _product("BREAD", "6.00")), (small, large), IDS[:2]) == ["two", "one"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((_charge("Freight", "12.00"),), ["one"]),
        ((_charge("Insurance", "9.00"),), ["two"]),
        ((_charge("Freight by air"), _charge("Insurance")), ["one", "two"]),
        ((_product("BREAD"), _charge("Freight by air"), _charge("Insurance")), ["", "one", "two"]),
    ],
    ids=["dearer", "first removed", "other words", "product first"],
)
def test_lines_without_a_product_are_known_by_their_words_and_then_by_their_order(
    lines: tuple[Line, ...], expected: list[str]
) -> None:
    assert line_ids(lines, (_charge("Freight"), _charge("Insurance")), IDS[:2]) == expected


@pytest.mark.parametrize("ids", [("two",), ("one", "two", "three", "four")])
def test_where_people_added_or_took_away_lines_no_id_is_guessed(ids: tuple[str, ...]) -> None:
    assert line_ids((BREAD, TEA), (BREAD, TEA, JAM), ids) == ["", ""]


def test_an_update_is_rendered_with_the_ids_of_what_was_written(
    facts: Any, trade: Callable[..., Any], operate: Callable[..., Any]
) -> None:
    from hub_xero.bodies import trade as body

    from hub import Action, Kind, TargetState, TargetStatus

    target = TargetState(kind=Kind.INVOICE, target_id="t", status=TargetStatus.OPEN, lines=IDS[:2])
    coded = [one.model_copy(update={"account": "200", "tax_code": "OUTPUT2"}) for one in (BREAD, TEA)]
    given = {"target_id": "t", "target": target, "written": trade(lines=tuple(coded))}
    lines = body(operate(trade(lines=(coded[1],)), Action.UPDATE, **given), facts)["LineItems"]

    assert [one["LineItemID"] for one in lines] == ["two"]
