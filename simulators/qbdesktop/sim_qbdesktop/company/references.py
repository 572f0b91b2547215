"""From what a request names to what it means: references looked up, fields of features that are off refused."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from .. import statuses
from ..money import ZERO
from ..qbxml.reading import RefText
from .file import Company
from .kinds import FEATURES, LISTS, REFERENCES
from .records import Entry, Fields, Ref

_LIST_ID = re.compile(r"[0-9A-F]+-\d+")


class Resolver:
    """Reads the fields of one request against a company file. `warnings` are fields that were left out (530)."""

    def __init__(self, company: Company, record: str) -> None:
        self.company = company
        self.record = record
        self.warnings: list[str] = []

    def fields(self, raw: Fields) -> Fields:
        """The same fields with every reference looked up, inner ones too; StatusError for one that leads nowhere."""
        kept = {name: value for name, value in raw.items() if self._is_usable(name, value)}
        return {name: self._value(name, value) for name, value in kept.items()}

    def _value(self, name: str, value: Any) -> Any:
        if isinstance(value, RefText):
            return self.reference(name, value) if value else None
        if isinstance(value, dict):
            return self.fields(value)
        if isinstance(value, list):
            return [found for each in value if (found := self._value(name, each)) is not None]
        return value

    def _is_usable(self, name: str, value: Any) -> bool:
        """Whether the feature that a field belongs to is on; a field that says nothing needs none."""
        feature = FEATURES.get(name)
        if feature is None or value in (None, "") or self.has(feature):
            return True
        if isinstance(value, RefText) and not value:
            return True
        if self.company.switches["disabled_feature"] == "dropped":
            self.warnings.append(name)
            return False
        raise statuses.feature_off(feature)

    def has(self, feature: str) -> bool:
        preferences = self.company.preferences
        on = {
            "class tracking": preferences.classes,
            "multiple currencies": preferences.multicurrency,
            "sales tax": preferences.sales_tax,
        }
        return on.get(feature, False)

    def reference(self, name: str, text: RefText, kinds: Iterable[str] = ()) -> Ref:
        """The entry that is named. 3000 for a ListID that is none or unknown, 3140 for an unknown name."""
        allowed = tuple(kinds) or REFERENCES.get(name, ())
        noun = LISTS[allowed[0]].noun if allowed else name.removesuffix("Ref")
        entry = self._by_id(text.list_id) if text.list_id else self.company.named(allowed, text.full_name)
        if entry is None or entry.kind not in allowed:
            raise statuses.bad_reference(noun, text.full_name or text.list_id, self.record)
        if not entry.active and self.company.switches["inactive_references"] == "refused":
            raise statuses.bad_reference(noun, text.full_name or text.list_id, self.record)
        return Ref(entry.list_id)

    def _by_id(self, list_id: str) -> Entry:
        entry = self.company.entries.get(list_id)
        if entry is None:
            raise statuses.bad_id(list_id, "list id")
        return entry


def is_id(text: str) -> bool:
    """Whether a text has the form of a ListID or TxnID."""
    return bool(_LIST_ID.fullmatch(text))


def merged(before: Fields, changes: Fields) -> Fields:
    """Fields after a Mod: what is given replaces what was, what is given empty is cleared, the rest stays."""
    fields = {**before, **changes}
    return {name: value for name, value in fields.items() if value is not None and value != ""}


def number(fields: Fields, name: str) -> Decimal:
    """A number field, zero when it is absent."""
    value: Decimal | None = fields.get(name)
    return ZERO if value is None else value
