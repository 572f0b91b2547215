"""XML as a small tree of elements: read strictly, written as QuickBooks writes it.

Document types and entities are refused outright: neither SOAP nor qbXML has any use for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr


class XmlError(ValueError):
    """Not well-formed, or with a document type; says where."""


@dataclass(slots=True)
class Element:
    """One element. Attributes with a namespace are named `{namespace}name`."""

    tag: str
    text: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)
    namespace: str = ""

    def add(self, tag: str, text: str = "", **attributes: str) -> Element:
        """Append a child and return it."""
        child = Element(tag, text, attributes)
        self.children.append(child)
        return child

    def find(self, tag: str) -> Element | None:
        """The first child of that name."""
        return next((child for child in self.children if child.tag == tag), None)

    def all(self, tag: str) -> list[Element]:
        return [child for child in self.children if child.tag == tag]

    def value(self, *path: str) -> str:
        """The text at the end of a path of first children; empty when there is none."""
        here: Element | None = self
        for tag in path:
            here = here.find(tag) if here else None
        return here.text if here else ""

    def walk(self) -> Iterator[Element]:
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(slots=True)
class Document:
    """A document: its root and its processing instructions, by target."""

    root: Element
    instructions: dict[str, str]


def _named(name: str) -> tuple[str, str]:
    namespace, _, tag = name.rpartition(" ")
    return namespace, tag


class _Builder:
    """Collects what expat tells."""

    def __init__(self) -> None:
        self.open: list[Element] = []
        self.root: Element | None = None
        self.instructions: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, tag = _named(name)
        named = {_named(key): value for key, value in attributes.items()}
        shown = {f"{{{space}}}{key}" if space else key: value for (space, key), value in named.items()}
        element = Element(tag, "", shown, [], namespace)
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def end(self, name: str) -> None:
        element = self.open.pop()
        if element.children and not element.text.strip():
            element.text = ""

    def characters(self, data: str) -> None:
        if self.open:
            self.open[-1].text += data

    def instruction(self, target: str, data: str) -> None:
        self.instructions[target] = data

    def doctype(self, *declared: object) -> None:
        raise XmlError("a document type is not allowed")


def parse(source: str | bytes) -> Document:
    """Read a document. Text is taken as it is, whatever encoding its declaration names; bytes follow theirs."""
    parser = expat.ParserCreate("utf-8" if isinstance(source, str) else None, " ")
    parser.buffer_text = True
    builder = _Builder()
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    parser.ProcessingInstructionHandler = builder.instruction
    parser.StartDoctypeDeclHandler = builder.doctype
    try:
        parser.Parse(source.encode() if isinstance(source, str) else source, True)
    except (expat.ExpatError, UnicodeError, LookupError) as problem:
        raise XmlError(str(problem)) from problem
    if builder.root is None:
        raise XmlError("no element")
    return Document(builder.root, builder.instructions)


def _ascii(text: str) -> str:
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def write(element: Element, newline: str = "\n") -> str:
    """An element as text in ASCII, other characters as numbers; each element that has children on lines of its own."""
    attributes = "".join(f" {name}={_ascii(quoteattr(value))}" for name, value in element.attributes.items())
    if element.children:
        inside = newline.join(write(child, newline) for child in element.children)
        return f"<{element.tag}{attributes}>{newline}{inside}{newline}</{element.tag}>"
    if element.text:
        return f"<{element.tag}{attributes}>{_ascii(escape(element.text))}</{element.tag}>"
    return f"<{element.tag}{attributes} />" if attributes else f"<{element.tag}></{element.tag}>"
