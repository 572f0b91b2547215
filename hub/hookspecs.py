"""The hooks a plugin may implement; entry-point group ``hub``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import click
    from flask import Blueprint

    from hub.engine import Hub, RunReport
    from hub.providers import Provider

PROJECT = "hub"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@dataclass(frozen=True)
class Job:
    """Something to be done again and again, by exactly one process.

    ``trigger``, ``expression`` and ``time_zone`` are those of a schedule, as in
    ``Job("rates", load_rates, "cron", "30 6 * * *", "Europe/London")`` or ``Job("ping", ping, "interval", "15m")``.
    ``do`` opens its own transactions; what it raises is logged and it is tried again at the next time. Times missed
    while the hub was off are not made up for: ``at_start`` does it also when a process becomes the scheduler.
    """

    name: str
    do: Callable[[], object]
    trigger: str = "interval"
    expression: str = "1h"
    time_zone: str = "UTC"
    at_start: bool = False


@hookspec
def register_providers() -> Sequence[Provider]:  # type: ignore[empty-body]
    """Return the providers this plugin brings."""


@hookspec
def register_blueprints(hub: Hub) -> Sequence[Blueprint]:  # type: ignore[empty-body]
    """Return Flask blueprints; ``hub`` gives the engine's verbs to a provider that visits us."""


@hookspec
def register_jobs(hub: Hub) -> Sequence[Job]:  # type: ignore[empty-body]
    """Return jobs that the scheduler runs beside the connections' own schedules."""


@hookspec
def register_commands() -> Sequence[click.Command]:  # type: ignore[empty-body]
    """Return commands that appear under ``hub``."""


@hookspec
def run_finished(report: RunReport) -> None:
    """Told after each run, with its outcome."""


@hookspec
def attention_needed(report: RunReport) -> None:
    """Told after a run that left something for a person."""
