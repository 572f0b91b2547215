from datetime import UTC, date, datetime

from hub_xero.dates import day, day_of, moment, stamp_of

NEW_ZEALAND = "/Date(1426849200000+1300)/"


def test_a_date_adds_the_offset_and_a_timestamp_ignores_it() -> None:
    assert day(NEW_ZEALAND) == date(2015, 3, 21)
    assert moment(NEW_ZEALAND) == datetime(2015, 3, 20, 11, tzinfo=UTC)


def test_an_offset_west_of_greenwich_is_taken_away() -> None:
    assert day("/Date(1426849200000-1200)/") == date(2015, 3, 19)


def test_a_date_without_an_offset_is_the_day_in_utc() -> None:
    assert day("/Date(1439434356790)/") == date(2015, 8, 13)


def test_the_text_form_of_a_date_is_preferred() -> None:
    native = {"Date": "/Date(1426849200000)/", "DateString": "2015-03-21T00:00:00"}

    assert day_of(native) == date(2015, 3, 21)
    assert day_of({}) is None


def test_a_change_stamp_keeps_its_milliseconds() -> None:
    assert stamp_of({"UpdatedDateUTC": "/Date(1439434356790+0000)/"}) == "2015-08-13T02:52:36.790+00:00"
    assert stamp_of({}) == ""


def test_a_plain_timestamp_is_taken_as_utc() -> None:
    assert moment("2026-01-02T03:04:05") == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
