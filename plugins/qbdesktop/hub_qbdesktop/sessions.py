"""One session of the Web Connector: it signs in, takes one request after another, brings each answer, and leaves.

Nothing is kept in memory. A request is stored before it is handed out, so that it is handed out unchanged when the
Web Connector asks again, and an answer that comes twice has one effect. A session that broke off leaves its last
message set behind; the next one begins by asking QuickBooks for the answer it stored (qbXML error recovery, QuickBooks
Desktop SDK Programmer's Guide). Where there is none, everything is looked for before it is sent again.
"""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hub import Hub, Problem, ProviderError, RunLostError, SettingsError, Visits
from hub_qbdesktop import hresults, messages, xmltext
from hub_qbdesktop.connectors import OWNER_ID, Connectors
from hub_qbdesktop.desk import Desk, digest
from hub_qbdesktop.host import Company, company
from hub_qbdesktop.settings import QuickBooksSettings

log = logging.getLogger("hub_qbdesktop")

UNHEARD_SECONDS = 120
"""How long a request may be under way before a new sign-in takes its session for lost."""
MOST_PAUSES = 12
"""Of five seconds each, while another call of the session is being answered."""
MOST_RETRIES = 2
PATIENCE = 10.0
"""Seconds that an answer which came twice at the same time waits for what is told to the first."""

NONE, BUSY, UNKNOWN_USER = "none", "busy", "nvu"
WORKING, DONE, FAILED = 99, 100, -1
PAUSE = "NoOp"
GIVE_UP = "done"

_OWNED = "<DataExtRet>"
_GONE = "This session is over. The Web Connector may start another one."
_BROKE_OFF = Problem(
    code="visit_broke_off",
    what="The last visit of the Web Connector ended before everything was read and posted.",
    fix="Nothing; the next visit goes on.",
    done="What was under way is looked up in QuickBooks before anything is written again.",
)
_INSIDE = "Something went wrong inside the hub. Nothing is lost; its log tells more."


class SessionError(Exception):
    """A session that can't go on; the problem says why, for the person at the Web Connector and for the run."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class Sessions:
    """The Web Connector's calls, one method each. What they answer is what the Programmer's Guide asks for."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.visits = Visits(hub)
        self.desk = Desk(hub)
        self.connectors = Connectors(hub)

    # -- signing in ----------------------------------------------------------------------------------------------

    def authenticate(self, user_name: str, password: str, address: str) -> tuple[str, str]:
        """A ticket, and the company file to open; or a word that says why there is nothing to do."""
        connector = self.connectors.sign_in(user_name, password, address)
        if connector is None or self.hub.connection(connector.connection_id).removed_at is not None:
            return "", UNKNOWN_USER
        connection_id = connector.connection_id
        self.connectors.change(connection_id, last_visit_at=self.desk.present)
        before = self.desk.open_of(connection_id)
        if before is not None and not self._leave(before):
            return "", BUSY
        row, settings = self.hub.connection(connection_id), self._settings(connection_id)
        # A little less than the interval: a visit that comes a few seconds early is no empty one.
        rests = timedelta(minutes=settings.minutes) * 0.9
        if row.paused_by or row.suspended or not self.visits.is_due(connection_id, rests):
            return self.desk.open(connection_id, None), NONE
        run_id = self.visits.open(connection_id)
        if run_id is None:
            return "", BUSY
        return self.desk.open(connection_id, run_id), settings.company_file

    def _leave(self, row: sa.Row[Any]) -> bool:
        """End a session that a new one comes after; False while its last request may still be under way."""
        if row.handed_at is not None and self.desk.present - row.handed_at < UNHEARD_SECONDS:
            return False
        if not self.desk.claim(row):
            return False
        self._fail(row, _BROKE_OFF)
        return True

    # -- asking --------------------------------------------------------------------------------------------------

    def send_request(self, ticket: str, answers: str, path: str, country: str, version: str) -> str:
        """The next request; empty when there is none, or none yet."""
        row = self.desk.find(ticket)
        if row is None or not row.is_open:
            return ""
        if not self.desk.claim(row):
            self._pause(row)
            return ""
        try:
            row = self.desk.again(row)
            if not row.is_open:
                return ""
            if row.request is None and not row.has_begun:
                row = self._begin(row, answers, path, country, version)
            text = self._request_of(row) if row.request is not None else self._prepare(row)
            if not text:
                self._finish(row)
                return ""
            # A process that hung meanwhile hands nothing out: whoever took its place has looked and may send again.
            return text if self.desk.hand_out(row) else ""
        except SessionError as error:
            self._fail(row, error.problem)
            return ""
        except Exception as error:  # noqa: BLE001 - it is logged, and nothing of it reaches the wire
            self._broken(row, error)
            return ""
        finally:
            self.desk.release(row)

    def _begin(self, row: sa.Row[Any], answers: str, path: str, country: str, version: str) -> sa.Row[Any]:
        """Look at the company file that is open: without a person's word for it, it is only read."""
        connector = self.connectors.made(row.connection_id)
        try:
            seen = company(answers, path, country, version, connector.owner_id)
        except xmltext.XmlError:
            seen = company("", path, country, version, connector.owner_id)
        confirmed = Company.load(connector.confirmed)
        if seen.file_id and seen.file_id.casefold() != connector.file_id.casefold():
            raise SessionError(_other_file(seen, confirmed))
        known = Company.load(connector.seen)
        fuller = seen if seen.name or known is None else replace(known, path=seen.path)
        self.connectors.change(row.connection_id, seen=fuller.dump())
        if confirmed is not None and not confirmed.is_same_file(seen):
            raise SessionError(_other_file(seen, confirmed))
        self.desk.change(row, has_begun=True, reads_only=confirmed is None, version=seen.version)
        return self.desk.again(row)

    def _prepare(self, row: sa.Row[Any]) -> str:
        """Work out the next request and store it; empty when the visit is over."""
        connector = self.connectors.made(row.connection_id)
        question = self.visits.question(row.run_id, reads_only=row.reads_only)
        if question is not None:
            text, set_id = self._decorated(connector, question, row.version)
            values = {"request_set": set_id, "is_clearing": False}
        elif connector.spent_set:
            # QuickBooks may forget the last answer now: it is saved.
            text = messages.clearing(connector.spent_set, row.version)
            values = {"request_set": "", "is_clearing": True}
        else:
            return ""
        sealed = self.hub.vault.seal(text.encode())
        self.desk.change(row, request=sealed, handed_at=None, steps=row.steps + 1, **values)
        return text

    def _decorated(self, connector: sa.Row[Any], question: bytes, version: str) -> tuple[str, str]:
        """The question as it leaves, with the connector's own owner id where it names one.

        Of a message set that was handed out in a session that broke off, QuickBooks is asked for the stored answer. To
        send the set itself again would carry it out a second time where QuickBooks has lost its memory of it.
        """
        set_id = messages.set_id(question)
        if set_id and set_id == connector.pending_set:
            return messages.answer_again(set_id, version), set_id
        text = messages.decorated(question, spent=connector.spent_set if set_id else "", version=version)
        if set_id:
            self.connectors.change(connector.connection_id, durable=True, pending_set=set_id)
        return text.replace(OWNER_ID, connector.owner_id), set_id

    def _request_of(self, row: sa.Row[Any]) -> str:
        return self.hub.vault.open_bytes(row.request).decode()

    def _pause(self, row: sa.Row[Any]) -> None:
        """Another call of the session is being answered: the Web Connector asks again, but not for ever."""
        if row.pauses >= MOST_PAUSES:
            self._fail(row, Problem(code="session_stuck", what="The hub was busy with this session for too long."))
            return
        self.desk.change(row, pauses=row.pauses + 1)

    # -- hearing -------------------------------------------------------------------------------------------------

    def receive_response(self, ticket: str, response: str, hresult: str, message: str) -> int:
        """Take in the answer: how much is done in percent, 100 when nothing is left, less than 0 for trouble."""
        row = self.desk.find(ticket)
        if row is None or not self.desk.claim(row, PATIENCE):
            return FAILED
        try:
            row = self.desk.again(row)
            if row.request is None or row.handed_at is None:
                return self._heard_before(row, response)
            if hresult.strip():
                if hresults.is_unreadable(hresult) and not row.is_clearing:
                    self.visits.unread(row.run_id, hresults.unreadable_problem(message))
                raise SessionError(hresults.problem_of(hresult, message))
            self._hear(row, response)
            return self._progress(self.desk.again(row), digest(response))
        except SessionError as error:
            self._fail(row, error.problem)
        except ProviderError as error:
            self._fail(row, error.problem)
        except Exception as error:  # noqa: BLE001 - it is logged, and nothing of it reaches the wire
            self._broken(row, error)
        finally:
            self.desk.release(row)
        return FAILED

    def _heard_before(self, row: sa.Row[Any], response: str) -> int:
        """An answer that comes twice has one effect; one that nobody asked for has none."""
        if row.answer_digest and row.answer_digest == digest(response):
            return int(row.percent)
        if row.is_open:
            what = "An answer came from QuickBooks that belongs to no request."
            self._fail(row, Problem(code="answer_unasked", what=what, fix="Nothing; the next visit goes on."))
        return FAILED

    def _hear(self, row: sa.Row[Any], response: str) -> None:
        if row.is_clearing:
            self.connectors.change(row.connection_id, spent_set="")
            return
        if _OWNED in response:
            own = re.escape(self.connectors.made(row.connection_id).owner_id)
            response = re.sub(own, OWNER_ID, response, flags=re.IGNORECASE)
        self.visits.answer(row.run_id, response.encode("utf-8", "replace"))
        if row.request_set:
            self.connectors.heard(row.connection_id, row.request_set)

    def _progress(self, row: sa.Row[Any], heard: str) -> int:
        """Store the next request with what is answered now, so that 100 is said exactly when nothing is left."""
        self.desk.change(row, request=None, request_set="", is_clearing=False, handed_at=None)
        if self._prepare(row):
            percent = min(WORKING, 100 * int(row.steps) // (int(row.steps) + 8))
        else:
            percent = DONE
            self._finish(row)
        self.desk.change(row, answer_digest=heard, percent=percent)
        return percent

    # -- trouble and leaving -------------------------------------------------------------------------------------

    def connection_error(self, ticket: str, hresult: str, message: str) -> str:
        """QuickBooks could not be opened: which company file to try again with, or that it is given up."""
        row = self.desk.find(ticket)
        if row is None or not row.is_open:
            return GIVE_UP
        trouble = hresults.trouble_of(hresult, message)
        if trouble.passes and row.retries < MOST_RETRIES:
            self.desk.change(row, retries=row.retries + 1)
            return self._settings(row.connection_id).company_file
        self._fail(row, hresults.problem_of(hresult, message))
        return GIVE_UP

    def last_error(self, ticket: str) -> str:
        """What to show after an empty request or a number below zero."""
        row = self.desk.find(ticket)
        if row is None:
            return _GONE
        # A session that goes on told of no trouble: it was asked for a request while another call was being answered.
        return PAUSE if row.is_open else str(row.error)

    def close(self, ticket: str) -> str:
        """The Web Connector leaves."""
        row = self.desk.find(ticket)
        if row is None:
            return "OK"
        if row.is_open and self.desk.claim(row):
            self._fail(row, _BROKE_OFF)
            self.desk.release(row)
        return str(self.desk.again(row).error) or "OK"

    def _finish(self, row: sa.Row[Any]) -> None:
        """End the visit in order; a request without an answer leaves its operations unsure."""
        if row.run_id is not None and row.is_open:
            self._end(row, None)
            self.connectors.change(row.connection_id, last_error="", last_error_at=None)

    def _fail(self, row: sa.Row[Any], problem: Problem) -> None:
        """End the visit with a problem."""
        self.desk.change(row, error=str(problem)[:2000])
        self.connectors.change(row.connection_id, last_error=str(problem)[:2000], last_error_at=self.desk.present)
        if row.run_id is not None and row.is_open:
            self._end(row, problem)

    def _broken(self, row: sa.Row[Any], error: Exception) -> None:
        if not self.desk.again(row).is_open:
            log.info("a step of a session with connection %s came too late", row.connection_id, exc_info=error)
            return
        log.error("a step of the session with connection %s failed", row.connection_id, exc_info=error)
        told = str(error) if isinstance(error, SettingsError) else _INSIDE
        self._fail(row, Problem(code="unexpected", what=told, detail=type(error).__name__))

    def _end(self, row: sa.Row[Any], problem: Problem | None) -> None:
        self.desk.change(row, is_open=False, request=None, handed_at=None)
        try:
            if problem is None:
                self.visits.close(row.run_id)
            else:
                self.visits.fail(row.run_id, problem)
        except RunLostError:
            # Another visit took the run over, or somebody stopped it: there is nothing left to end.
            log.info("run %s of connection %s was ended elsewhere", row.run_id, row.connection_id, exc_info=True)
        except Exception:
            # The session is over all the same; the run is taken over when it has been silent for long enough.
            log.exception("run %s of connection %s could not be ended", row.run_id, row.connection_id)

    def _settings(self, connection_id: int) -> QuickBooksSettings:
        return QuickBooksSettings.model_validate(self.hub.connection(connection_id).settings)


def _other_file(seen: Company, confirmed: Company | None) -> Problem:
    expected = f"the hub expects {confirmed.title}" if confirmed else "its mark in the file is not the hub's"
    return Problem(
        code="other_company_file",
        what=f"The company file that is open is {seen.title}, but {expected}.",
        fix="Open the right company file in QuickBooks, or enter its path on the entity's page. If this file replaces"
        " the other one, confirm it there.",
        done="Nothing was read and nothing was written.",
    )
