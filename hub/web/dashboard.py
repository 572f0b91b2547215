"""The first page: one sentence on how things stand, what needs a person, two charts, and where every document is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from hub.engine.reconciling import following, signed_to
from hub.models import Schedule
from hub.providers import Role
from hub.scheduler import has_scheduler, next_runs
from hub.web import charts, wording
from hub.web.access import Right, may
from hub.web.context import chosen_integration, the_hub
from hub.web.queries import health as recent
from hub.web.queries import linked, reconciliation, standing, tally
from hub.web.queries.scope import Scope, scope
from hub.web.queries.tables import RUNS, SCHEDULES
from hub.web.remembered import remembered
from hub.web.unchanged import while_unchanged
from hub.web.visits import awaited, visits

pages = Blueprint("dashboard", __name__)

MOST_CURRENCIES = 3
"""So many charts of what is not posted are shown; the tables show all."""


@dataclass(frozen=True)
class Numbers:
    """What takes many rows to find, and is remembered until something changes."""

    standing: standing.Standing
    health: recent.Health
    unposted: Sequence[recent.Unposted]
    tallies: Sequence[tally.FlowTally]
    outside: Sequence[tuple[str, str, int]]


@dataclass(frozen=True)
class Step:
    """One of the first steps, and whether it is done."""

    words: str
    endpoint: str
    done: bool


@pages.get("/")
def show() -> ResponseReturnValue:
    """The dashboard."""
    hub = the_hub()
    with hub.store.read() as db:
        here = scope(db, chosen_integration())
        numbers = _numbers(db, here)
        failing = standing.failing(db, here.connection_ids)
        kept_off = standing.kept_off(db, here.integration_ids)
        calls = linked.calls_today(hub, db, here.connections)
        last = _last_run(db, here.connection_ids)
        drifted = reconciliation.drifted(db, here.integration_ids)
        compared = reconciliation.newest_done(db, here.integration_ids)
        signed = reconciliation.signed_periods(db, here.integration_ids) if compared else {}
        schedules = _schedules(db, here.connection_ids)
        alive = not schedules or has_scheduler(hub.store, db)
    upcoming = _upcoming(schedules, here)
    steps = first_steps(here, bool(numbers.tallies))
    return render_template(
        "dashboard.html",
        sentence=sentence(
            numbers.standing,
            failing=len(failing),
            drifted=len(drifted),
            kept_off=len(kept_off),
            steps=steps,
            may_set_up=may(Right.MANAGE_ENTITIES),
        ),
        caveats=[] if any(not step.done for step in steps) else caveats(here, numbers, schedules),
        awaited=awaited(here.connections),
        visited=[row.id for row in here.connections if visits(hub.providers.get(row.provider))],
        steps=steps,
        numbers=numbers,
        failing=failing,
        kept_off=kept_off,
        drifted=drifted,
        compared=compared,
        signed={integration: signed_to(periods) for integration, periods in signed.items()},
        following=following,
        today=hub.clock().date(),
        connections=here.connections,
        calls=calls,
        last=last,
        upcoming=upcoming,
        alive=alive,
        readings={"health": reading_of_health(numbers.health), "unposted": reading_of_unposted(numbers.unposted)},
        drawn=numbers.unposted[:MOST_CURRENCIES],
        ages=[words for words, _ in recent.AGES],
    )


@pages.get("/charts/health.svg")
def draw_health() -> ResponseReturnValue:
    """Thirty days of syncs, as an image."""
    found = _chart_numbers().health
    labels = [f"{each.day:%m-%d}" for each in found.days]
    series = [(words, [getattr(each, name) for each in found.days]) for name, words in SERIES]
    return charts.answer(charts.stacked_bars(_theme(), labels, series))


@pages.get("/charts/unposted/<currency>.svg")
def draw_unposted(currency: str) -> ResponseReturnValue:
    """What is not posted in one currency, by age, as an image."""
    found = next((each for each in _chart_numbers().unposted if each.currency == currency), None)
    if found is None:
        abort(404)
    return charts.answer(charts.bars(_theme(), [words for words, _ in recent.AGES], currency, found.amounts))


SERIES = (("posted", "Posted"), ("skipped", "Skipped"), ("failed", "Refused"))


def first_steps(here: Scope, anything_on: bool) -> list[Step]:
    """What has to be done before anything is posted, in order."""
    providers = the_hub().providers
    return [
        Step("Connect your stock system", "connecting.choose", here.has(Role.STOCK, providers)),
        Step("Connect your ledger", "connecting.choose", here.has(Role.LEDGER, providers)),
        Step(
            "Join the two, and choose what is posted",
            "integrations.show_all" if here.integrations else "integrations.ask",
            bool(here.integrations) and anything_on,
        ),
    ]


def sentence(
    found: standing.Standing,
    *,
    failing: int,
    drifted: int,
    kept_off: int,
    steps: Sequence[Step],
    may_set_up: bool,
) -> str:
    """How things stand, in one sentence. Who ``may_set_up`` what is missing is told to do so, others who can.

    ``drifted`` is how many periods have other figures since they were signed off, ``kept_off`` how many flows wait for
    a decision: each needs a person as well. Whatever the cards show is in it.
    """
    undone = [step for step in steps if not step.done]
    if undone and not may_set_up:
        next_step = f"{undone[0].words[:1].lower()}{undone[0].words[1:]}"
        told = f"The next step is for somebody with the right to manage entities: {next_step}."
        return f"{told} If that is done already, ask for access to it."
    if len(undone) == len(steps):
        return "Nothing is connected yet: three steps, and the first documents can be looked at."
    if undone:
        return f"Almost there. Next: {undone[0].words[:1].lower()}{undone[0].words[1:]}."
    rest = ", ".join(_rest(found, failing, found.needing_a_person + drifted + kept_off)) or "nothing needs you"
    if found.posted_to is None:
        return f"Nothing is posted yet; {rest}."
    return f"All posted to {wording.day(found.posted_to)}; {rest}."


def _rest(found: standing.Standing, failing: int, needing: int) -> list[str]:
    """What the sentence says of each sort of card."""
    parts = (
        wording.counted(failing, "entity fails", "entities fail") if failing else "",
        wording.counted(needing, "needs you", "need you") if needing else "",
        wording.counted(found.proposed, "waits for your approval", "wait for your approval") if found.proposed else "",
        wording.counted(found.waiting, "waits", "wait") + " for others" if found.waiting else "",
        wording.counted(found.on_their_way, "is on its way", "are on their way") if found.on_their_way else "",
        wording.counted(found.drafts, "draft waits", "drafts wait") + " in the ledger" if found.drafts else "",
        wording.counted(found.unlinked, "contact is", "contacts are") + " not linked" if found.unlinked else "",
    )
    return [part for part in parts if part]


def caveats(here: Scope, numbers: Numbers, schedules: Sequence[Schedule]) -> list[str]:
    """What else belongs to "nothing needs you": documents that no rule lets through, and reading that rests."""
    today = the_hub().clock().date()
    found = [
        f"{row.name} starts on {row.start_date}, which is in the future: nothing dated before it is posted."
        for row in here.integrations
        if row.start_date > today
    ]
    if not sum(each.documents for each in numbers.tallies):
        found.append("No document was read yet.")
    if left_out := sum(each.not_eligible for each in numbers.tallies):
        by_date = sum(
            n for each in numbers.tallies for rule, n in each.rules.items() if "before the start date" in rule
        )
        dated = f", {by_date:,} for the start date" if by_date else ""
        found.append(f"{wording.counted(left_out, 'document')} left out by the rules{dated}.")
    if paused := sum(each.paused for each in schedules):
        found.append(f"{wording.counted(paused, 'schedule')} paused: nothing is read by itself there.")
    return found


def reading_of_health(found: recent.Health) -> str:
    """The chart in one line."""
    posted, skipped, failed = (found.total(name) for name, _ in SERIES)
    if not posted + skipped + failed:
        return f"Nothing was posted, skipped or refused in the last {recent.DAYS} days."
    were = f"{wording.counted(posted, 'record')} {'was' if posted == 1 else 'were'} posted"
    said = f"In the last {recent.DAYS} days {were}, {skipped:,} skipped and {failed:,} refused"
    return f"{said}, refusals on {wording.counted(found.failing_days, 'day')}." if failed else f"{said}."


def reading_of_unposted(found: Sequence[recent.Unposted]) -> str:
    """The charts in one line, each currency by itself."""
    if not found:
        return "Nothing is left to post."
    parts = [f"{each.total:,.2f} {each.currency}, the oldest {each.oldest}" for each in found]
    return f"Not posted: {'; '.join(parts)}."


def _numbers(db: sa.Connection, here: Scope) -> Numbers:
    integrations, connections = here.integration_ids, here.connection_ids
    today = the_hub().clock().date()

    def find() -> Numbers:
        return Numbers(
            standing=standing.standing(db, integrations, connections),
            health=recent.health(db, today, integrations, connections),
            unposted=recent.unposted(db, today, integrations),
            tallies=tally.tallies(db, integrations),
            outside=tally.skipped_by_source(db, connections),
        )

    return remembered(db, ("dashboard", integrations, connections, today), find)


def _chart_numbers() -> Numbers:
    with the_hub().store.read() as db:
        return _numbers(db, scope(db, chosen_integration()))


def _theme() -> charts.Theme:
    return "dark" if request.args.get("theme") == "dark" else "light"


@while_unchanged
def _last_run(db: sa.Connection, connections: tuple[int, ...]) -> sa.Row[Any] | None:
    return db.execute(_LAST_RUN, {"connections": connections}).first()


@while_unchanged
def _schedules(db: sa.Connection, connections: tuple[int, ...]) -> Sequence[Schedule]:
    """Every schedule of these connections, paused ones included."""
    return [Schedule(**row._mapping) for row in db.execute(_SCHEDULES, {"connections": connections})]


_CONNECTIONS: sa.BindParameter[Any] = sa.bindparam("connections", expanding=True)
_LAST_RUN = sa.select(RUNS).where(RUNS.c.connection_id.in_(_CONNECTIONS)).order_by(RUNS.c.id.desc()).limit(1)
_SCHEDULES = sa.select(SCHEDULES).where(SCHEDULES.c.connection_id.in_(_CONNECTIONS))


def _upcoming(schedules: Sequence[Schedule], here: Scope) -> tuple[str, datetime] | None:
    """What its schedule begins next, and when: the sync of a connection, or the reconciliation of an integration."""
    present = the_hub().clock()
    names = {row.id: row.name for row in here.connections}
    joined = [row for row in here.integrations if {row.stock_id, row.ledger_id} <= names.keys()]
    sides = {row.id: f"{names[row.stock_id]} with {names[row.ledger_id]}" for row in joined}
    found = [
        (
            moment,
            f"Reconciliation of {sides[each.integration_id]}" if each.integration_id else names[each.connection_id],
        )
        for each in schedules
        if not each.integration_id or each.integration_id in sides
        for moment in next_runs(each, 1, present)
    ]
    return (min(found)[1], min(found)[0]) if found else None
