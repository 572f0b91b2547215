"""Runs of a platform that visits us: one question and one answer per request, nothing kept in memory between them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.engine import disabling, runs, settling, taking
from hub.engine.conversation import Conversation, LookStep, PullStep, SendStep, Step, WaitStep
from hub.engine.looking import of_each
from hub.engine.reconciling import visited
from hub.errors import Problem, RunLostError, SettingsError, StoppedError
from hub.models import OperationRow, OperationState, Run, RunState, table
from hub.providers import Outcome, Visit

if TYPE_CHECKING:
    from hub.engine.hub import Hub

operations = table(OperationRow)
run_rows = table(Run)

WAITING = (OperationState.PENDING.value, OperationState.SENDING.value, OperationState.UNSURE.value)


class Visits:
    """The verbs that a visiting provider's blueprint drives: open, question, answer, close."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def open(self, connection_id: int) -> int | None:
        """Open the connection's run; None while another visit is going on, and while it or its plugin rests."""
        row = self.hub.connection(connection_id)
        if row.paused_by or disabling.rest_of(self.hub, row.name, row.provider):
            return None
        stale = timedelta(seconds=self.hub.settings.run_stale_seconds)
        token = runs.claim(self.hub.store, connection_id, "visit", self.hub.clock, stale)
        return token.id if token else None

    def is_due(self, connection_id: int, fresh_for: timedelta) -> bool:
        """Whether a visit has something to do: a run is wanted or broke off, something waits, or the last is so old."""
        if self.hub.connection(connection_id).wanted_at is not None or self.waiting(connection_id):
            return True
        if visited.is_wanted(self.hub, connection_id):
            return True
        last = sa.select(run_rows.c.state, run_rows.c.finished_at).where(run_rows.c.connection_id == connection_id)
        with self.hub.store.read() as db:
            row = db.execute(last.order_by(run_rows.c.id.desc()).limit(1)).first()
        if row is None or row.state != RunState.DONE.value:
            return True
        return bool(self.hub.clock() - row.finished_at >= fresh_for)

    def waiting(self, connection_id: int) -> int:
        """How many operations may leave with the next visit, or have to be looked for."""
        mine = (operations.c.ledger_id == connection_id, operations.c.state.in_(WAITING))
        with self.hub.store.read() as db:
            return db.execute(sa.select(sa.func.count()).select_from(operations).where(*mine)).scalar_one()

    def question(self, run_id: int, *, reads_only: bool = False) -> bytes | None:
        """The next thing to ask; None when the visit is over.

        A question that was asked and never answered leaves its batch unsure, to be looked for first. Where the platform
        remembers what it carried out (``resend_seconds``), the identical bytes are asked once more before that, first
        of all: the answer then is the one that was lost. With ``reads_only`` lists are read, and nothing is written,
        looked for or proved.
        """
        try:
            talk, visit = self._talk(run_id)
        except RunLostError:
            if self._is_stopped(run_id):  # by a person; the visitor had something of its own to say before it asked on
                return None
            raise
        try:
            talk.run.before_send()
        except StoppedError as error:
            problem = Problem(code="stopped", what=str(error), done="What was posted stays.")
            self._finish(talk, RunState.STOPPED, problem, [])
            return None
        talk.reads_only = reads_only
        if taking.unfinished_batch(self.hub.store, talk.run):
            with self.hub.store.write() as db:
                talk.run.guard(db)
                runs.mark_unsure(db, talk.run.connection_id)
        step = (None if reads_only else self._again(talk)) or talk.next_step()
        if step is None:
            return None if reads_only else self._proving(talk, visit)
        if isinstance(step, WaitStep):
            return None
        self._remember(talk, step)
        if isinstance(step, PullStep):
            return visit.ask(step.want)
        if isinstance(step, LookStep):
            return visit.seek(step.operations)
        return visit.question(step.batch)

    def _proving(self, talk: Conversation, visit: Visit) -> bytes | None:
        """When all else is done: the marks that a proof of no double posting asks for."""
        portion = visited.next_portion(self.hub, talk.run)
        if portion is None:
            return None
        talk.run.progress("prove", asked={"do": "prove", **portion.asked})
        return visit.seek(portion.operations)

    def _again(self, talk: Conversation) -> SendStep | None:
        """The batch whose answer was lost, as it was sent."""
        seconds = talk.provider.resend_seconds
        lost = taking.unanswered(self.hub.store, talk.run) if seconds else None
        if lost is None:
            return None
        batch = taking.batch_of(self.hub.store, self.hub.vault, lost)
        is_whole = bool(batch.payload.body) and taking.may_resend(self.hub.store, talk.run, batch, seconds)
        return SendStep(batch) if is_whole else None

    def answer(self, run_id: int, answer: bytes) -> None:
        """Take in the answer to the last question."""
        talk, visit = self._talk(run_id)
        asked = self._asked(run_id)
        talk.run.progress(asked["do"], asked={"do": "nothing"})
        if asked["do"] == "send":
            batch = taking.batch_of(self.hub.store, self.hub.vault, asked["batch"])
            taking.answered(self.hub.store, talk.run, batch)
            outcomes = list(visit.outcomes(batch, answer))
            seconds = talk.provider.settling_seconds
            settling.settle(self.hub.store, talk.run, batch, outcomes, settling_seconds=seconds)
        elif asked["do"] == "pull":
            want = talk.next_want()
            if want is not None and want.feed.name == asked["feed"]:
                talk.delivered(PullStep(want), visit.hear(want, answer))
        elif asked["do"] in ("look", "check"):
            look = self._look_of(talk, asked)
            if look is not None:
                talk.looked(look, of_each(look.operations, visit.found(look.operations, answer)))
        elif asked["do"] == "prove":
            visited.take(self.hub, talk.run, visit, asked, answer)
        else:
            raise SettingsError("There is no question that this could be the answer to.")

    def unread(self, run_id: int, problem: Problem) -> None:
        """The platform could not read the last question; should it stay so, its operations say why."""
        talk, _ = self._talk(run_id)
        asked = self._asked(run_id)
        if asked["do"] != "send":
            return
        batch = taking.batch_of(self.hub.store, self.hub.vault, asked["batch"])
        taking.answered(self.hub.store, talk.run, batch)
        outcomes = [Outcome(one.id, problem=problem, passes=True) for one in batch.operations]
        settling.settle(self.hub.store, talk.run, batch, outcomes, settling_seconds=talk.provider.settling_seconds)

    def close(self, run_id: int) -> None:
        """End the visit; what was asked and not answered is unsure."""
        talk, _ = self._talk(run_id)
        self._finish(talk, RunState.DONE, None, talk.nudge())

    def fail(self, run_id: int, problem: Problem) -> None:
        """End the visit with a problem that the visitor reported."""
        talk, _ = self._talk(run_id)
        self._finish(talk, RunState.FAILED, problem, [])

    def _finish(self, talk: Conversation, state: RunState, problem: Problem | None, nudged: list[int]) -> None:
        visited.let_go(self.hub, talk.run.connection_id)
        self.hub.finish(self.hub.connection(talk.run.connection_id), talk.run, state, problem, nudged)

    def _is_stopped(self, run_id: int) -> bool:
        with self.hub.store.read() as db:
            state = db.execute(sa.select(run_rows.c.state).where(run_rows.c.id == run_id)).scalar()
        return bool(state == RunState.STOPPED.value)

    def _talk(self, run_id: int) -> tuple[Conversation, Visit]:
        with self.hub.store.read() as db:
            row = db.execute(sa.select(run_rows).where(run_rows.c.id == run_id)).first()
        if row is None or row.state != RunState.OPEN.value:
            raise RunLostError(f"run {run_id} is not open")
        token = runs.RunToken(self.hub.store, row.id, row.connection_id, row.token, self.hub.clock, row.heartbeat_at)
        provider = self.hub.provider(self.hub.connection(row.connection_id).provider)
        if provider.visit is None:
            raise SettingsError(f"{provider.title} is called by the hub and does not visit it.")
        return Conversation(self.hub.store, self.hub.vault, token, provider, self.hub.providers), provider.visit

    def _look_of(self, talk: Conversation, asked: Mapping[str, Any]) -> LookStep | None:
        if asked["do"] == "check":
            return talk.check_of(asked["flow"], asked["documents"])
        return talk.look_of(asked["operations"], unsure=asked["unsure"])

    def _remember(self, talk: Conversation, step: Step) -> None:
        asked: dict[str, Any]
        if isinstance(step, PullStep):
            asked = {"do": "pull", "feed": step.want.feed.name}
        elif isinstance(step, SendStep):
            asked = {"do": "send", "batch": step.batch.id}
        elif isinstance(step, LookStep) and step.check:
            asked = {"do": "check", "flow": step.check.flow_id, "documents": step.check.source_ids}
        elif isinstance(step, LookStep):
            ids = [one.id for one in step.operations]
            asked = {"do": "look", "operations": ids, "unsure": step.unsure is not None}
        else:
            asked = {"do": "nothing"}
        talk.run.progress(asked["do"], asked=asked)

    def _asked(self, run_id: int) -> dict[str, Any]:
        with self.hub.store.read() as db:
            progress = db.execute(sa.select(run_rows.c.progress).where(run_rows.c.id == run_id)).scalar_one()
        asked: dict[str, Any] = progress.get("asked") or {"do": "nothing"}
        return asked
