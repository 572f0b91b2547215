"""Stamps and cursors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hub_cin7core.cursor import Cursor, earlier, parameter, progress, resume_page, stamp, stamp_of
from hub_cin7core.fields import ReadError

STARTED = datetime(2026, 9, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["", "Z"])
@pytest.mark.parametrize("fraction", ["", ".0", ".00", ".000", ".0000", ".00000", ".000000", ".0000000"])
def test_any_number_of_fraction_digits_with_or_without_z_is_the_same_instant(fraction: str, zone: str) -> None:
    assert stamp(f"2026-09-02T03:00:48{fraction}{zone}") == "2026-09-02T03:00:48.0000000Z"


def test_seven_digits_are_not_rounded_away_and_sort_as_instants() -> None:
    written = [
        "2026-09-02T03:00:48.16Z",
        "2026-09-02T03:00:48",
        "2026-09-02T03:00:48.1600001",
        "2026-09-02T03:00:47.9Z",
    ]
    assert sorted(map(stamp, written)) == [stamp(written[3]), stamp(written[1]), stamp(written[0]), stamp(written[2])]


def test_what_is_no_stamp_is_an_error_and_nothing_stays_nothing() -> None:
    assert stamp("") == ""
    for odd in ("yesterday", "2026-09-02T03:60:00Z", "2026-13-01"):
        with pytest.raises(ReadError):
            stamp(odd)


def test_the_query_parameter_never_lies_after_the_stamp() -> None:
    assert parameter("2026-09-02T03:00:48.9999999Z") == "2026-09-02T03:00:48.999"


def test_moments_of_any_zone_become_utc_stamps() -> None:
    moment = datetime(2026, 9, 2, 5, 0, tzinfo=timezone(timedelta(hours=2)))
    assert stamp_of(moment) == "2026-09-02T03:00:00.0000000Z"


def test_the_cursor_reaches_back_behind_the_newest_stamp() -> None:
    moved = Cursor().moved_to(stamp("2026-09-02T03:00:48.5Z"), STARTED)
    assert moved.since == "2026-09-02T02:50:48.5000000Z"
    assert Cursor.parse(str(moved)) == moved


def test_the_cursor_never_moves_backwards() -> None:
    cursor = Cursor(stamp("2026-09-02T02:55:00Z"))
    assert cursor.moved_to(stamp("2026-09-02T03:00:00Z"), STARTED) == cursor
    assert cursor.moved_to("", STARTED) == cursor


def test_a_stamp_in_the_future_does_not_hide_what_changes_until_then() -> None:
    moved = Cursor().moved_to(stamp("2036-01-01T00:00:00Z"), STARTED)
    assert moved.since == "2026-09-02T11:50:00.0000000Z"


def test_no_cursor_yet_is_an_empty_one() -> None:
    assert Cursor.parse(None) == Cursor.parse(str(Cursor())) == Cursor("")


def test_a_broken_pull_goes_on_at_its_page() -> None:
    assert resume_page(None) == 1
    assert resume_page(progress(7)) == 7


def test_earlier_crosses_days() -> None:
    assert earlier(stamp("2026-09-02T00:05:00Z"), timedelta(minutes=10)) == "2026-09-01T23:55:00.0000000Z"
