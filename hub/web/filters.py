"""What the filter of a list is asked for in an address, as it was typed, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import date

from hub.web.forms import cleaned, looked_for
from hub.web.incoming import id_in, id_of


def readable_day(text: str) -> str:
    """The text, if it is a day such as 2025-07-01; else nothing."""
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        return ""


def typed_day(text: str) -> str:
    """A day as an input of dates shows it, or what was typed instead."""
    return readable_day(text) or cleaned(text)


def choice_faults(name: str, chosen: str, choices: Container[str], called: str = "") -> dict[str, str]:
    """What is wrong with a choice, by the name of its field; an empty one leaves nothing out.

    ``called`` is what a choice is to people, where that is not the name.
    """
    return {} if not chosen or chosen in choices else {name: f"There is no {called or name} {chosen}."}


def id_faults(name: str, asked: str) -> dict[str, str]:
    """What is wrong with an id that was asked for, where it can be that of nothing."""
    return choice_faults(name, asked, [] if id_of(asked) is None else [asked])


def asked_id(sent: Mapping[str, str], name: str) -> str:
    """The id of a thing that a list is narrowed down to, as text; what is none as it was asked for."""
    id = id_in(sent, name)
    return looked_for(sent, name) if id is None else str(id)


def day_faults(days: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the typed first and last day of a period, in this order, by the names of their fields."""
    wrong = {name: day for name, day in days.items() if day and not readable_day(day)}
    if wrong or not all(days.values()):
        return {name: f"{day} is not a date such as 2025-07-01." for name, day in wrong.items()}
    (name, first), (_, last) = ((name, readable_day(day)) for name, day in days.items())
    return {name: f"The first day, {first}, is after the last, {last}."} if first > last else {}
