"""Tracking: which option of each category of the ledger a line gets, from what its source says beside its amounts."""

from __future__ import annotations

from collections.abc import Mapping

from hub.documents import Item, Kind, Tracking, TrackingChoice
from hub.errors import Problem
from hub.mapping.rules import Chart, MappingList, Resolved, Rules, fold, map_fact, target_fact

ATTRIBUTES = (
    "sales_rep",
    "location",
    "channel",
    "category",
    "brand",
    *(f"attribute_{number}" for number in range(1, 11)),
)
"""What a category may be fed from."""
MOST_CATEGORIES = 2
"""How many categories of a ledger are used at most."""

_Pairs = tuple[tuple[str, str], ...]


def option_code(category: str, value: str) -> str:
    """The source code in the list of options: what a value is depends on the category that it feeds."""
    return f"{category} :: {value}"


class Tracker:
    """Chooses the options of one integration. ``hold`` lets a value without an option hold its document."""

    def __init__(self, rules: Rules, chart: Chart, *, hold: bool) -> None:
        self._rules = rules
        self._chart = chart
        self._hold = hold
        self._fed = rules.all(MappingList.TRACKING)

    @property
    def attributes(self) -> frozenset[str]:
        """The attributes that feed a category."""
        return frozenset(self._fed.values())

    def choices(self, item: Item | None, attributes: _Pairs, resolved: Resolved) -> tuple[TrackingChoice, ...]:
        """The options of a line: what its item says goes before what the document says."""
        if not self._fed:
            return ()
        of_item, of_document = dict(item.attributes) if item else {}, dict(attributes)
        found: list[TrackingChoice] = []
        for category, attribute in self._fed.items():
            place = "item" if attribute in of_item else "document"
            value = of_item.get(attribute) or of_document.get(attribute, "")
            choice = self._choice(category, attribute, value, place, resolved) if value else None
            if choice:
                found.append(choice)
        return tuple(found)

    def _choice(
        self, category: str, attribute: str, value: str, place: str, resolved: Resolved
    ) -> TrackingChoice | None:
        code = option_code(category, value)
        resolved.rest_on(map_fact(MappingList.OPTION, code), target_fact(Kind.TRACKING, category))
        listed = self._chart.tracking.get(category)
        target = self._rules.find(MappingList.OPTION, code)
        said = f"{attribute.replace('_', ' ')} {value} of the {place}"
        name = listed.name if listed else category
        if listed is None or not listed.active:
            self._object(
                _problem("category", f"The tracking category {name} is not in the ledger any more.", name), resolved
            )
        elif not target:
            self._object(_problem("option", f"The {said} has no option of tracking {name}.", code), resolved)
        elif (option := _option(listed, target)) is None:
            self._object(
                _problem("option", f"Tracking {name} has no option {target} any more ({said}).", code), resolved
            )
        else:
            resolved.note(f"{said} gives tracking {name}: {option}")
            return TrackingChoice(category=name, option=option)
        return None

    def _object(self, problem: Problem, resolved: Resolved) -> None:
        if self._hold:
            resolved.object_to(problem)
        else:
            resolved.warn(f"{problem.what} It is posted without.")


def _option(listed: Tracking, wanted: str) -> str | None:
    by_name: Mapping[str, str] = {fold(option): option for option in listed.options}
    return by_name.get(fold(wanted))


def _problem(sort: str, what: str, subject: str) -> Problem:
    return Problem(
        code=f"tracking_{sort}_missing",
        what=what,
        why="The integration holds what would be posted without its tracking.",
        fix="Choose what it is in the ledger on the tracking page, or let such documents go without.",
        subject=subject,
    )
