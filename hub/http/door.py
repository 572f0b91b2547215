"""The one way out: every call waits for the shared limit, is checked, sent, logged and learnt from."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from types import MappingProxyType
from typing import TYPE_CHECKING

from hub.errors import Problem, SettingsError, UnreachableError, UnsureError
from hub.http.address import resolve
from hub.http.answers import SAFE_METHODS, Answer
from hub.http.exchange import ExchangeLog
from hub.http.limiter import Limiter, Permit, bucket_of
from hub.http.throttling import busy, refused_for
from hub.http.wire import LostError, NotSentError, Request, Wire
from hub.models import now
from hub.providers import Limits

if TYPE_CHECKING:
    from hub.store import Store

CONNECT_TRIES = 2
READ_REPEATS = 3
FIRST_PAUSE = 0.25
"""Seconds before the first repeat; doubled each time."""

LEAST_REST = 0.1
"""Rest after a refusal that asks for none; doubled each time, so that refusals come to an end."""

NO_HEADERS: Mapping[str, str] = MappingProxyType({})
Headers = Callable[[bool], Mapping[str, str]] | Mapping[str, str]


@dataclass
class _Course:
    """What has happened so far to one call."""

    patience: float
    repeats: int = 0
    connects: int = 0
    refusals: int = 0
    renew: bool = False
    renewed: bool = False


class Door:
    """A way out for one connection; :meth:`bind` it to a platform, then :meth:`call`, from any thread.

    Never call inside a write transaction: the limiter and the log need one themselves. ``before_send`` may
    raise to keep the call from leaving; it is also asked every second of a wait. ``on_wait`` is told how long
    each wait of a second or more will be. ``patience`` is how many seconds a call may wait in all before it
    raises ``BusyError``. ``bucket`` names the count of calls shared with other doors, by default the
    connection's.
    """

    def __init__(
        self,
        store: Store,
        *,
        connection_id: int,
        name: str,
        limits: Limits,
        run_id: int | None = None,
        before_send: Callable[[], None] | None = None,
        spend: Callable[[], None] | None = None,
        timeout: tuple[float, float] = (10.0, 60.0),
        patience: float = 90.0,
        clock: Callable[[], float] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        on_wait: Callable[[float], None] | None = None,
        bucket: str = "",
        exchange_bytes: int = 16_384,
    ) -> None:
        self._name = name
        self._before_send = before_send or _nothing
        self._spend = spend or _nothing
        self._on_wait = on_wait
        self._read_timeout = timeout[1]
        self._patience = patience
        self._sleep = sleep
        self._limiter = Limiter(store, bucket or bucket_of(connection_id), limits, clock)
        self._log = ExchangeLog(store, connection_id, run_id, exchange_bytes)
        self._wire = Wire(timeout[0])
        self._base_url = ""
        self._headers: Headers = NO_HEADERS
        self._throttled: Callable[[Answer], float | None] | None = None
        self._learn: Callable[[Answer], int | None] | None = None
        self._crowded: Callable[[Answer], bool] | None = None

    def bind(
        self,
        *,
        base_url: str,
        headers: Headers = NO_HEADERS,
        throttled: Callable[[Answer], float | None] | None = None,
        learn: Callable[[Answer], int | None] | None = None,
        crowded: Callable[[Answer], bool] | None = None,
    ) -> Door:
        """The same door, limits and log, for one platform.

        ``headers`` may be a function; it is asked before every call, with ``True`` when the last answer
        showed that the token had expired. ``throttled`` gives the seconds to rest when an answer means that
        the call was refused for its rate and not carried out. ``learn`` reads how many calls are left today.
        ``crowded`` says that such a refusal was for too many calls at once: fewer go together for a while.
        """
        bound = copy.copy(self)
        bound._base_url, bound._headers = base_url, headers
        bound._throttled, bound._learn, bound._crowded = throttled, learn, crowded
        return bound

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        expired: Callable[[Answer], bool] | None = None,
    ) -> Answer:
        """Send one request and return its answer, whatever its status.

        A refused call is repeated after the rest that the platform asks for, a read when it is lost or
        answered with 5xx, and any call once when ``expired`` says that the answer asks for a new token. A
        write that may have been carried out is never repeated. Raises ``BusyError``, ``UnreachableError``
        (nothing was sent, or a read was lost), ``UnsureError`` (a write was lost) and whatever
        ``before_send`` raises.
        """
        request = Request(
            method.upper(),
            resolve(self._base_url, path) if self._base_url else self._unbound(path),
            params or {},
            body,
            headers or {},
            timeout or self._read_timeout,
        )
        course = _Course(self._patience)
        try:
            while True:
                answer = self._attempt(request, course)
                if answer is not None and not self._again(request, answer, course, expired):
                    return answer
        except BaseException:
            self.flush()
            raise

    def has_spare(self) -> bool:
        """Whether calls of this day may go to new documents, or only those reserved for money are left."""
        return self._limiter.has_spare()

    def flush(self) -> None:
        """Write what the exchange log still holds in memory; to be called at the end of a step."""
        self._log.flush()

    def close(self) -> None:
        """Write the log and close the kept connections."""
        self.flush()
        self._wire.close()

    def _unbound(self, path: str) -> str:
        raise SettingsError(f"{self._name}: the door is not bound to a platform, so {path} leads nowhere.")

    def _attempt(self, request: Request, course: _Course) -> Answer | None:
        """Send once; ``None`` when it failed in a way that allows another try."""
        permit = self._permit(course)
        try:
            return self._send(request, permit, course)
        except NotSentError as error:
            course.connects += 1
            if course.connects >= CONNECT_TRIES:
                raise UnreachableError(self._unreachable(str(error))) from error
        except LostError as error:
            if request.method not in SAFE_METHODS:
                raise UnsureError(self._unsure(str(error))) from error
            course.repeats += 1
            if course.repeats > READ_REPEATS:
                raise UnreachableError(self._unreachable(str(error))) from error
        self._pause(FIRST_PAUSE * 2**course.repeats)
        return None

    def _send(self, request: Request, permit: Permit, course: _Course) -> Answer:
        left: int | None = None
        try:
            renew, course.renew = course.renew, False
            made = self._headers(renew) if callable(self._headers) else self._headers
            self._before_send()
            self._spend()
            answer = self._logged(request, made)
            left = self._learn(answer) if self._learn else None
        finally:
            self._limiter.finish(permit, left, also=self._log.flush)
            if self._log.is_full:
                self._log.flush()
        return answer

    def _logged(self, request: Request, made: Mapping[str, str]) -> Answer:
        started = now()
        outcome: Answer | Exception = LostError("interrupted")
        try:
            outcome = self._wire.send(request, made)
        except Exception as error:
            outcome = error
            raise
        finally:
            headers = {**request.headers, **made}
            self._log.add(self._log.entry(started, request.method, request.url, headers, request.body, outcome))
        return outcome

    def _again(
        self,
        request: Request,
        answer: Answer,
        course: _Course,
        expired: Callable[[Answer], bool] | None,
    ) -> bool:
        """Whether the answer calls for the same request once more; rests first where that is due."""
        rest = self._throttled(answer) if self._throttled else None
        rest = refused_for(answer, now()) if rest is None else rest
        if rest is not None:
            if self._crowded and self._crowded(answer):
                self._limiter.narrow()
            self._limiter.block(max(rest, LEAST_REST * 2**course.refusals))
            course.refusals += 1
            return True
        if expired and not course.renewed and answer.status >= 400 and expired(answer):
            course.renew = course.renewed = True
            return True
        if answer.status >= 500 and request.method in SAFE_METHODS and course.repeats < READ_REPEATS:
            course.repeats += 1
            self._pause(FIRST_PAUSE * 2**course.repeats)
            return True
        return False

    def _permit(self, course: _Course) -> Permit:
        """Wait for the shared limit, as long as there is patience."""
        while (permit := self._limiter.take()).wait > 0:
            if permit.wait > course.patience:
                raise busy(self._name, permit.wait)
            course.patience -= permit.wait
            self._pause(permit.wait)
        return permit

    def _pause(self, seconds: float) -> None:
        """Sleep, but notice each second that the run was stopped or taken over."""
        if self._on_wait and seconds >= 1.0:
            self._on_wait(seconds)
        while seconds > 0:
            begun = monotonic()
            self._before_send()
            self._sleep(min(seconds, 1.0))
            # Asking takes time too: a wait of minutes must not end later for having asked each second.
            seconds -= max(1.0, monotonic() - begun)

    def _unreachable(self, words: str) -> Problem:
        return Problem(
            code="unreachable",
            what=f"{self._name} could not be reached.",
            why=words,
            fix="The hub tries again by itself. If it goes on, check the address and the network.",
            done="Nothing was changed.",
        )

    def _unsure(self, words: str) -> Problem:
        return Problem(
            code="unsure",
            what=f"The connection to {self._name} broke before it answered.",
            why=words,
            fix="Nothing to do: the hub looks there before it sends anything again.",
            done="It may or may not have been carried out.",
        )


def _nothing() -> None:
    """Nobody wants to be asked before a call leaves."""
