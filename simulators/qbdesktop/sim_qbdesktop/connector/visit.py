"""One session of the Web Connector with a web service, from serverVersion to closeConnection.

Source: QuickBooks Web Connector Programmer's Guide, chapters on the session and on the web service's methods, and logs
of real sessions.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from .. import hresults
from ..hresults import HResultError
from ..quickbooks import QuickBooks, Session
from ..settings import Settings
from . import registration
from .qwc import ConnectorError, Qwc
from .soap import AnswerError
from .wire import Call, CrashError, Wire, fetch

PRODUCT_VERSION = "34.0.10002.52"
_NO_WORK = {"none": "no_data", "nvu": "invalid_user", "busy": "busy"}
_MOST_RETRIES = 20
_LONGEST = 100_000


@dataclass(slots=True)
class Exchange:
    """What was carried from the service to QuickBooks and back; without answer, the HRESULT."""

    request: str
    response: str = ""
    hresult: str = ""


@dataclass(slots=True)
class Visit:
    """What became of a session. `outcome`: done, no_data, invalid_user, busy, postponed, not_opened, stopped, endless,
    error or crashed; `shown` is what a person sees in the connector's window.
    """

    application: str
    outcome: str = ""
    code: str = ""
    message: str = ""
    shown: list[str] = field(default_factory=list)
    percentages: list[int] = field(default_factory=list)
    pauses: int = 0
    interactive_urls: list[str] = field(default_factory=list)
    postponed_seconds: int = 0
    least_seconds: int = 0
    exchanges: list[Exchange] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    @property
    def methods(self) -> list[str]:
        """The names of the calls in their order."""
        return [call.method for call in self.calls]


class Visitor:
    """Plays one session. `auto_run`: started by the schedule, so that a service may postpone it."""

    def __init__(
        self, quickbooks: QuickBooks, settings: Settings, qwc: Qwc, password: str, auto_run: bool = False
    ) -> None:
        self.quickbooks = quickbooks
        self.settings = settings
        self.qwc = qwc
        self.password = password
        self.auto_run = auto_run
        self.wire = Wire(qwc, quickbooks.clock, quickbooks.faults, quickbooks.switches, settings.http_seconds)
        self.visit = Visit(qwc.name, calls=self.wire.calls)
        self.ticket = ""
        self.session: Session | None = None

    def run(self) -> Visit:
        """The session, whatever becomes of it: its troubles are told in the result, none is raised."""
        try:
            self._converse()
        except CrashError as crash:
            self.visit.outcome, self.visit.message = "crashed", str(crash)
        except ConnectorError as problem:
            self._fail(problem)
        finally:
            if self.session:
                self.session.end()
        return self.visit

    def _fail(self, problem: ConnectorError) -> None:
        self.visit.outcome, self.visit.code, self.visit.message = "error", problem.code, problem.message
        self._unlock()
        if self.ticket and self.quickbooks.switches["close_after_failure"] == "yes":
            try:
                self.visit.shown.append(self.wire.text("closeConnection", ticket=self.ticket))
            except (AnswerError, CrashError) as late:
                self.visit.shown.append(f"QBWC1044: {late}")

    def _converse(self) -> None:
        if not self.password:  # a person has to enter it before anything is called (Programmer's Guide, appendix A)
            raise ConnectorError("QBWC1040", f"There is no password for {self.qwc.name}.")
        self._greet()
        answer = self._authenticate()
        if self._has_work(answer) and self._open(answer[1]):
            self._carry()
        self._close()

    # ------------------------------------------------------------------ before the work

    def _greet(self) -> None:
        """serverVersion and clientVersion; a person is taken to agree to a warning."""
        if self.quickbooks.switches["wsdl_at_run_time"] == "yes":
            self._fetch_wsdl()
        try:
            self.visit.shown.append(self.wire.text("serverVersion"))
        except AnswerError as problem:
            if self.quickbooks.switches["server_version_failure"] == "fatal":
                raise ConnectorError("QBWC1037", str(problem)) from problem
        told = self._text("clientVersion", "QBWC1036", strVersion=PRODUCT_VERSION)
        kind, _, text = told.partition(":")
        if kind == "W":
            self.visit.shown.append(text)
        elif kind in ("E", "O"):
            raise ConnectorError("QBWC1046", text)

    def _fetch_wsdl(self) -> None:
        try:
            fetch(f"{self.qwc.url}?wsdl", self.settings.http_seconds)
        except AnswerError as problem:
            raise ConnectorError("QBWC1013", str(problem)) from problem

    def _authenticate(self) -> list[str]:
        """The answer of authenticate: ticket, file, and at most two numbers of seconds."""
        try:
            answer = self.wire.array("authenticate", strUserName=self.qwc.user_name, strPassword=self.password)
        except AnswerError as problem:
            code = "QBWC2012" if "Object reference" in str(problem) else "QBWC1012"
            raise ConnectorError(code, str(problem)) from problem
        if len(answer) < 2:
            raise ConnectorError("QBWC1012", "Index was outside the bounds of the array.")
        self.ticket = answer[0]
        return answer

    def _has_work(self, answer: list[str]) -> bool:
        outcome = _NO_WORK.get(answer[1].strip().lower())
        postpone, least = (_seconds(answer, place) for place in (2, 3))
        if self.auto_run:
            self.visit.postponed_seconds, self.visit.least_seconds = postpone, least
        if outcome is None and self.auto_run and postpone:
            outcome = "postponed"
        self.visit.outcome = outcome or ""
        return outcome is None

    def _open(self, path: str) -> bool:
        """Open the company file; what fails is told to the service, which names another file or says done."""
        for _ in range(_MOST_RETRIES):
            try:
                self.session = self.quickbooks.begin(path, self.qwc.name, self.qwc.read_only)
            except HResultError as problem:
                values = {"ticket": self.ticket, "hresult": problem.code, "message": problem.message}
                path = self._text("connectionError", "QBWC1045", **values)
                if self._is_done(path):
                    self.visit.outcome, self.visit.code, self.visit.message = (
                        "not_opened",
                        problem.code,
                        problem.message,
                    )
                    return False
            else:
                self.wire.crash("after open")
                registration.lock(self.session, self.qwc)
                return True
        self.visit.outcome = "endless"
        return False

    def _is_done(self, answer: str) -> bool:
        exact = self.quickbooks.switches["done_case"] == "exact"
        return answer == "done" if exact else answer.strip().lower() == "done"

    # ------------------------------------------------------------------ the work

    def _carry(self) -> None:
        """Requests to QuickBooks, answers to the service, until it has no more."""
        about = self._about()
        for _ in range(_LONGEST):
            request = self._ask(about)
            about = ""
            if not request:
                if self._wait_or_end():
                    continue
                return
            percentage = self._hand_over(self._process(request))
            self.visit.percentages.append(percentage)
            if percentage >= 100:
                self.visit.outcome = "done"
                return
            if percentage < 0 and not self._goes_on():
                return
        self.visit.outcome = "endless"

    def _about(self) -> str:
        """Host, company and preferences, for the first sendRequestXML of the session."""
        if self.quickbooks.faults.take("no_hcp") or self.session is None:
            return ""
        try:
            return self.session.about(self.qwc.owner_id)
        except HResultError as problem:
            raise ConnectorError("QBWC1014", problem.message) from problem

    def _ask(self, about: str) -> str:
        if self.session is None:
            return ""
        major, _, minor = self.quickbooks.highest.partition(".")
        return self._text(
            "sendRequestXML",
            "QBWC1041",
            ticket=self.ticket,
            strHCPResponse=about,
            strCompanyFileName=self.session.company.path,
            qbXMLCountry=self.quickbooks.country,
            qbXMLMajorVers=major,
            qbXMLMinorVers=minor,
        )

    def _process(self, request: str) -> Exchange:
        """Let QuickBooks have a request. What it throws travels to the service, too."""
        exchange = Exchange(request)
        self.visit.exchanges.append(exchange)
        self.wire.crash("before process")
        if self.session is None:
            return exchange
        try:
            exchange.response = self.session.process(request)
        except HResultError as problem:
            exchange.hresult = problem.code
            self.visit.message = problem.message
        self.wire.crash("after process")
        return exchange

    def _hand_over(self, exchange: Exchange) -> int:
        message = (self.visit.message or hresults.MESSAGES.get(exchange.hresult, "")) if exchange.hresult else ""
        try:
            return self.wire.integer(
                "receiveResponseXML",
                ticket=self.ticket,
                response=exchange.response,
                hresult=exchange.hresult,
                message=message,
            )
        except AnswerError as problem:
            raise ConnectorError("QBWC1042", str(problem)) from problem

    def _wait_or_end(self) -> bool:
        """No request: the service's last error says whether to wait, to ask a person, or to end."""
        text = self._last_error()
        if text == "Interactive mode":
            self._interact()
            return True
        if text != "NoOp":
            self.visit.shown.append(text)
            self.visit.outcome = "stopped"
            return False
        return self._pause()

    def _goes_on(self) -> bool:
        """After a percentage below zero."""
        text = self._last_error()
        if text == "NoOp" and self.quickbooks.switches["negative_and_no_op"] == "pauses":
            return self._pause()
        self.visit.shown.append(text)
        self.visit.outcome = "stopped"
        return False

    def _pause(self) -> bool:
        self.visit.pauses += 1
        if self.visit.pauses > self.settings.most_no_ops:
            self.visit.outcome = "endless"
            return False
        time.sleep(self.settings.no_op_seconds)
        return True

    def _interact(self) -> None:
        """A page opens for a person, who is taken to finish what it asks for."""
        values = {"wcTicket": self.ticket, "sessionID": "1"}
        self.visit.interactive_urls.append(self._text("getInteractiveURL", "QBWC1041", **values))
        self._text("interactiveDone", "QBWC1041", wcTicket=self.ticket)

    def _last_error(self) -> str:
        return self._text("getLastError", "QBWC1043", ticket=self.ticket)

    # ------------------------------------------------------------------ the end

    def _close(self) -> None:
        self._unlock()
        self.visit.shown.append(self._text("closeConnection", "QBWC1044", ticket=self.ticket))

    def _unlock(self) -> None:
        if self.session:
            registration.unlock(self.session, self.qwc)

    def _text(self, method: str, code: str, **values: str | None) -> str:
        try:
            return self.wire.text(method, **values)
        except AnswerError as problem:
            raise ConnectorError(code, str(problem)) from problem


def _seconds(answer: list[str], place: int) -> int:
    """A number of seconds in the answer of authenticate; 0 where there is none."""
    text = answer[place].strip() if len(answer) > place else ""
    return int(text) if text.isdigit() else 0
