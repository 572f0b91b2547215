"""The sample plugin: what it registers, one function per hook."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import click
from flask import Blueprint

from hub import Hub, Job, Provider, RunReport, hookimpl
from hub_sample.provider import SampleShop

log = logging.getLogger("hub_sample")


@hookimpl
def register_providers() -> Sequence[Provider]:
    """Bring the shop."""
    return [SampleShop()]


@hookimpl
def register_blueprints(hub: Hub) -> Sequence[Blueprint]:
    """Bring one page, which says how many providers there are."""
    pages = Blueprint("sample", __name__, url_prefix="/sample")

    @pages.get("/")
    def show() -> str:
        return f"{len(hub.providers)} providers"

    return [pages]


@hookimpl
def register_jobs(hub: Hub) -> Sequence[Job]:
    """Log every hour how many connections wait for their run."""
    return [Job("count", lambda: log.info("%s connections wait", len(hub.wanted())), "interval", "1h")]


@hookimpl
def register_commands() -> Sequence[click.Command]:
    """Bring ``hub sample``."""

    @click.command("sample")
    def command() -> None:
        """Say hello.

        \b
        Example:  hub sample

        On trouble: there is none.
        """
        click.echo("Hello from the sample plugin.")

    return [command]


@hookimpl
def run_finished(report: RunReport) -> None:
    """Note every run."""
    log.info("run %s of %s: %s", report.run_id, report.connection, report.state)


@hookimpl
def attention_needed(report: RunReport) -> None:
    """Note the runs that left something for a person."""
    log.warning("%s needs a person: %s", report.connection, report.problem or dict(report.counts))
