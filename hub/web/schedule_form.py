"""The form of a schedule: simple choices, with the cron expression for those that need it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from zoneinfo import available_timezones

import sqlalchemy as sa
from pydantic import BaseModel, Field

from hub.errors import SettingsError
from hub.scheduler import Timing
from hub.scheduler.choices import LAST_DATE, Choice, Often, choice_of
from hub.scheduler.quiet import clock_time, quiet_hours
from hub.scheduler.schedules import LEAST_CALLS
from hub.web.forms import Choice as Option
from hub.web.forms import ModelForm

ADDRESS = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+\.[^\s@,;<>\"]+")

OFTEN: tuple[Option, ...] = (
    (Often.MINUTES.value, "Every few minutes"),
    (Often.HOURS.value, "Every few hours"),
    (Often.DAILY.value, "Every day"),
    (Often.WEEKDAYS.value, "Every weekday, Monday to Friday"),
    (Often.WEEKLY.value, "Once a week"),
    (Often.MONTHLY.value, "Once a month"),
    (Often.CRON.value, "A cron expression, for experts"),
)

USUAL_DATE, USUAL_TIME = 5, "06:00"
"""Of the month, for a reconciliation: by then the documents of the month before have come."""

DAYS: tuple[Option, ...] = (
    *(("mon", "Monday"), ("tue", "Tuesday"), ("wed", "Wednesday"), ("thu", "Thursday"), ("fri", "Friday")),
    *(("sat", "Saturday"), ("sun", "Sunday")),
)


class ScheduleFields(BaseModel):
    """When a connection is synced, how far a run may go, and who is told of trouble."""

    name: str = Field("Schedule", max_length=80, title="Name")
    often: Often = Field(Often.WEEKDAYS, title="How often")
    every: int = Field(15, ge=1, le=999, title="Minutes or hours between two runs")
    at: str = Field("18:00", title="Time of the day", description="As in 18:00.")
    day: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"] = Field("mon", title="Day of the week")
    date: int = Field(
        USUAL_DATE,
        ge=1,
        le=LAST_DATE,
        title="Day of the month",
        description=f"1 to {LAST_DATE}, which every month has.",
    )
    expression: str = Field(
        "",
        title="Cron expression",
        description="Minute, hour, day of month, month and day of week, as in 30 6 1 * * for 6:30 on the first of"
        " each month.",
    )
    time_zone: str = Field("UTC", title="Time zone")
    most_calls: int | None = Field(
        None,
        ge=LEAST_CALLS,
        le=1_000_000,
        title="Stop at so many calls",
        description="A run that made so many calls to the platform stops there; the next one goes on. The run of the"
        " other side that follows may make as many of its own. At least 100. Empty: no limit but the platform's.",
    )
    quiet_from: str = Field("", title="Quiet hours from", description="Nothing starts from then, as in 22:00 …")
    quiet_until: str = Field("", title="Quiet hours until", description="… until then, as in 06:00.")
    recipients: str = Field(
        "",
        max_length=1000,
        title="Send e-mail to",
        description="Addresses, separated by commas. They are told when a run fails, when something needs a person,"
        " and when that is over; once each, not with every run.",
    )


class NewScheduleFields(ScheduleFields):
    """The same, and which connection is synced, or which integration reconciled."""

    connection: int = Field(title="Entity")
    reconcile: int = 0
    """The integration; 0: the connection is synced."""


def choices(connections: Sequence[sa.Row[Any]] = ()) -> dict[str, Sequence[Option]]:
    """What the selects of the form offer."""
    offered: dict[str, Sequence[Option]] = {
        "often": OFTEN,
        "day": DAYS,
        "time_zone": [(each, each) for each in _zones()],
    }
    if connections:
        offered["connection"] = [(str(row.id), row.name) for row in connections]
    return offered


def usual(connection: str, reconcile: int | None, zone: str) -> dict[str, Any]:
    """What a new form has filled in: a reconciliation comes once a month, when the month before is complete."""
    told = {"connection": connection, "time_zone": zone, "reconcile": str(reconcile or 0)}
    if not reconcile:
        return told
    return {**told, "name": "Month end", "often": Often.MONTHLY.value, "date": str(USUAL_DATE), "at": USUAL_TIME}


def filled_in(row: sa.Row[Any]) -> dict[str, Any]:
    """The form's values for a stored schedule."""
    choice = choice_of(row.trigger, row.expression)
    mine = {name: getattr(choice, name) for name in ("often", "every", "at", "day", "date", "expression")}
    return {**row._mapping, **mine, "recipients": ", ".join(row.recipients)}


def timing_of(form: ModelForm[Any], fields: ScheduleFields) -> Timing | None:
    """What was asked for, or None with an error at each input that is wrong."""
    choice = Choice(fields.often, fields.every, fields.at, fields.day, fields.expression, fields.date)
    recipients = _addresses(form, fields.recipients)
    stored = _tried(form, "at", choice.stored)
    _tried(form, "quiet_until", lambda: quiet_hours(fields.quiet_from, fields.quiet_until))
    if stored is None or form.is_faulty:
        return None
    trigger, expression = stored
    timing = Timing(
        trigger,
        expression,
        time_zone=fields.time_zone,
        name=fields.name,
        most_calls=fields.most_calls,
        quiet_from=_clock(fields.quiet_from),
        quiet_until=_clock(fields.quiet_until),
        recipients=recipients,
    )
    _tried(form, "expression" if fields.often is Often.CRON else "quiet_until", timing.check)
    return None if form.is_faulty else timing


def zone_of(organisation: Mapping[str, Any] | None) -> str:
    """An organisation's time zone where it is one that we know, else UTC."""
    zone = str((organisation or {}).get("time_zone") or "UTC")
    return zone if zone in available_timezones() else "UTC"


def _tried(form: ModelForm[Any], name: str, attempt: Any) -> Any:
    try:
        return attempt()
    except SettingsError as error:
        form.object_to(str(error), name)
        return None


def _clock(text: str) -> str:
    return f"{clock_time(text):%H:%M}" if text else ""


def _addresses(form: ModelForm[Any], text: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(part for part in re.split(r"[,;\s]+", text) if part))
    wrong = [each for each in found if not ADDRESS.fullmatch(each)]
    if wrong:
        form.object_to(f"{wrong[0]!r} is not an e-mail address.", "recipients")
    return found


def _zones() -> list[str]:
    """The zones that people look for: places, and UTC."""
    places = (each for each in available_timezones() if "/" in each and not each.startswith(("Etc/", "SystemV/")))
    return ["UTC", *sorted(places)]
