"""Message sets of qbXML: several requests in one document, and the answers matched to them.

A set that writes has an id of ours. QuickBooks keeps its answer under that id until it is told to forget it, and gives
it again when the identical set comes again (QuickBooks Desktop SDK Programmer's Guide, error recovery).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from hub_qbdesktop import xmltext
from hub_qbdesktop.host import HIGHEST

SET_ID_LENGTH = 24
REQUEST_ID_LENGTH = 50
RECOVERY_CODES = frozenset({600, 9001, 9002, 9004, 9005})
"""Statuses of a whole set that say nothing of its requests: unknown id, other content, nothing stored, id too long, and
not storable."""

_SET_TAG = re.compile(rb'<QBXMLMsgsRq [^>]*newMessageSetID="([0-9A-Za-z-]+)"')
_VERSION = f'<?qbxml version="{HIGHEST}"?>'


@dataclass(frozen=True)
class Reply:
    """The answer to one request: its status, what was returned, and where an iterator stands.

    ``recovered`` is what QuickBooks gives in place of a record when it only remembers that it carried out the request.
    """

    request_id: str
    name: str
    code: int
    message: str = ""
    records: Sequence[etree._Element] = field(default_factory=tuple)
    recovered: etree._Element | None = None
    iterator: str = ""
    remaining: int = 0
    root: etree._Element | None = None

    @property
    def is_done(self) -> bool:
        """Whether the request was carried out: with status OK, or with a warning and data. The severity is no proof."""
        return self.code == 0 or 501 <= self.code < 600

    @property
    def is_not_found(self) -> bool:
        """Whether there is no such record."""
        return self.code in (1, 500)


@dataclass(frozen=True)
class ReplySet:
    """The answers of a set, and the status that QuickBooks gives the set where it recovers from an error."""

    replies: Sequence[Reply]
    code: int = 0

    @property
    def says_nothing(self) -> bool:
        """Whether the set's status leaves open what became of its requests."""
        return self.code in RECOVERY_CODES

    def by_id(self) -> Mapping[str, Reply]:
        """Each request's answer."""
        return {reply.request_id: reply for reply in self.replies}


def document(requests: Sequence[str]) -> bytes:
    """A set of requests. One bad request never stops the others."""
    inner = "".join(requests)
    return (
        f'<?xml version="1.0" encoding="utf-8"?>{_VERSION}<QBXML><QBXMLMsgsRq onError="continueOnError">'
        f"{inner}</QBXMLMsgsRq></QBXML>"
    ).encode("ascii")


def requests(content: bytes) -> Mapping[str, etree._Element]:
    """The requests of a set by their ids."""
    root = xmltext.parse(content)
    return {node.get("requestID", ""): node for node in root.iterfind("QBXMLMsgsRq/*")}


def set_id(question: bytes) -> str:
    """The id of a set that writes; empty for one that reads."""
    found = _SET_TAG.search(question)
    return found[1].decode() if found else ""


def named(question: bytes, new_set: str) -> bytes:
    """A set of requests with an id of ours: it writes."""
    if len(new_set) > SET_ID_LENGTH:
        raise ValueError(f"a message set's id has at most {SET_ID_LENGTH} characters")
    plain = b'onError="continueOnError"'
    return question.replace(plain, plain + f' newMessageSetID="{new_set}"'.encode(), 1)


def decorated(question: bytes, *, spent: str, version: str) -> str:
    """A set as it leaves: in a version that this QuickBooks knows, and with the id that it may forget."""
    text = question.decode().replace(_VERSION, f'<?qbxml version="{version or HIGHEST}"?>', 1)
    return text.replace(' newMessageSetID="', f' oldMessageSetID="{spent}" newMessageSetID="', 1) if spent else text


def clearing(spent: str, version: str) -> str:
    """An empty set that lets QuickBooks forget the last answer."""
    return _empty(f'oldMessageSetID="{spent}"', version)


def answer_again(set_id: str, version: str) -> str:
    """An empty set that asks for the answer to an earlier one, and carries nothing out."""
    return _empty(f'oldMessageSetID="{set_id}" newMessageSetID="{set_id}"', version)


def _empty(ids: str, version: str) -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><?qbxml version="{version or HIGHEST}"?><QBXML>'
        f'<QBXMLMsgsRq onError="continueOnError" {ids}></QBXMLMsgsRq></QBXML>'
    )


def read(answer: bytes) -> ReplySet:
    """The answers in a document; raises ``xmltext.XmlError`` where it is none."""
    root = xmltext.parse_text(answer.decode("utf-8", "replace"))
    found = root if xmltext.local(root) == "QBXMLMsgsRs" else root.find("QBXMLMsgsRs")
    if found is None:
        raise xmltext.XmlError("there is no answer in it")
    replies = [_reply(each) for each in found if xmltext.is_element(each)]
    return ReplySet(replies, _number(found.get("messageSetStatusCode", "0")))


def _reply(node: etree._Element) -> Reply:
    inner = [each for each in node if xmltext.is_element(each)]
    return Reply(
        request_id=node.get("requestID", ""),
        name=xmltext.local(node).removesuffix("Rs"),
        code=_number(node.get("statusCode", "0")),
        message=node.get("statusMessage", "").strip(),
        records=[each for each in inner if xmltext.local(each).endswith("Ret")],
        recovered=node.find("ErrorRecovery"),
        iterator=node.get("iteratorID", ""),
        remaining=_number(node.get("iteratorRemainingCount", "0")),
        root=node,
    )


def _number(text: str) -> int:
    """A status that is no number is nothing that we know: it counts as trouble."""
    return int(text) if text.strip().lstrip("-").isdigit() else 1000
