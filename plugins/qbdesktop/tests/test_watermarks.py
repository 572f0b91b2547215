"""Since when changes are asked for, and that a company file at rest has nothing to read."""

from __future__ import annotations

from hub_qbdesktop import watermarks

SEEN = "2026-03-04T10:00:00"


def test_after_something_new_the_next_read_goes_back_three_hours() -> None:
    mark = watermarks.after("2026-03-04T09:00:00=", SEEN)
    assert watermarks.since(mark) == "2026-03-04T07:00:00"


def test_what_was_read_twice_is_not_read_a_third_time() -> None:
    mark = watermarks.after(SEEN, SEEN)
    assert watermarks.since(mark) == SEEN
    assert watermarks.moment(mark) == SEEN
    assert watermarks.after(mark, SEEN) == mark


def test_nothing_seen_yet_is_never_at_rest() -> None:
    assert watermarks.after("", SEEN) == SEEN


def test_where_the_clock_may_be_put_back_every_read_goes_back_three_hours() -> None:
    for hidden in ("2026-11-01T01:30:00", "2026-10-25T01:59:59"):
        assert watermarks.since(watermarks.after(hidden, hidden)) < hidden
    for plain in ("2026-11-01T03:00:00", "2026-11-02T01:30:00"):
        assert watermarks.since(watermarks.after(plain, plain)) == plain
