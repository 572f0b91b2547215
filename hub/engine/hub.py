"""The hub: one object that holds the database, the keys and the providers, and runs conversations."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.engine import connections, disabling, runs
from hub.engine.conversation import Conversation, LookStep, PullStep, Step, WaitStep
from hub.engine.entity import entity_of
from hub.engine.reconciling import drift
from hub.engine.sending import Sender, look
from hub.errors import (
    BusyError,
    CallsUsedError,
    Problem,
    ProviderError,
    RunLostError,
    SettingsError,
    StoppedError,
    UnauthorizedError,
)
from hub.http import Door
from hub.models import AuditEvent, ConnectionRow, Integration, Run, RunState, now, table
from hub.providers import Connection, Limits, Provider, Session
from hub.settings import Settings
from hub.store import Store
from hub.vault import Vault

log = logging.getLogger("hub.engine")

audit_events = table(AuditEvent)
connection_rows = table(ConnectionRow)
integration_rows = table(Integration)
run_rows = table(Run)


@dataclass(frozen=True)
class RunReport:
    """How a run ended. ``counts`` names what happened; ``nudged`` the connections whose runs it made useful."""

    run_id: int
    connection_id: int
    connection: str
    state: RunState
    counts: Mapping[str, int] = field(default_factory=dict)
    problem: Problem | None = None
    nudged: tuple[int, ...] = ()


Observer = Callable[[RunReport], None]


class Hub:
    """Everything a process needs to work. ``clock`` and ``sleep`` may be replaced for tests of time."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        providers: Mapping[str, Provider],
        settings: Settings,
        *,
        observers: Sequence[Observer] = (),
        clock: Callable[[], datetime] = now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.store = store
        self.vault = vault
        self.providers = dict(providers)
        self.settings = settings
        self.observers = list(observers)
        self.clock = clock
        self.sleep = sleep

    def provider(self, name: str) -> Provider:
        """A registered provider; raises ``SettingsError`` that says which plugin is missing."""
        try:
            return self.providers[name]
        except KeyError:
            raise SettingsError(
                f"The plugin for {name!r} is not installed. Install its package (as in pip install ./plugins/{name})"
                " and start again."
            ) from None

    def connection(self, connection_id: int) -> ConnectionRow:
        """A stored connection; raises ``SettingsError`` when there is none."""
        with self.store.read() as db:
            row = db.execute(sa.select(connection_rows).where(connection_rows.c.id == connection_id)).first()
        if row is None:
            raise SettingsError(f"There is no connection {connection_id}.")
        return ConnectionRow(**row._mapping)

    def integration(self, integration_id: int) -> Integration:
        """A stored integration; raises ``SettingsError`` when there is none."""
        with self.store.read() as db:
            row = db.execute(sa.select(integration_rows).where(integration_rows.c.id == integration_id)).first()
        if row is None:
            raise SettingsError(f"There is no integration {integration_id}.")
        return Integration(**row._mapping)

    def audit(self, db: sa.Connection, actor: str, what: str, subject: str, reason: str = "", **details: Any) -> None:
        """Note who did what, in the transaction that does it.

        ``integration``, ``connection``, ``flow``, ``operation`` or ``link`` among the details, each an id, says which
        entity it was about: an entry without any is shown only to people who see every entity.
        """
        db.execute(
            sa.insert(audit_events).values(
                at=self.clock(),
                actor=actor or "hub",
                what=what,
                subject=subject,
                reason=reason,
                details=details,
                **entity_of(details),
            )
        )

    def door(
        self,
        connection: Connection,
        limits: Limits,
        *,
        bucket: str = "",
        run: runs.RunToken | None = None,
        patience: float | None = None,
        before_send: Callable[[], None] | None = None,
        spend: Callable[[], None] | None = None,
    ) -> Door:
        """A way out for one connection; ``patience`` is by default that of the settings.

        What is no run is asked before each call by ``before_send`` and counts it by ``spend``.
        """
        return Door(
            self.store,
            connection_id=connection.id,
            name=connection.name,
            limits=limits,
            run_id=run.id if run else None,
            before_send=run.before_send if run else before_send,
            spend=run.spend if run else spend,
            timeout=(self.settings.connect_timeout, self.settings.read_timeout),
            patience=self.settings.patience if patience is None else patience,
            sleep=self.sleep,
            bucket=bucket,
            exchange_bytes=self.settings.exchange_bytes,
        )

    def run(self, connection_id: int, cause: str = "person") -> RunReport | None:
        """Hold one conversation with a connection; None when another one is going on."""
        row = self.connection(connection_id)
        refusal = self._refusal(row, cause)
        if refusal:
            return RunReport(0, connection_id, row.name, RunState.FAILED, problem=refusal)
        stale = timedelta(seconds=self.settings.run_stale_seconds)
        token = runs.claim(self.store, connection_id, cause, self.clock, stale)
        if token is None:
            return None
        return self.finish(row, token, *self._converse(row, token, cause))

    def run_wanted(self, *, limit: int = 50) -> list[RunReport]:
        """Run every connection whose run is wanted, and those that become so, until none is."""
        reports: list[RunReport] = []
        elsewhere: set[int] = set()
        while len(reports) < limit:
            wanted = [one for one in self.wanted() if one[0] not in elsewhere]
            if not wanted:
                break
            for connection_id, why in wanted:
                report = self.run(connection_id, why)
                if report is None:
                    elsewhere.add(connection_id)  # another process is at it; the wish stays for after that
                elif report.run_id == 0 and report.problem is not None and report.problem.code == "visits_us":
                    elsewhere.add(connection_id)  # the wish is for its next visit
                elif report.run_id == 0:
                    self._unwant(connection_id)
                else:
                    reports.append(report)
        return reports

    def wanted(self) -> list[tuple[int, str]]:
        """The connections whose run is wanted now, longest wish first."""
        present = self.clock()
        chosen = (
            sa.select(connection_rows.c.id, connection_rows.c.wanted_why)
            .where(connection_rows.c.wanted_at.is_not(None), connection_rows.c.removed_at.is_(None))
            .where(connection_rows.c.paused_by == "")
            .where(sa.or_(connection_rows.c.parked_until.is_(None), connection_rows.c.parked_until <= present))
            .order_by(connection_rows.c.wanted_at, connection_rows.c.id)
        )
        with self.store.read() as db:
            return [(row.id, row.wanted_why or "nudge") for row in db.execute(chosen)]

    def want(self, connection_id: int, why: str) -> None:
        """Ask for a run."""
        with self.store.write() as db:
            runs.want_run(db, connection_id, why, self.clock())

    def _unwant(self, connection_id: int) -> None:
        with self.store.write() as db:
            change = sa.update(connection_rows).where(connection_rows.c.id == connection_id)
            db.execute(change.values(wanted_at=None, wanted_why=""))

    def _refusal(self, row: ConnectionRow, cause: str) -> Problem | None:
        if row.removed_at is not None:
            return Problem(code="connection_removed", what=f"{row.name} was disconnected.", fix="Connect it again.")
        if row.provider not in self.providers:
            return Problem(
                code="plugin_missing",
                what=f"{row.name} can't run: the plugin for {row.provider!r} is not installed.",
                fix=f"Install its package (as in pip install ./plugins/{row.provider}) and start the hub again.",
                subject=row.provider,
            )
        if row.suspended is not None:
            return Problem.model_validate(row.suspended)
        if resting := disabling.rest_of(self, row.name, row.provider):
            return resting
        if row.paused_by and cause != runs.BY_A_PERSON:
            return Problem(code="paused", what=f"{row.name} is paused by {row.paused_by}.", fix="Resume it.")
        if self.providers[row.provider].visit is not None:
            return Problem(code="visits_us", what=f"{row.name} is not called; it visits the hub by itself.")
        return None

    def _converse(
        self, row: ConnectionRow, token: runs.RunToken, cause: str
    ) -> tuple[RunState, Problem | None, list[int]]:
        provider = self.providers[row.provider]
        fresh = timedelta(seconds=self.settings.freshness_seconds) if cause == "nudge" else None
        talk = Conversation(self.store, self.vault, token, provider, self.providers, fresh)
        try:
            connection = connections.view(self, row, run_id=token.id, before_send=token.before_send)
            limits = connections.limits_of(provider, connection.settings, row.limits)
            with closing(self.door(connection, limits, run=token)) as door:
                talk.has_spare = door.has_spare
                self._steps(talk, provider, provider.open(connection, door))
            return RunState.DONE, None, talk.nudge()
        except CallsUsedError as error:
            return RunState.PARKED, _calls_used(error), []
        except StoppedError as error:
            return (
                RunState.STOPPED,
                Problem(code="stopped", what=str(error), done="What was posted stays."),
                [],
            )
        except BusyError as error:
            self._park(token, error.retry_after)
            return RunState.PARKED, error.problem, []
        except UnauthorizedError as error:
            self._suspend(token.connection_id, error.problem)
            return RunState.FAILED, error.problem, []
        except ProviderError as error:
            return RunState.FAILED, error.problem, []
        except SettingsError as error:
            return RunState.FAILED, Problem(code="settings", what=str(error)), []
        except RunLostError:
            return (
                RunState.TAKEN_OVER,
                Problem(code="run_lost", what="Another process took this run over."),
                [],
            )
        except Exception as error:
            log.exception("run %s of %s failed", token.id, row.name)
            problem = Problem(
                code="unexpected",
                what=f"The run of {row.name} failed unexpectedly.",
                why=f"{type(error).__name__}: {error}",
                fix="Run it again; if it repeats, report it with the log.",
                done="Nothing was lost: the next run goes on where this one ended.",
            )
            return RunState.FAILED, problem, []

    def _steps(self, talk: Conversation, provider: Provider, session: Session) -> None:
        # Asked before the next step is worked out: a batch that is taken and then not sent would have to be looked for.
        talk.run.before_send()
        while (step := talk.next_step()) is not None:
            self._take_step(talk, provider, session, step)
            talk.run.before_send()

    def _take_step(self, talk: Conversation, provider: Provider, session: Session, step: Step) -> None:
        if isinstance(step, PullStep):
            for page in session.pull(step.want):
                talk.delivered(step, page)
        elif isinstance(step, LookStep):
            talk.looked(step, look(session, step.operations))
        elif isinstance(step, WaitStep):
            self.sleep(min(step.seconds, 1.0))
        else:
            more = talk.may_send, self.settings.patience
            Sender(self.store, self.vault, talk.run, self.providers, provider, session, *more).send(step.batch)

    def _park(self, token: runs.RunToken, seconds: float) -> None:
        until = self.clock() + timedelta(seconds=seconds)
        wish = {"wanted_at": until, "wanted_why": "parked", "wanted_calls": token.calls_left}
        with self.store.write() as db:
            change = sa.update(connection_rows).where(connection_rows.c.id == token.connection_id)
            db.execute(change.values(parked_until=until, **wish))

    def _suspend(self, connection_id: int, problem: Problem) -> None:
        with self.store.write() as db:
            change = sa.update(connection_rows).where(connection_rows.c.id == connection_id)
            db.execute(change.values(suspended=problem.model_dump(), wanted_at=None))

    def finish(
        self,
        row: ConnectionRow,
        token: runs.RunToken,
        state: RunState,
        problem: Problem | None,
        nudged: list[int],
    ) -> RunReport:
        """Close a run and tell the observers, whoever called whom."""
        try:
            runs.close(token, state, problem)
        except RunLostError:
            state = RunState.TAKEN_OVER
        with self.store.read() as db:
            counts = db.execute(sa.select(run_rows.c.counts).where(run_rows.c.id == token.id)).scalar_one()
        if any(number for name, number in counts.items() if not name.startswith("pulled ")):
            drift.check(self.store, token.connection_id, self.clock())
        report = RunReport(token.id, token.connection_id, row.name, state, counts, problem, tuple(nudged))
        for observer in self.observers:
            self._tell(observer, report)
        return report

    def _tell(self, observer: Observer, report: RunReport) -> None:
        try:
            observer(report)
        except Exception:
            log.exception("an observer of finished runs failed")


def _calls_used(error: CallsUsedError) -> Problem:
    return Problem(
        code="calls_used",
        what=str(error),
        why="The schedule says so, to leave calls of the day for other programs.",
        fix="Nothing to do: the next run goes on where this one ended. If that is too slow, allow more calls.",
        done="What was read and posted stays.",
    )
