"""QuickBooks itself: which file is open, who may come in, and what becomes of a qbXML text."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from . import hresults
from .clock import Clock
from .company.about import VERSIONS, supported
from .company.file import Company
from .company.iterators import Iterators
from .company.requests import Application, Requests
from .company.tables import Store
from .faults import Faults
from .hresults import HResultError
from .message_sets import MessageSets
from .qbxml.checking import Checker, UnreadableError, check_frame
from .qbxml.grammar import load, not_simulated
from .qbxml.tree import Document, Element, XmlError, parse, write
from .switches import Switchboard


@dataclass
class QuickBooks:
    """The program on one machine, with the company files that it can open.

    `open_path` is the file that a person has open, empty when QuickBooks is not running. `dialog` is the title of a
    modal dialog that is showing; `single_user_elsewhere` means that another machine has the file for itself.
    """

    clock: Clock
    switches: Switchboard
    faults: Faults
    highest: str = "13.0"
    country: str = "US"
    iterator_seconds: float = 10.0
    store: Store | None = None
    files: dict[str, Company] = field(default_factory=dict)
    open_path: str = ""
    mode: str = "MultiUser"
    single_user_elsewhere: bool = False
    dialog: str = ""
    last_refusal: str = ""
    lock: threading.RLock = field(default_factory=threading.RLock)

    def begin(self, path: str, application: str, read_only: bool = False) -> Session:
        """A session on a file, on the open one when no path is given. HResultError when QuickBooks refuses."""
        if planted := self.faults.take("hresult", at="open"):
            raise HResultError(str(planted.params["code"]), str(planted.params.get("message", "")))
        company = self._company(path)
        if self.dialog:
            raise HResultError(hresults.MODAL_DIALOG)
        if application in company.preferences.denied:
            raise HResultError(hresults.NOT_AUTHORISED)
        if self.single_user_elsewhere:
            raise HResultError(hresults.OTHER_MODE)
        return Session(self, company, Application(application, read_only, self.highest, self.country, self.mode))

    def _company(self, path: str) -> Company:
        """The file of a path: the one that is open, or one that QuickBooks opens unattended."""
        if not self.open_path:
            if not path:
                raise HResultError(hresults.NOT_RUNNING)
            company = self._file(path)
            if not company.preferences.automatic_login:
                raise HResultError(hresults.NO_AUTOMATIC_LOGIN)
            return company
        if path and self._key(path) != self._key(self.open_path):
            raise HResultError(hresults.OTHER_FILE)
        return self._file(self.open_path)

    @staticmethod
    def _key(path: str) -> str:
        """Windows' paths don't mind letter case."""
        return path.replace("/", "\\").casefold()

    def _file(self, path: str) -> Company:
        for known, company in self.files.items():
            if self._key(known) == self._key(path):
                return company
        raise HResultError(hresults.NO_ACCESS, f"Could not find the company data file {path}.")

    def save(self) -> None:
        """Write what changed in any file to the state file, if there is one."""
        if self.store:
            for company in self.files.values():
                company.save(self.store)


class Session:
    """An application's session on a company file; its iterators end with it."""

    def __init__(self, quickbooks: QuickBooks, company: Company, application: Application) -> None:
        self.quickbooks = quickbooks
        self.company = company
        self.application = application
        self.iterators = Iterators(quickbooks.clock, quickbooks.iterator_seconds)
        self._sets = MessageSets(company, application.name, quickbooks.faults)
        self._ended = False

    def end(self) -> None:
        self._ended = True

    def about(self, owner_id: str) -> str:
        """Host, company with the application's values, and preferences, as the Web Connector asks for them."""
        asked = [Element("HostQueryRq"), Element("CompanyQueryRq"), Element("PreferencesQueryRq")]
        for number, request in enumerate(asked):
            request.attributes["requestID"] = str(number)
        asked[1].add("OwnerID", owner_id)
        with self.quickbooks.lock:
            self._check_open()
            requests = Requests(self.company, self.application, self.iterators, Faults())
            answers = [requests.run(request).element(request) for request in asked]
        return _document(Element("QBXMLMsgsRs", "", {}, answers))

    def process(self, text: str) -> str:
        """The answer to a qbXML text. HResultError when there is none: what could not be read was not carried out."""
        quickbooks = self.quickbooks
        with quickbooks.lock:
            self._check_open()
            if planted := quickbooks.faults.take("hresult", at="process"):
                raise HResultError(str(planted.params["code"]), str(planted.params.get("message", "")))
            try:
                messages = self._read(text)
            except (XmlError, UnreadableError) as problem:
                quickbooks.last_refusal = str(problem)
                raise HResultError(hresults.UNREADABLE) from problem
            if quickbooks.faults.take("expire_iterators"):
                self.iterators = Iterators(quickbooks.clock, quickbooks.iterator_seconds)
            requests = Requests(self.company, self.application, self.iterators, quickbooks.faults)
            try:
                reply = self._sets.process(messages, requests)
            except HResultError as problem:
                self._ended = problem.fatal
                raise
            finally:
                quickbooks.save()
        return _document(reply)

    def _check_open(self) -> None:
        if self._ended:
            raise HResultError(hresults.BAD_TICKET)
        if self.quickbooks.dialog:
            raise HResultError(hresults.MODAL_DIALOG)

    # ------------------------------------------------------------------ reading

    def _read(self, text: str) -> Element:
        """The message set, checked against the table."""
        if not text or text[0].isspace() or text[0] == "\ufeff":
            raise UnreadableError("something stands before the XML declaration")
        document = parse(text)
        self._narrow(document.root)
        self._check_version(document)
        messages = check_frame(document.root)
        refuse_rollback = self.quickbooks.switches["rollback_on_error"] == "unreadable"
        if messages.attributes["onError"] == "rollbackOnError" and refuse_rollback:
            raise UnreadableError("rollbackOnError is not supported")
        for request in messages.children:
            self._check(request)
        return messages

    def _narrow(self, root: Element) -> None:
        """QuickBooks keeps ISO-8859-1: other characters become question marks, or stop it (switch)."""
        refused = self.quickbooks.switches["other_characters"] == "unreadable"
        for element in root.walk():
            kept = element.text.encode("latin-1", "replace").decode("latin-1")
            if refused and kept != element.text:
                raise UnreadableError(f"characters that QuickBooks doesn't know in {element.tag}")
            element.text = kept

    def _check_version(self, document: Document) -> None:
        wanted = document.instructions.get("qbxml", "")
        if not wanted.startswith("version="):
            raise UnreadableError("no <?qbxml version=...?>")
        version = wanted.removeprefix("version=").strip("\"' ")
        if version not in VERSIONS or version not in supported(self.quickbooks.highest):
            raise HResultError(hresults.UNKNOWN_VERSION)

    def _check(self, request: Element) -> None:
        name = request.tag.removesuffix("Rq")
        if name in not_simulated():
            raise HResultError(hresults.UNEXPECTED, f"sim-qbdesktop does not simulate {name}.")
        if request.tag not in load("requests").definitions:
            raise UnreadableError(f"there is no request {request.tag}")
        checker = Checker(load("requests"))
        checker.check(request, request.tag)
        if checker.wrong and self.quickbooks.switches["value_errors"] == "unreadable":
            wrong = checker.wrong[0]
            raise UnreadableError(f"{wrong.field}={wrong.text!r} in {request.tag} is no {wrong.type}")


def _document(messages: Element) -> str:
    """A whole answer, declared as QuickBooks declares it."""
    return f'<?xml version="1.0" ?>\n{write(Element("QBXML", "", {}, [messages]))}\n'
