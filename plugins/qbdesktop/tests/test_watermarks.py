"""Since when changes are asked for, what is only watched, and that a company file at rest has nothing to read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hub_qbdesktop import watermarks

SEEN = "2026-03-04T10:00:00"
NOW = datetime(2026, 3, 4, 18, 5, tzinfo=UTC)
DIGEST = watermarks.digest([("InvoiceRet", "1", "7")])


def test_after_something_new_the_next_read_goes_back_three_hours() -> None:
    mark = watermarks.after("2026-03-04T09:00:00=", SEEN, DIGEST, NOW)
    assert watermarks.since(mark) == "2026-03-04T07:00:00"
    assert watermarks.seen(mark) == ""


def test_what_was_read_twice_is_watched_and_not_read_a_third_time() -> None:
    mark = watermarks.after(SEEN, SEEN, DIGEST, NOW)
    assert (watermarks.moment(mark), watermarks.seen(mark)) == (SEEN, DIGEST)
    assert watermarks.since(mark) == "2026-03-04T07:00:00"
    assert watermarks.unchanged(mark, NOW + timedelta(hours=2)) == mark


def test_when_the_overlap_has_passed_on_the_hubs_clock_reads_begin_at_the_last_change() -> None:
    rest = watermarks.unchanged(watermarks.after(SEEN, SEEN, DIGEST, NOW), NOW + watermarks.OVERLAP)
    assert (watermarks.moment(rest), watermarks.seen(rest), watermarks.since(rest)) == (SEEN, "", SEEN)
    assert watermarks.after(rest, SEEN, DIGEST, NOW) == rest


def test_without_the_hubs_clock_the_watch_never_ends() -> None:
    mark = watermarks.after(SEEN, SEEN, DIGEST, None)
    assert watermarks.unchanged(mark, None) == watermarks.unchanged(mark, NOW) == mark


def test_nothing_seen_yet_is_never_at_rest() -> None:
    assert watermarks.after("", SEEN, DIGEST, NOW) == SEEN


def test_a_digest_is_the_same_whatever_the_order_and_the_pages() -> None:
    first, second = ("InvoiceRet", "1", "7"), ("InvoiceRet", "2", "7")
    both = watermarks.digest([first, second])
    assert watermarks.digest([first], watermarks.digest([second])) == both
    assert len({both, DIGEST, watermarks.digest([first, first]), watermarks.digest([("InvoiceRet", "1", "8")])}) == 4
