"""The frame around every page: the navigation, the switch between integrations, and how the page looks."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, request
from markupsafe import Markup

import hub as package
from hub.accounts import Account
from hub.web import addresses, preferences
from hub.web.access import Right, may, person
from hub.web.addresses import here
from hub.web.context import chosen_integration, the_hub
from hub.web.paging import SIZES, page_size
from hub.web.queries.pairs import Pair
from hub.web.switching import pairs


@dataclass(frozen=True)
class Entry:
    """One line of the navigation."""

    endpoint: str
    words: str

    @property
    def current(self) -> str:
        """The value of ``aria-current``: this very page, a page of the same subject, or neither."""
        if request.endpoint == self.endpoint:
            return "page"
        return "true" if request.blueprint == self.endpoint.partition(".")[0] else ""


@dataclass(frozen=True)
class Group:
    """Entries that belong together."""

    title: str
    entries: Sequence[Entry]


NAVIGATION = (
    Group("", (Entry("dashboard.show", "Dashboard"),)),
    Group(
        "Documents",
        (
            Entry("ready.show", "Ready to sync"),
            Entry("changed.show", "Changed since posted"),
            Entry("attention.show", "Attention"),
            Entry("runs.show_all", "Runs"),
            Entry("contacts.choose", "Contacts"),
            Entry("report.show", "Sync report"),
            Entry("reconciliation.show_all", "Reconciliation"),
        ),
    ),
    Group(
        "Set-up",
        (
            Entry("connections.show_all", "Entities"),
            Entry("integrations.show_all", "Integrations"),
            Entry("schedules.show_all", "Schedules"),
        ),
    ),
    Group(
        "Administration",
        (Entry("people.show_all", "People"), Entry("audit.show", "Audit"), Entry("plugins.show", "Plugins")),
    ),
)
"""An entry is shown where its page exists and the person who looks may use it."""

MOST_PIECES = 500
"""So many pieces of frames are kept: one for each page and sort of person is some hundred."""


class Frame:
    """What the frame's template asks for. Nothing is read before it asks: an error's page reads nothing."""

    themes = preferences.THEMES

    def navigation(self) -> list[Group]:
        """The groups that have something in them for this person."""
        shown = [Group(group.title, [each for each in group.entries if usable(each.endpoint)]) for group in NAVIGATION]
        return [group for group in shown if group.entries]

    def has(self, endpoint: str) -> bool:
        """Whether there is such a page, and it is for this person."""
        return usable(endpoint)

    def kept(self, piece: str, *about: Hashable, caller: Callable[[], Markup]) -> Markup:
        """A piece of the frame that is the same on many pages, rendered once for whatever it is ``about``."""
        pieces: dict[Hashable, Markup] = current_app.extensions.setdefault("pieces of the frame", {})
        key = (piece, about, request.script_root)
        found = pieces.get(key)
        if found is None:
            if len(pieces) >= MOST_PIECES:
                pieces.clear()
            found = pieces[key] = caller()
        return found

    @property
    def rights(self) -> frozenset[Right]:
        """What the person who looks may do: the navigation leads to nothing else."""
        return frozenset(right for right in Right if may(right))

    @property
    def person(self) -> Account | None:
        """Who is signed in; somebody who is not gets neither navigation nor search."""
        return person()

    @property
    def environment(self) -> str:
        """What this installation is for, when it is not for the real books."""
        return the_hub().settings.environment

    @property
    def theme(self) -> str:
        """``light``, ``dark``, or ``auto`` for what the browser prefers."""
        return preferences.theme()

    @property
    def keys(self) -> bool:
        """Whether single keys do something."""
        return preferences.keys()

    @property
    def here(self) -> str:
        """Where forms of the frame lead back to."""
        return here()

    def pairs(self) -> Sequence[Pair]:
        """What there is to switch between."""
        return pairs()

    def chosen(self) -> int | None:
        """The integration that was switched to."""
        return chosen_integration()


def usable(endpoint: str) -> bool:
    """Whether the page exists and the person who looks has the right it needs."""
    view = current_app.view_functions.get(endpoint)
    if view is None:
        return False
    right = getattr(view, "needed_right", None)
    return right is None or may(right)


def install(app: Flask) -> None:
    """Give every template its frame."""

    def offered() -> dict[str, Any]:
        return {"frame": Frame(), "hub_version": package.__version__}

    app.context_processor(offered)
    addresses.install(app)
    app.add_template_global(page_size)
    app.jinja_env.globals["page_sizes"] = SIZES
