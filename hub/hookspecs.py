"""The hooks a plugin may implement; entry-point group ``hub``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import click
    from flask import Blueprint

    from hub.engine import Hub, RunReport
    from hub.providers import Provider
    from hub.scheduler import Job

PROJECT = "hub"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


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
