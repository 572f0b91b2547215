"""What the pages ask of texts and amounts is answered alike by both databases."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from hub.store import Store
from hub.web.queries.money import bounds, within
from hub.web.queries.texts import Sought, holds_sought, parameters


def texts(*values: str) -> sa.Subquery:
    return sa.union_all(*(sa.select(sa.literal(value, sa.String).label("text")) for value in values)).subquery()


LABELS = texts("SO-100%", "so-1000", "SX-1000", "Ü-1000 a", "A_B", "AXB", "a/b", "")
AMOUNTS = texts("9.99", "10", "10.00", "-5.5", "1000", "")


def found(store: Store, column: sa.ColumnElement[str], condition: sa.ColumnElement[bool], **asked: Any) -> set[str]:
    with store.read() as db:
        return set(db.execute(sa.select(column).where(condition), asked).scalars())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("so-1", {"SO-100%", "so-1000"}),
        ("SO-100%", {"SO-100%"}),
        ("So-100", {"SO-100%", "so-1000"}),
        ("-1000", {"so-1000", "SX-1000", "Ü-1000 a"}),
        ("Ü-1000 A", {"Ü-1000 a"}),
        ("o-1000 ", set()),
        ("a_b", {"A_B"}),
        ("A/B", {"a/b"}),
        ("none", set()),
    ],
)
def test_a_text_is_found_in_small_and_capital_letters_and_signs_stand_for_themselves(
    store: Store, text: str, expected: set[str]
) -> None:
    sought = Sought.of(text)
    assert sought is not None
    assert found(store, LABELS.c.text, holds_sought(LABELS.c.text, "it", sought), **parameters("it", text)) == expected


@pytest.mark.parametrize(
    ("least", "most", "expected"),
    [
        ("10", None, {"10", "10.00", "1000"}),
        (None, "9.99", {"9.99", "-5.5"}),
        ("-6", "10", {"9.99", "10", "10.00", "-5.5"}),
        ("0", "0", set()),
    ],
)
def test_amounts_are_compared_as_numbers_and_no_amount_is_none(
    store: Store, least: str | None, most: str | None, expected: set[str]
) -> None:
    low, high = bounds(*(None if each is None else Decimal(each) for each in (least, most)))
    assert found(store, AMOUNTS.c.text, within(AMOUNTS.c.text, "low", "high"), low=low, high=high) == expected
