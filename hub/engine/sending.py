"""Sending: batches leave, a few at once where the platform takes that, and what became of each is settled in order."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from hub.documents import Kind
from hub.engine import looking, settling, taking
from hub.engine.runs import RunToken
from hub.errors import (
    BusyError,
    HubError,
    ProviderError,
    RejectedError,
    RunLostError,
    StoppedError,
    UnauthorizedError,
    UnreachableError,
    UnsureError,
)
from hub.providers import Batch, BatchRule, Operation, Outcome, Provider, Session, TargetState
from hub.store import Store
from hub.vault import Vault

log = logging.getLogger("hub.engine")


def look(session: Session, operations: Sequence[Operation]) -> Mapping[int, Sequence[TargetState]]:
    """What the platform has of these operations' targets; raises ``UnreachableError`` when it did not say of each."""
    return looking.of_each(operations, session.look(operations))


def _any(_kind: Kind) -> bool:
    return True


@dataclass(frozen=True)
class Sender:
    """Sends the batches of one run."""

    store: Store
    vault: Vault
    run: RunToken
    providers: Mapping[str, Provider]
    provider: Provider
    session: Session
    may_follow: Callable[[Kind], bool] = _any
    """Whether more of a kind may be sent beside the first batch."""
    patience: float = 0.0
    """Seconds that a call may wait for the rate limit: a second try may leave so much later than it is decided."""

    def send(self, batch: Batch) -> None:
        """Send a batch, and beside it more of the same sort; returns when all of them are settled.

        The first error of any of them is raised, after those that were on their way by then are settled too; the
        others are in the log.
        """
        failures: list[Exception] = []
        if self.provider.pushes_at_once == 1:
            self._settle(batch, partial(self._push, batch), failures)
        else:
            self._send_side_by_side(batch, failures)
        for further in failures[1:]:
            known = isinstance(further, HubError)
            log.warning("besides, while others were on their way: %s", further, exc_info=None if known else further)
        if failures:
            raise failures[0]

    def _send_side_by_side(self, first: Batch, failures: list[Exception]) -> None:
        under_way = deque[tuple[Batch, Future[list[Outcome]]]]()
        following: Batch | None = first
        goes_on = True
        with ThreadPoolExecutor(self.provider.pushes_at_once, thread_name_prefix="push") as pool:
            while following is not None or under_way:
                if following is not None:
                    under_way.append((following, pool.submit(self._push, following)))
                if following is None or len(under_way) == self.provider.pushes_at_once:
                    batch, pushed = under_way.popleft()
                    goes_on = self._settle(batch, pushed.result, failures) and goes_on
                busy = [batch for batch, _ in under_way]
                following = self._following(first, busy, failures) if goes_on and busy and not failures else None

    def _following(self, first: Batch, busy: Sequence[Batch], failures: list[Exception]) -> Batch | None:
        """The next batch, taken, when it need not wait for the answers to those under way."""
        try:
            self.run.before_send()
            chosen = taking.beside(self.store, self.run, self.providers, self.provider.batch_rules, first, busy)
            if chosen is None or not self.may_follow(chosen.kind):
                return None
            rule = self.provider.batch_rules.get(chosen.kind, BatchRule())
            return taking.take(self.store, self.vault, self.run, self.providers, chosen, rule)
        except Exception as error:  # noqa: BLE001 - send raises it, when the others are settled
            failures.append(error)
            return None

    def _settle(self, batch: Batch, pushed: Callable[[], list[Outcome]], failures: list[Exception]) -> bool:
        """Settle one batch; whether more may follow: not when it failed or something is to be looked for."""
        try:
            outcomes = self._outcomes(batch, pushed)
            seconds = self.provider.settling_seconds
            counts = settling.settle(self.store, self.run, batch, outcomes, settling_seconds=seconds)
            self._refresh(batch, outcomes)
        except Exception as error:  # noqa: BLE001 - send raises it, when the others are settled
            failures.append(error)
            return False
        return not counts.get("unsure")

    def _outcomes(self, batch: Batch, pushed: Callable[[], list[Outcome]]) -> list[Outcome]:
        try:
            return pushed()
        except (BusyError, UnreachableError, UnauthorizedError, StoppedError):
            taking.unsend(self.store, self.run, batch)
            raise
        except RejectedError as error:
            return [Outcome(one.id, problem=error.problem, refresh=error.refresh) for one in batch.operations]

    def _push(self, batch: Batch, *, again: bool = False) -> list[Outcome]:
        outcomes: list[Outcome] = []
        if not again:
            self.run.before_send()
        try:
            for outcome in self.session.push(batch):
                # A refusal of the second try says nothing about the first, which is still unsure.
                if not (again and outcome.problem):
                    outcomes.append(outcome)
        except (BusyError, UnreachableError, UnauthorizedError, RejectedError, StoppedError):
            if outcomes or again:
                return outcomes
            raise
        except RunLostError:
            raise
        except Exception as error:
            # Whatever a provider raises while pushing may have come after the platform acted.
            log.warning("batch %s is unsure: %s", batch.id, error, exc_info=not isinstance(error, ProviderError))
            may = isinstance(error, UnsureError) and not outcomes
            seconds = self.provider.resend_seconds - self.patience
            if may and taking.may_resend(self.store, self.run, batch, seconds):
                return self._push(batch, again=True)
        return outcomes

    def _refresh(self, batch: Batch, outcomes: Sequence[Outcome]) -> None:
        """A refusal because of the target's state: read the targets again, so that the plan sees why."""
        refused = {outcome.operation_id for outcome in outcomes if outcome.refresh}
        again = looking.refused_targets(self.store, [one for one in batch.operations if one.id in refused])
        if again:
            looking.record_states(self.store, self.run, again, look(self.session, again))
