"""When schedules fire: simple choices, quiet hours, and the days on which clocks change."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hub.errors import SettingsError
from hub.models import Schedule
from hub.scheduler import describe, next_runs
from hub.scheduler.choices import Choice, Often, choice_of
from hub.scheduler.expressions import check_expression

LONDON, NEW_YORK = "Europe/London", "America/New_York"


def fires(zone: str, expression: str, after: datetime, count: int, *, trigger: str = "cron", **more: Any) -> list[str]:
    """The next firings on the clock on the wall, with its offset from UTC."""
    schedule = Schedule(
        connection_id=1, name="S", trigger=trigger, expression=expression, time_zone=zone, counts_from=after, **more
    )
    return [f"{each.astimezone(ZoneInfo(zone)):%a %d %H:%M %z}" for each in next_runs(schedule, count, after)]


# -- clocks that change ----------------------------------------------------------------------------------------------


def test_in_london_a_time_that_does_not_exist_comes_an_hour_later_on_the_last_sunday_of_march() -> None:
    found = fires(LONDON, "30 1 * * *", datetime(2026, 3, 27, 12, tzinfo=UTC), 3)
    assert found == ["Sat 28 01:30 +0000", "Sun 29 02:30 +0100", "Mon 30 01:30 +0100"]


def test_in_london_a_time_that_exists_twice_counts_once_on_the_last_sunday_of_october() -> None:
    found = fires(LONDON, "30 1 * * *", datetime(2026, 10, 24, 12, tzinfo=UTC), 3)
    assert found == ["Sun 25 01:30 +0100", "Mon 26 01:30 +0000", "Tue 27 01:30 +0000"]


def test_in_new_york_a_time_that_does_not_exist_comes_an_hour_later_on_the_second_sunday_of_march() -> None:
    found = fires(NEW_YORK, "15 2 * * *", datetime(2026, 3, 7, 12, tzinfo=UTC), 2)
    assert found == ["Sun 08 03:15 -0400", "Mon 09 02:15 -0400"]


def test_in_new_york_a_time_that_exists_twice_counts_once_on_the_first_sunday_of_november() -> None:
    found = fires(NEW_YORK, "30 1 * * *", datetime(2026, 10, 31, 12, tzinfo=UTC), 2)
    assert found == ["Sun 01 01:30 -0400", "Mon 02 01:30 -0500"]


def test_six_in_the_evening_stays_six_in_the_evening_when_the_clocks_change() -> None:
    found = fires(LONDON, "0 18 * * 1-5", datetime(2026, 3, 26, 19, tzinfo=UTC), 2)
    assert found == ["Fri 27 18:00 +0000", "Mon 30 18:00 +0100"]


def test_a_weekly_run_on_the_sunday_of_the_change_is_neither_lost_nor_doubled() -> None:
    spring = fires(LONDON, "30 1 * * 0", datetime(2026, 3, 23, tzinfo=UTC), 2)
    autumn = fires(LONDON, "30 1 * * 0", datetime(2026, 10, 19, tzinfo=UTC), 2)
    assert spring == ["Sun 29 02:30 +0100", "Sun 05 01:30 +0100"]
    assert autumn == ["Sun 25 01:30 +0100", "Sun 01 01:30 +0000"]


# -- quiet hours -----------------------------------------------------------------------------------------------------


def test_nothing_starts_in_the_quiet_hours_even_over_midnight() -> None:
    quiet = {"quiet_from": "22:00", "quiet_until": "06:00"}
    start = datetime(2026, 1, 5, 20, tzinfo=UTC)
    assert fires(LONDON, "1h", start, 4, trigger="interval", **quiet) == [
        *("Mon 05 21:00 +0000", "Tue 06 06:00 +0000", "Tue 06 07:00 +0000", "Tue 06 08:00 +0000"),
    ]


def test_quiet_hours_are_those_of_the_clock_on_the_wall() -> None:
    quiet = {"quiet_from": "09:00", "quiet_until": "17:00"}
    start = datetime(2026, 7, 6, 7, 30, tzinfo=UTC)  # half past eight in London
    assert fires(LONDON, "1h", start, 1, trigger="interval", **quiet) == ["Mon 06 17:30 +0100"]


def test_a_schedule_that_only_fires_in_its_quiet_hours_is_refused() -> None:
    with pytest.raises(SettingsError, match="all of its times are in the quiet hours"):
        check_expression("cron", "0 23 * * *", LONDON, quiet_from="22:00", quiet_until="06:00")
    check_expression("cron", "0 21 * * *", LONDON, quiet_from="22:00", quiet_until="06:00")


@pytest.mark.parametrize(("start", "end"), [("22:00", ""), ("", "06:00"), ("25:00", "06:00"), ("22:00", "22:00")])
def test_quiet_hours_that_mean_nothing_are_refused(start: str, end: str) -> None:
    with pytest.raises(SettingsError):
        check_expression("interval", "1h", "UTC", quiet_from=start, quiet_until=end)


# -- simple choices --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "stored"),
    [
        (Choice(Often.MINUTES, every=15), ("interval", "15m")),
        (Choice(Often.HOURS, every=2), ("interval", "2h")),
        (Choice(Often.DAILY, at="06:05"), ("cron", "5 6 * * *")),
        (Choice(Often.WEEKDAYS, at="18:00"), ("cron", "0 18 * * 1-5")),
        (Choice(Often.WEEKLY, at="07:30", day="sun"), ("cron", "30 7 * * 0")),
        (Choice(Often.MONTHLY, at="06:00", date=5), ("cron", "0 6 5 * *")),
        (Choice(Often.CRON, expression="0 7 31 * *"), ("cron", "0 7 31 * *")),
    ],
)
def test_a_choice_comes_back_as_it_was_made(choice: Choice, stored: tuple[str, str]) -> None:
    assert choice.stored() == stored
    again = choice_of(*stored)
    assert (again.often, again.stored()) == (choice.often, stored)


@pytest.mark.parametrize("expression", ["0 7 31 * *", "*/10 * * * *", "0 8,20 * * *", "0 6 * * 1,3", "0 25 * * *"])
def test_what_is_not_simple_stays_an_expression(expression: str) -> None:
    assert choice_of("cron", expression) == Choice(Often.CRON, expression=expression)


def test_a_schedule_reads_as_a_plain_sentence() -> None:
    schedule = Schedule(
        connection_id=1, name="S", trigger="cron", expression="0 18 * * 1-5", time_zone=LONDON, most_calls=500
    )
    assert describe(schedule, "Acme") == "Every weekday at 18:00 Europe/London, sync Acme, stop at 500 calls"
    schedule = Schedule(
        connection_id=1,
        name="S",
        trigger="interval",
        expression="15m",
        time_zone=LONDON,
        quiet_from="22:00",
        quiet_until="06:00",
        paused=True,
    )
    assert describe(schedule, "Acme") == ("Every 15 minutes, sync Acme, not from 22:00 to 06:00 Europe/London, paused")
