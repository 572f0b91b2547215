"""XML as it comes from outside, read without any of its dangers, and texts as QuickBooks keeps them.

QuickBooks keeps ISO 8859-1 and nothing else. Everything is written in plain ASCII with numeric references, so no byte
depends on anybody's idea of the encoding.
"""

from __future__ import annotations

import codecs
import re
import unicodedata

from anyascii import anyascii
from lxml import etree

_TYPOGRAPHIC = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u2018\u2019\u201a\u2032", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u2033", '"'),
        "\u2026": "...",
        "\u20ac": "EUR",
        "\u2122": "(TM)",
        "\u2022": "*",
    }
)
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE = re.compile("&#(?:x([0-9A-Fa-f]+)|([0-9]+));")
_DECLARATION = re.compile(r"""^\s*<\?xml(?:\s[^>]*?encoding\s*=\s*["']([\w.-]*)["'])?[^>]*\?>""")
_FORBIDDEN = ("<!DOCTYPE", "<!ENTITY")
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_ENCODINGS = frozenset({"utf-8", "us-ascii", "iso-8859-1", "windows-1252"})
_LONGEST_DECLARATION = 200


class XmlError(ValueError):
    """What came is no XML that we read."""


def parse(content: bytes) -> etree._Element:
    """The root of a document; raises ``XmlError`` for a document type, an entity, or what is not well-formed."""
    return parse_text(_decoded(content))


def parse_text(text: str) -> etree._Element:
    """The root of a document that came as text: what its declaration says of the encoding does not matter any more.

    Characters that no XML document may have are left out: a person's slip in one memo, which .NET writes as it is,
    would keep every answer with that memo in it from being read.
    """
    plain = legal(_DECLARATION.sub("", text.lstrip("\ufeff"))).strip()
    if any(mark in plain for mark in _FORBIDDEN):
        raise XmlError("a document type is not accepted")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        remove_comments=True,
        remove_pis=True,
        # Without it a single text ends at ten million bytes; how much is read at all is the caller's to limit.
        huge_tree=True,
    )
    try:
        root = etree.fromstring(_REFERENCE.sub(_referred, plain).encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        raise XmlError("it is not well-formed XML") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise XmlError("a document type is not accepted")
    return root


def _decoded(content: bytes) -> str:
    """A document as text: by its byte order mark, by its declaration, or as UTF-8."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.removeprefix(mark).decode(encoding, "replace")
    declared = _DECLARATION.match(content[:_LONGEST_DECLARATION].decode("latin-1"))
    encoding = (declared[1] or "utf-8").lower() if declared else "utf-8"
    if encoding not in _ENCODINGS:
        raise XmlError("its encoding is not accepted")
    return content.decode(encoding, "replace")


def _referred(reference: re.Match[str]) -> str:
    code = int(reference[1], 16) if reference[1] else int(reference[2])
    return reference[0] if code < 0x110000 and legal(chr(code)) else ""


def is_element(node: etree._Element) -> bool:
    """Whether it is an element, and no comment or instruction."""
    return isinstance(node.tag, str)


def local(node: etree._Element) -> str:
    """An element's name without its namespace."""
    return etree.QName(node).localname if is_element(node) else ""


def legal(text: str) -> str:
    """The text without the characters that no XML document may have."""
    return _ILLEGAL.sub("", text)


def kept(text: str) -> str:
    """The text as QuickBooks keeps it: the characters of ISO 8859-1, everything else written in them."""
    plain = unicodedata.normalize("NFC", legal(text)).translate(_TYPOGRAPHIC)
    return "".join(_kept(character) for character in plain)


def _kept(character: str) -> str:
    code = ord(character)
    if code < 0x7F or 0xA0 <= code <= 0xFF:
        return character
    return "" if code < 0xA0 else anyascii(character)


def one_line(text: str) -> str:
    """Kept, on one line, without superfluous spaces."""
    return " ".join(kept(text).split())


def name(text: str) -> str:
    """A name in a list of QuickBooks: a colon would part it into levels."""
    return one_line(text.replace(":", " - "))


def written(text: str) -> str:
    """A text inside an element, in plain ASCII."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return escaped.encode("ascii", "xmlcharrefreplace").decode()
