"""Journals posted together: which one a journal belongs to, and what that one says.

A summary is a journal like any other: it has a snapshot, operations and one link, and its name is made of what it
stands for, so that making it again makes the same one. Its members are never posted by themselves. What decides is
stored: how journals are posted since which date, and, for a member that is in the ledger, the summary that it is in.

While its period is open a summary is what its members say, and a change is an update of the same target. Once the
period is closed, what it should be minus what it is may be posted as a correction of a later date; from then on the
summary is its members minus its corrections, which is what the ledger has.
"""

from __future__ import annotations

import calendar
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum

from hub.documents import Journal, JournalLine, JournalReason

SUMMARIES = "summaries"
"""The feed that summaries are snapshots of; no provider has one of this name for journals."""
SUMMARY_PREFIX = "summary:"
"""What the ids of all summaries begin with."""
_CORRECTION = ":correction:"
_COST = frozenset({JournalReason.COST_OF_GOODS, JournalReason.COST_CORRECTION})

Key = tuple[str, tuple[tuple[str, str], ...]]


class JournalMode(StrEnum):
    """How journals are posted."""

    DOCUMENT = "document"
    DAY = "day"
    MONTH = "month"


def mode_on(modes: Sequence[Mapping[str, str]], day: date) -> JournalMode:
    """How journals of a date are posted: ``modes`` are in the order of ``since``, which is empty for the first."""
    chosen = JournalMode.DOCUMENT
    for each in modes:
        if not each["since"] or date.fromisoformat(each["since"]) <= day:
            chosen = JournalMode(each["mode"])
    return chosen


def month_after(day: date) -> date:
    """The first day of the next month."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def summary_of(journal: Journal, modes: Sequence[Mapping[str, str]], integration_id: int) -> str:
    """The id of the summary that a journal is posted in; empty when it is posted by itself."""
    if is_summary(journal.external_id):
        return ""
    mode = mode_on(modes, journal.date)
    if mode is JournalMode.DAY:
        return f"{own_prefix(integration_id)}{journal.date}:{journal.reason}"
    if mode is JournalMode.MONTH and journal.reason in _COST:
        return f"{own_prefix(integration_id)}{journal.date:%Y-%m}:{JournalReason.COST_OF_GOODS}"
    return ""


def own_prefix(integration_id: int) -> str:
    """What the ids of an integration's summaries begin with."""
    return f"{SUMMARY_PREFIX}{integration_id}:"


def is_summary(external_id: str) -> bool:
    """Whether an id is that of a journal that the hub made."""
    return external_id.startswith(SUMMARY_PREFIX)


def covers(summary_id: str, journal: Journal) -> bool:
    """Whether a journal is still one of those that a summary stands for: by its date and reason."""
    period, reason = summary_id.split(":")[2:4]
    alike = journal.reason in _COST if len(period) == len("2026-01") else journal.reason == reason
    return alike and f"{journal.date}".startswith(period)


def summarise(
    summary_id: str, members: Sequence[Journal], attributes: Collection[str], corrections: Sequence[Journal] = ()
) -> Journal | None:
    """The journal that stands for its members, without what its corrections say already; None when that is nothing.

    Lines are kept apart by account and by the ``attributes`` that feed a tracking category; those of a correction may
    be kept apart by more of them. It is dated the last day of its period.
    """
    amounts = [_amounts(member, attributes) for member in members]
    lines = _lines(added([*amounts, *(_negative(_amounts(each, attributes)) for each in corrections)]))
    if not lines:
        return None
    posted = {id for each in corrections for id in each.members}
    period, reason = summary_id.split(":")[2:4]
    what = reason.replace("_", " ").capitalize()
    return Journal(
        external_id=summary_id,
        reason=JournalReason(reason),
        number=f"{what} {period}",
        date=_last_day(period),
        currency=(*members, *corrections)[0].currency,
        narration=f"{what}, {period}",
        lines=lines,
        members=tuple(sorted({member.external_id for member in members} - posted)),
    )


def correction(
    present: Journal | None,
    written: Journal | None,
    number: int,
    day: date,
    late: Sequence[Journal] = (),
    attributes: Collection[str] = (),
) -> Journal | None:
    """A journal of what a summary should say and ``written`` does not; None when they say the same.

    ``present`` is kept apart as ``written`` is, for what was posted stays as it was. What feeds a tracking category now
    is said of the ``late`` members alone, which are not in ``written``: ``attributes`` are those that feed one.
    """
    apart = apart_by(written) if written else frozenset(attributes)
    parts = [_own(present) if present else {}, _negative(_own(written)) if written else {}]
    for each in late:
        parts += [_negative(_amounts(each, apart)), _amounts(each, apart | frozenset(attributes))]
    lines, named = _lines(added(parts)), present or written
    if not lines or named is None:
        return None
    known = frozenset(written.members if written else ())
    return Journal(
        external_id=f"{named.external_id}{_CORRECTION}{number}",
        reason=named.reason,
        number=f"{named.number}, correction {number}",
        date=day,
        currency=named.currency,
        narration=f"{named.narration}: correction, since that period is closed",
        lines=lines,
        members=tuple(id for id in (present.members if present else ()) if id not in known),
    )


def correction_number(external_id: str) -> int:
    """Which correction of its summary a journal is, the first being 1; 0 for one that corrects nothing."""
    number = external_id.partition(_CORRECTION)[2] if is_summary(external_id) else ""
    return int(number or 0)


def apart_by(journal: Journal) -> frozenset[str]:
    """The attributes by which the lines of a summary were kept apart."""
    return frozenset(name for line in journal.lines for name, _ in line.attributes)


def says_the_same(one: Journal, other: Journal) -> bool:
    """Whether two forms of a summary book the same amounts on the same day, whoever their members are."""
    return one.date == other.date and _own(one) == _own(other)


def added(parts: Sequence[Mapping[Key, Decimal]]) -> dict[Key, Decimal]:
    """Amounts by account and attributes, those that come to nothing left out."""
    sums: dict[Key, Decimal] = {}
    for part in parts:
        for key, amount in part.items():
            sums[key] = sums.get(key, Decimal(0)) + amount
    return {key: amount for key, amount in sums.items() if amount}


def _negative(amounts: Mapping[Key, Decimal]) -> dict[Key, Decimal]:
    return {key: -amount for key, amount in amounts.items()}


def _own(journal: Journal) -> dict[Key, Decimal]:
    return added([{(line.account, line.attributes): line.amount} for line in journal.lines])


def _amounts(journal: Journal, attributes: Collection[str]) -> dict[Key, Decimal]:
    return added([{(line.account, _said(journal, line, attributes)): line.amount} for line in journal.lines])


def _said(journal: Journal, line: JournalLine, attributes: Collection[str]) -> tuple[tuple[str, str], ...]:
    said = {**dict(journal.attributes), **dict(line.attributes)}
    return tuple(sorted((name, value) for name, value in said.items() if name in attributes))


def _lines(amounts: Mapping[Key, Decimal]) -> tuple[JournalLine, ...]:
    """Debits first, then by account."""
    ordered = sorted(amounts.items(), key=lambda each: (each[1] < 0, *each[0]))
    return tuple(
        JournalLine(account=account, amount=amount, attributes=attributes) for (account, attributes), amount in ordered
    )


def _last_day(period: str) -> date:
    if len(period) != len("2026-01"):
        return date.fromisoformat(period)
    year, month = (int(part) for part in period.split("-"))
    return date(year, month, calendar.monthrange(year, month)[1])
