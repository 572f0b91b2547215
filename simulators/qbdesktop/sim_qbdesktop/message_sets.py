"""Message sets: their frame, their errors, and QuickBooks' memory of the last one, which makes resending safe.

Sources: QuickBooks Desktop SDK Programmer's Guide, error recovery; Intuit's sample programs for it.
"""

from __future__ import annotations

import hashlib

from .answers import Answer, refused
from .company.file import Company
from .company.records import StoredSet
from .company.requests import Requests
from .faults import Faults
from .hresults import UNEXPECTED, HResultError
from .qbxml.tree import Element, parse, write
from .statuses import not_processed

LONGEST_ID = 24
UNKNOWN_OLD, OTHER_CONTENT, NOTHING_STORED, TOO_LONG, NOT_STORED = 600, 9001, 9002, 9004, 9005
_RECOVERED = ("ListID", "TxnID", "TxnNumber", "EditSequence", "ExternalGUID")


class MessageSets:
    """Runs the message sets of one application on one company file."""

    def __init__(self, company: Company, application: str, faults: Faults) -> None:
        self.company = company
        self.application = application
        self.faults = faults

    def process(self, messages: Element, requests: Requests) -> Element:
        """The QBXMLMsgsRs for a set that can be read. HResultError when QuickBooks dies on the way."""
        new, old = (messages.attributes.get(name) for name in ("newMessageSetID", "oldMessageSetID"))
        if self.faults.take("memory_lost"):
            self._forget()
        if new is None and old is None:
            return _set(self._run(messages, requests, 0, []))
        code, answers = self._remembered(messages, requests, new, old)
        reply = _set(answers)
        if new is not None:
            reply.attributes["newMessageSetID"] = new
        reply.attributes["messageSetStatusCode"] = str(code)
        return reply

    def _remembered(
        self, messages: Element, requests: Requests, new: str | None, old: str | None
    ) -> tuple[int, list[Element]]:
        """The status of a set with ids, and its answers."""
        if any(len(each) > LONGEST_ID for each in (new, old) if each):
            return TOO_LONG, []
        stored = self.company.stored_sets.get(self.application)
        known = stored is not None and stored.set_id == old
        if old and not known and new is None:
            return UNKNOWN_OLD, []
        if known and new != old:
            self._forget()
        if new is None:
            return 0, self._run(messages, requests, 0, [])
        stored = self.company.stored_sets.get(self.application)
        if stored and stored.set_id == new:
            return self._again(messages, requests, stored)
        if old == new and not messages.children:
            return NOTHING_STORED, []
        if self.faults.take("memory_full"):
            return NOT_STORED, []
        return 0, self._first_time(messages, requests, StoredSet(self.application, new, checksum(messages), [], False))

    def _first_time(self, messages: Element, requests: Requests, stored: StoredSet) -> list[Element]:
        self.company.stored_sets.put(self.application, stored)
        answers = self._run(messages, requests, 0, stored.answers)
        stored.complete = True
        self.company.stored_sets.put(self.application, stored)
        return answers

    def _again(self, messages: Element, requests: Requests, stored: StoredSet) -> tuple[int, list[Element]]:
        """The same id once more: the answers of the first time, if the content is the same or there is none."""
        if messages.children and checksum(messages) != stored.checksum:
            return OTHER_CONTENT, []
        answers = [parse(text).root for text in stored.answers]
        if not stored.complete and messages.children:
            answers += self._finish(messages, requests, stored)
        if self.company.switches["recovered_answers"] == "short":
            answers = [_recovered(answer) for answer in answers]
        return 0, answers

    def _finish(self, messages: Element, requests: Requests, stored: StoredSet) -> list[Element]:
        """The rest of a set in which QuickBooks died."""
        done = len(stored.answers)
        if self.company.switches["half_done_set"] == "not_processed":
            return [refused(not_processed()).element(request) for request in messages.children[done:]]
        rest = self._run(messages, requests, done, stored.answers)
        stored.complete = True
        self.company.stored_sets.put(self.application, stored)
        return rest

    def _run(self, messages: Element, requests: Requests, done: int, kept: list[str]) -> list[Element]:
        """Carry out the requests after the first `done`; their answers are added to `kept` one by one."""
        death = self.faults.take("die_in_set") if messages.children else None
        stopping = messages.attributes["onError"] != "continueOnError"
        brief = messages.attributes.get("responseData") == "includeNone"
        answers, failed = [], False
        for number, request in enumerate(messages.children[done:]):
            if death and number == int(death.params.get("after", 1)):
                raise HResultError(UNEXPECTED, "QuickBooks has ended unexpectedly.", fatal=True)
            reply = refused(not_processed()) if failed else requests.run(request)
            failed = failed or (stopping and reply.failed)
            answers.append(_answered(reply, request, brief))
            kept.append(write(answers[-1]))
        if death:
            raise HResultError(UNEXPECTED, "QuickBooks has ended unexpectedly.", fatal=True)
        return answers

    def _forget(self) -> None:
        if self.application in self.company.stored_sets:
            self.company.stored_sets.remove(self.application)


def _answered(reply: Answer, request: Element, brief: bool) -> Element:
    if brief:
        reply.objects = []
    return reply.element(request)


def _set(answers: list[Element]) -> Element:
    return Element("QBXMLMsgsRs", "", {}, answers)


def checksum(messages: Element) -> str:
    """What a set is compared by: everything in it but the ids."""
    content = messages.attributes["onError"] + "".join(write(request) for request in messages.children)
    return hashlib.sha256(content.encode()).hexdigest()


def _recovered(answer: Element) -> Element:
    """An answer from memory with ErrorRecovery in place of the object that was added or changed."""
    if not answer.tag.endswith(("AddRs", "ModRs")) or not answer.children:
        return answer
    recovery = Element("ErrorRecovery")
    recovery.children = [child for name in _RECOVERED if (child := answer.children[0].find(name))]
    return Element(answer.tag, "", answer.attributes, [recovery])
