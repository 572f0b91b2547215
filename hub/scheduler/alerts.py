"""E-mail to the people whom schedules name: when a run fails, when something needs a person, and when that is over.

Each of these is told once: while the same cause lasts, no further e-mail is sent. What was told is kept in the table
``alert``, taken there before the e-mail leaves, so that two processes never tell the same, and given back when it could
not be sent, so that the next run tells it. A mail server that is away stops no run: it is logged, and the page of the
schedules shows it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub import notify
from hub.errors import Problem
from hub.models import Alert, ConnectionRow, Integration, RunState, Schedule, table
from hub.scheduler.trouble import Trouble, needs_a_person

if TYPE_CHECKING:
    from hub.engine import Hub, RunReport

log = logging.getLogger("hub.scheduler")

FAILURE, ATTENTION = "failure", "attention"
HIDDEN = "[not shown]"
SHORTEST_SECRET = 4

alerts = table(Alert)
connections = table(ConnectionRow)
integrations = table(Integration)
schedules = table(Schedule)


@dataclass(frozen=True)
class Message:
    """What is told to the recipients of one schedule, and the memory of it before."""

    schedule: sa.Row[Any]
    connection_id: int
    topic: str
    before: tuple[str, ...]
    subject: str
    text: str


class Alerts:
    """An observer of runs, for :class:`hub.engine.Hub`."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def __call__(self, report: RunReport) -> None:
        """Tell what is new since the last run, if anything is."""
        told: dict[tuple[str, str], list[Message]] = {}
        for schedule in self._concerned(report.connection_id):
            for message in self._news(schedule, report):
                told.setdefault((message.subject, message.text), []).append(message)
        for messages in told.values():
            self._send(messages)

    def _concerned(self, connection_id: int) -> Sequence[sa.Row[Any]]:
        """The schedules with recipients of the connection and of those it is joined with."""
        joined = sa.union(
            sa.select(integrations.c.stock_id).where(integrations.c.ledger_id == connection_id),
            sa.select(integrations.c.ledger_id).where(integrations.c.stock_id == connection_id),
            sa.select(sa.literal(connection_id)),
        )
        chosen = (
            sa.select(schedules, connections.c.name.label("connection"))
            .join(connections, connections.c.id == schedules.c.connection_id)
            .where(schedules.c.connection_id.in_(joined), connections.c.removed_at.is_(None))
            .order_by(schedules.c.id)
        )
        with self._hub.store.read() as db:
            return [row for row in db.execute(chosen) if row.recipients]

    def _news(self, schedule: sa.Row[Any], report: RunReport) -> Iterator[Message]:
        if report.state in (RunState.DONE, RunState.FAILED):
            failed = _failure(report) if report.state is RunState.FAILED else []
            yield from self._noted(schedule, report.connection_id, FAILURE, failed, report.connection)
        if report.state is not RunState.TAKEN_OVER:
            with self._hub.store.read() as db:
                troubles = needs_a_person(db, schedule.connection_id)
            yield from self._noted(schedule, schedule.connection_id, ATTENTION, troubles, schedule.connection)

    def _noted(
        self, schedule: sa.Row[Any], connection_id: int, topic: str, troubles: Sequence[Trouble], name: str
    ) -> Iterator[Message]:
        """Note what lasts; a message when some of it is new, or when all of it is over."""
        present = tuple(sorted(each.cause for each in troubles))
        with self._hub.store.write() as db:
            # One process at a time decides about a schedule's e-mails.
            db.execute(sa.select(schedules.c.id).where(schedules.c.id == schedule.id).with_for_update())
            before = _told(db, schedule.id, connection_id, topic)
            self._remember(db, schedule.id, connection_id, topic, present)
        new = [each for each in troubles if each.cause not in before]
        if new or (before and not present):
            subject, text = self._words(topic, name, new, len(troubles))
            yield Message(schedule, connection_id, topic, before, subject, self._without_secrets(text))

    def _remember(
        self, db: sa.Connection, schedule_id: int, connection_id: int, topic: str, causes: Sequence[str]
    ) -> None:
        key = {"schedule_id": schedule_id, "connection_id": connection_id, "topic": topic}
        if causes:
            row = {**key, "causes": list(causes), "told_at": self._hub.clock()}
            self._hub.store.upsert(db, alerts, [row], key=tuple(key), update=("causes", "told_at"))
        else:
            db.execute(sa.delete(alerts).where(*(alerts.c[name] == value for name, value in key.items())))

    def _send(self, messages: Sequence[Message]) -> None:
        """One e-mail for all schedules that would say the same; each recipient gets it once."""
        first = messages[0]
        recipients = list(dict.fromkeys(each for one in messages for each in one.schedule.recipients))
        problem = ""
        try:
            notify.send(self._hub.settings, recipients, first.subject, first.text)
        except notify.MailError as error:
            problem = str(error)
            log.error("no e-mail about %s could be sent: %s", first.schedule.connection, error)
        with self._hub.store.write() as db:
            ids = [each.schedule.id for each in messages]
            db.execute(sa.update(schedules).where(schedules.c.id.in_(ids)).values(mail_problem=problem))
            for each in messages if problem else ():
                self._remember(db, each.schedule.id, each.connection_id, each.topic, each.before)

    def _words(self, topic: str, name: str, new: Sequence[Trouble], count: int) -> tuple[str, str]:
        if topic == FAILURE:
            subject = f"{name}: the sync failed" if new else f"{name}: the sync works again"
            place = "connections"
        else:
            subject = f"{name}: something needs you" if new else f"{name}: nothing needs you any more"
            place = "attention"
        lines = [each.words for each in new] or [f"{subject}."]
        if new and (older := count - len(new)):
            words = "other cause that you were told of before still lasts"
            many = "other causes that you were told of before still last"
            lines.append(f"{older} {words if older == 1 else many}.")
        lines.append(f"Look: {self._hub.settings.base_url.rstrip('/')}/{place}")
        lines.append("A schedule of the hub names you for this. You are not told again while nothing changes.")
        return f"Ledgerport: {subject}", "\n\n".join(lines)

    def _without_secrets(self, text: str) -> str:
        """A platform's words may repeat what it was sent: no connection's secrets leave in an e-mail."""
        with self._hub.store.read() as db:
            sealed = db.execute(sa.select(connections.c.secrets).where(connections.c.removed_at.is_(None))).scalars()
            secrets = [value for each in sealed for value in self._hub.vault.open(each).values()]
        for secret in secrets:
            if isinstance(secret, str) and len(secret) >= SHORTEST_SECRET:
                text = text.replace(secret, HIDDEN)
        return text


def _told(db: sa.Connection, schedule_id: int, connection_id: int, topic: str) -> tuple[str, ...]:
    chosen = sa.select(alerts.c.causes).where(
        alerts.c.schedule_id == schedule_id, alerts.c.connection_id == connection_id, alerts.c.topic == topic
    )
    return tuple(db.execute(chosen).scalar() or ())


def _failure(report: RunReport) -> list[Trouble]:
    problem = report.problem or Problem(code="unexpected", what=f"The run of {report.connection} failed.")
    # The text of an unforeseen error may hold anything, so it stays in the log.
    why = "" if problem.code == "unexpected" else problem.why
    parts = (f"{problem.what} {why}".strip(), f"What to do: {problem.fix}" if problem.fix else "", problem.done)
    return [Trouble(problem.code, "\n".join(part for part in parts if part))]
