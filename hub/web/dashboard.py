"""The first page: one sentence on how things stand, what needs a person, and where every document is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from hub.models import Schedule
from hub.scheduler import next_runs
from hub.web import wording
from hub.web.context import the_hub
from hub.web.queries import attention, first_write, linked, tally
from hub.web.queries.tables import CONNECTIONS, SCHEDULES

pages = Blueprint("dashboard", __name__)


@dataclass(frozen=True)
class Standing:
    """The numbers that the sentence is made of."""

    connections: int
    integrations: int
    flows_on: int
    proposed: int
    on_their_way: int
    needing_a_person: int
    failing: int

    def sentence(self) -> str:
        """How things stand, in one sentence."""
        if not self.connections:
            return "Nothing is connected yet: connect your stock system first, then your ledger."
        if not self.integrations:
            return "Connected, but not joined yet: join your stock system and your ledger."
        if not self.flows_on:
            return "Everything is switched off: choose what is to be posted."
        parts = [
            wording.counted(self.failing, "connection fails", "connections fail") if self.failing else "",
            wording.counted(self.needing_a_person, "document needs you", "documents need you")
            if self.needing_a_person
            else "",
            f"{self.proposed:,} wait for your approval" if self.proposed else "",
            f"{self.on_their_way:,} are on their way" if self.on_their_way else "",
        ]
        said = ", ".join(part for part in parts if part)
        return f"{said}." if said else "Everything is posted, nothing needs you."


@pages.get("/")
def show() -> ResponseReturnValue:
    """The dashboard."""
    hub = the_hub()
    with hub.store.read() as db:
        states = attention.count_by_state(db)
        failing = attention.failing_connections(db)
        groups = attention.groups(db, 1)
        unreadable = attention.unreadable(db, 1)
        tallies = tally.tallies(db)
        kept_off = first_write.kept_off(db)
        outside = tally.skipped_by_source(db)
        runs = linked.runs(db, 1)
        counts = (len(linked.connections(db)), len(linked.integrations(db)))
        upcoming = _upcoming(db)
    standing = Standing(
        *counts,
        flows_on=len(tallies),
        proposed=states.get("proposed", 0),
        on_their_way=states.get("pending", 0) + states.get("sending", 0),
        needing_a_person=sum(states.get(state, 0) for state in attention.STATES) + unreadable.total,
        failing=len(failing),
    )
    return render_template(
        "dashboard.html",
        standing=standing,
        failing=failing,
        groups=groups,
        unreadable=unreadable.total,
        kept_off=kept_off,
        tallies=tallies,
        outside=outside,
        runs=runs.rows[:5],
        upcoming=upcoming,
    )


def _upcoming(db: sa.Connection) -> list[tuple[str, Any]]:
    """The next scheduled run of each schedule that is not paused, soonest first."""
    present = the_hub().clock()
    chosen = (
        sa.select(SCHEDULES, CONNECTIONS.c.name.label("connection"))
        .join(CONNECTIONS, CONNECTIONS.c.id == SCHEDULES.c.connection_id)
        .where(SCHEDULES.c.paused.is_(False), CONNECTIONS.c.removed_at.is_(None))
    )
    found: list[tuple[str, Any]] = []
    for row in db.execute(chosen):
        values = {name: value for name, value in row._mapping.items() if name != "connection"}
        found.extend((row.connection, moment) for moment in next_runs(Schedule(**values), 1, present))
    return sorted(found, key=lambda each: each[1])[:5]
