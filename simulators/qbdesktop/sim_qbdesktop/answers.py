"""The answer to one request, before it is an element."""

from __future__ import annotations

from dataclasses import dataclass, field

from .qbxml.tree import Element
from .statuses import NO_MATCH, StatusError, severity


@dataclass(slots=True)
class Answer:
    """Status, the objects asked for, and attributes beside the status (iterators, counts)."""

    code: int = 0
    message: str = "Status OK"
    level: str = ""
    objects: list[Element] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether the rest of a stopOnError set is left undone. Codes count, not severities."""
        return self.code >= 1000

    def element(self, request: Element) -> Element:
        """The *Rs element for a request; the requestID comes back when there was one."""
        head = {"requestID": request.attributes["requestID"]} if "requestID" in request.attributes else {}
        status = {
            "statusCode": str(self.code),
            "statusSeverity": self.level or severity(self.code),
            "statusMessage": self.message,
        }
        return Element(f"{request.tag[:-2]}Rs", "", {**head, **status, **self.attributes}, self.objects)


def refused(problem: StatusError) -> Answer:
    """The answer of a refusal."""
    return Answer(problem.code, problem.message, problem.severity)


def nothing() -> Answer:
    """A query without a match."""
    return Answer(1, NO_MATCH)


def warned(names: list[str]) -> Answer:
    """Saved without some fields (530)."""
    return Answer(530, f"The field {', '.join(names)} is not supported by this implementation.")
