"""What the first call of a session tells of QuickBooks and the company file that is open.

The Web Connector asks QuickBooks for its host, company and preferences and passes the answers on, in the first call
only (QuickBooks Web Connector Programmer's Guide, sendRequestXML). The company file carries our file id in a private
field that the Web Connector wrote when it was added: the proof that it is the right file.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation

from lxml import etree

from hub_qbdesktop import xmltext

HIGHEST = "13.0"
"""The version that our requests are written in."""


@dataclass(frozen=True)
class Company:
    """A company file as it was seen; empty texts where nobody said."""

    name: str = ""
    path: str = ""
    file_id: str = ""
    product: str = ""
    country: str = ""
    version: str = HIGHEST

    @property
    def title(self) -> str:
        """What people call it."""
        return self.name or self.path or "one without a name"

    def dump(self) -> str:
        """As it is stored."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> Company | None:
        """As it was stored; None for an empty text."""
        return cls(**json.loads(text)) if text else None

    def is_same_file(self, other: Company) -> bool:
        """Whether another sight is of the same file: by our id in it, and by its name; by its path where both lack.

        A file of the same name in which our id is not to be found is another one, such as a copy made before; and so is
        one of which nobody tells anything.
        """
        is_told = bool(other.name or other.file_id)
        if self.file_id and is_told and _folded(self.file_id) != _folded(other.file_id):
            return False
        if self.name and other.name:
            return _folded(self.name) == _folded(other.name)
        return _folded(self.path) == _folded(other.path) if self.path and other.path else is_told

    def is_where(self, other: Company) -> bool:
        """Whether another sight has the same name and path: one company file, whichever entity saw it."""
        mine, theirs = ((_folded(each.name), _folded(each.path)) for each in (self, other))
        return bool(self.path) and mine == theirs


def company(answers: str, path: str, country: str, version: str, owner_id: str) -> Company:
    """The company file that a session's first call is about; ``answers`` may be empty.

    Raises ``xmltext.XmlError`` where the answers are none.
    """
    if not answers.strip():
        return Company(path=path, country=country, version=_lowest(version))
    root = xmltext.parse_text(answers)
    supported = [each.text or "" for each in root.iterfind(".//HostRet/SupportedQBXMLVersion")]
    return Company(
        name=_text(root, ".//CompanyRet/CompanyName"),
        path=path,
        file_id=_file_id(root, owner_id),
        product=_text(root, ".//HostRet/ProductName"),
        country=_text(root, ".//HostRet/Country") or country,
        version=_highest(supported) or _lowest(version),
    )


def _file_id(root: etree._Element, owner_id: str) -> str:
    for field in root.iterfind(".//CompanyRet/DataExtRet"):
        ours = _folded(_text(field, "OwnerID")) == _folded(owner_id)
        if ours and _text(field, "DataExtName") == "FileID":
            return _text(field, "DataExtValue")
    return ""


def _highest(supported: list[str]) -> str:
    """The highest version that both know; editions of other countries put letters before theirs."""
    numbers = [number for number in map(_number, supported) if number is not None and number <= Decimal(HIGHEST)]
    return f"{max(numbers):.1f}" if numbers else ""


def _lowest(version: str) -> str:
    """What a version alone allows."""
    return _highest([version]) or HIGHEST


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text.strip().lstrip("CAUK"))
    except InvalidOperation:
        return None


def _text(node: etree._Element, path: str) -> str:
    return (node.findtext(path) or "").strip()


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
