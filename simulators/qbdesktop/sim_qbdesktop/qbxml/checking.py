"""Does a request keep to the table? QuickBooks reads in order and takes nothing that it doesn't expect.

What is out of place makes the whole message set unreadable; what QuickBooks then says names neither the request nor
the element, so `UnreadableError` carries those for the log of the simulator alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import values
from .grammar import Choice, Definition, Grammar, Part, optional
from .tree import Element

ON_ERROR = ("continueOnError", "rollbackOnError", "stopOnError")
SET_ATTRIBUTES = {"onError", "newMessageSetID", "oldMessageSetID", "responseData"}
_REF_PARTS = (("ListID", "id"), ("FullName", "str"))


class UnreadableError(ValueError):
    """QuickBooks can't read the message set; the reason is for whoever reads the simulator's log."""


@dataclass(frozen=True, slots=True)
class WrongValue:
    """A value of the wrong form or too long, in a field that is otherwise in its place."""

    field: str
    type: str
    text: str


class Checker:
    """Checks elements against one grammar and collects wrong values."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self.wrong: list[WrongValue] = []

    def check(self, element: Element, type_name: str) -> None:
        """UnreadableError when an element is out of place; wrong values are kept in `wrong`."""
        if element.namespace:
            raise UnreadableError(f"{element.tag} is in the namespace {element.namespace}")
        definition = self.grammar.definitions.get(type_name)
        if type_name.startswith("ref"):
            self._check_reference(element, type_name.removeprefix("ref"))
        elif definition is None:
            self._check_value(element, type_name)
        else:
            self._check_attributes(element, definition)
            self._check_content(element, definition)

    def _check_reference(self, element: Element, length: str) -> None:
        row = tuple(Part(name, kind + (length if kind == "str" else ""), False, False) for name, kind in _REF_PARTS)
        self._check_content(element, Definition({}, row))

    def _check_content(self, element: Element, definition: Definition) -> None:
        if definition.text:
            self._check_value(element, definition.text)
            return
        if element.text.strip():
            raise UnreadableError(f"text in {element.tag}: {element.text.strip()[:40]!r}")
        at = self._match_row(element, definition.items, 0)
        if at < len(element.children):
            raise UnreadableError(f"{element.children[at].tag} is not expected there in {element.tag}")

    def _match_row(self, element: Element, row: tuple[Part | Choice, ...], at: int) -> int:
        for item in row:
            at = self._match(element, item, at)
        return at

    def _match(self, element: Element, item: Part | Choice, at: int) -> int:
        """Where the children go on after those that belong to `item`."""
        children, found = element.children, 0
        while at < len(children) and children[at].tag in item.first and (item.repeats or not found):
            if isinstance(item, Part):
                self.check(children[at], item.type)
                at += 1
            else:
                tag = children[at].tag
                row = next(row for row in item.rows if any(tag in each.first for each in _reachable(row)))
                at = self._match_row(element, row, at)
            found += 1
        if not found and not optional(item):
            raise UnreadableError(f"{element.tag} lacks {' or '.join(sorted(item.first))}")
        return at

    def _check_attributes(self, element: Element, definition: Definition) -> None:
        if unknown := element.attributes.keys() - definition.attributes.keys():
            raise UnreadableError(f"{element.tag} has no attribute {', '.join(sorted(unknown))}")
        iterator = element.attributes.get("iterator")
        if iterator is not None and iterator not in ("Start", "Continue", "Stop"):
            raise UnreadableError(f"iterator={iterator}")

    def _check_value(self, element: Element, type_name: str) -> None:
        if element.attributes.keys() - {"useMacro", "defMacro"}:
            raise UnreadableError(f"{element.tag} has attributes")
        if element.children:
            raise UnreadableError(f"{element.tag} holds elements")
        allowed = self.grammar.words.get(type_name)
        if allowed is not None:
            if element.text not in allowed:
                self.wrong.append(WrongValue(element.tag, "words", element.text))
        elif not values.fits(type_name, element.text) and "useMacro" not in element.attributes:
            self.wrong.append(WrongValue(element.tag, type_name, element.text))


def _reachable(row: tuple[Part | Choice, ...]) -> list[Part | Choice]:
    """The items of a row that may come first."""
    reachable: list[Part | Choice] = []
    for item in row:
        reachable.append(item)
        if not optional(item):
            break
    return reachable


def check_frame(root: Element) -> Element:
    """The message set of a QBXML document, after a look at everything around the requests."""
    if root.tag != "QBXML" or root.namespace or len(root.children) != 1:
        raise UnreadableError("not one QBXML element with one message set")
    messages = root.children[0]
    if messages.tag != "QBXMLMsgsRq" or messages.text.strip():
        raise UnreadableError(f"{messages.tag} instead of QBXMLMsgsRq")
    if messages.attributes.get("onError") not in ON_ERROR:
        raise UnreadableError(f"onError={messages.attributes.get('onError')}")
    if unknown := messages.attributes.keys() - SET_ATTRIBUTES:
        raise UnreadableError(f"QBXMLMsgsRq has no attribute {', '.join(sorted(unknown))}")
    if messages.attributes.get("responseData", "includeAll") not in ("includeAll", "includeNone"):
        raise UnreadableError(f"responseData={messages.attributes['responseData']}")
    return messages
