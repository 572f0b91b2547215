"""A part of many texts is found in each of them once, and in no two at once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.web.queries.haystack import MANY, Haystack

SMALL = st.text(alphabet="ab.*\n\\é🐟 ", max_size=6)


@settings(deadline=None)
@given(texts=st.lists(SMALL, max_size=12), part=SMALL)
def test_it_finds_what_looking_into_each_text_finds(texts: list[str], part: str) -> None:
    plain = [text.replace("\n", " ") for text in texts]
    looked_at = [place for place, text in enumerate(plain) if part in text]
    assert list(Haystack.of(texts).with_part(part)) == looked_at


def test_a_part_is_not_found_across_two_texts() -> None:
    assert list(Haystack.of(["harbour", "foods"]).with_part("harbour\nfoods")) == []
    assert list(Haystack.of(["harbour", "foods"]).with_part("rf")) == []


def test_signs_that_mean_something_to_patterns_stand_for_themselves() -> None:
    assert list(Haystack.of(["a.b", "axb", "a*", "a+b"]).with_part("a.b")) == [0]


@pytest.mark.parametrize("part", ["o", "office1", "office 7", "Ω"])
def test_what_thousands_of_texts_contain_is_found_in_all_of_them(part: str) -> None:
    texts = [f"office {number} office{number}{'Ω' if number % 3 else ''}" for number in range(3 * MANY)]
    assert list(Haystack.of(texts).with_part(part)) == [place for place, text in enumerate(texts) if part in text]
