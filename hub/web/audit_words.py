"""What the audit keeps, as people read it, and what they look for as the audit keeps it.

Entries are kept with the names of the hub's own lists, so that no later choice of words changes what was noted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.engine.first_write import CHECKED
from hub.engine.reconciling import MEASURE_TITLES
from hub.mapping import MappingList
from hub.web.queries.codes import TITLES
from hub.web.wording import KINDS, MODES, detail, kind_title, kinds_title, spoken

_LISTS: Mapping[str, str] = {
    **{each.value: spoken(each.value) for each in MappingList},
    **{each.value: words for each, words in TITLES.items()},
}
_MEASURES: Mapping[str, str] = {measure.value: title for measure, title in MEASURE_TITLES.items()}


def subject(what: str, kept: str) -> str:
    """To what something was done, such as "Supplier credits: automatic" where a flow was set."""
    if what == "mapped":
        return _LISTS.get(kept, kept)
    if what == "set flow":
        kind, _, mode = kept.partition(": ")
        return f"{kinds_title(kind)}: {MODES.get(mode, mode).lower()}"
    if what == "chose the accounts to reconcile":
        name, comma, measure = kept.rpartition(", ")
        return f"{name}{comma}{_MEASURES.get(measure, measure)}"
    if what == CHECKED:
        kind, colon, rest = kept.partition(": ")
        return f"{kinds_title(kind)}{colon}{rest}"
    kind, space, rest = kept.partition(" ")
    return f"{kind_title(kind)}{space}{rest}" if kind in KINDS and rest else kept


def details(kept: Mapping[str, Any] | None) -> str:
    """What is kept beside an entry, in one line."""
    return "; ".join(f"{spoken(name)}: {detail(value)}" for name, value in (kept or {}).items())


def kept_as(text: str) -> str:
    """A text that somebody looks for, with the words that pages show as the audit keeps them."""
    found = text.lower()
    for shown, kept in _SHOWN:
        found = found.replace(shown, kept)
    return found


_SHOWN = sorted(
    {
        **{words.lower(): kind for kind, both in KINDS.items() for words in both},
        **{words.lower(): mode for mode, words in MODES.items()},
        **{words.lower(): name for name, words in _LISTS.items()},
        **{words.lower(): name for name, words in _MEASURES.items()},
    }.items(),
    key=lambda each: -len(each[0]),
)
"""The longest first: supplier credits before supplier credit."""
