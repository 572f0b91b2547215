"""``hub plugins``: what is installed."""

from __future__ import annotations

from dataclasses import asdict

import click

from hub.cli.output import json_option, print_json, print_table
from hub.cli.workplace import Workplace, pass_workplace


@click.command()
@json_option
@pass_workplace
@click.pass_context
def plugins(ctx: click.Context, workplace: Workplace, as_json: bool) -> None:
    """List the plugins: what each brings, from which package, and whether it can be used.

    Installing a plugin's package with pip is all it takes; the next start finds it.

    \b
    Example:  pip install ledgerport-example && hub plugins

    On trouble: a plugin that can't be used is listed with the reason and what to do, and the exit code is 1. The
    hub does not start with one, so that nothing is left undone without a word.
    """
    installed = workplace.found.installed
    if as_json:
        print_json([asdict(info) for info in installed])
    else:
        rows = [(i.name, i.distribution, i.version, ", ".join(i.providers), i.problem or "ok") for i in installed]
        columns = ("plugin", "package", "version", "providers", "state")
        print_table(columns, rows, empty="No plugin is installed. Install one with pip; each product has its own.")
    if any(info.problem for info in installed):
        ctx.exit(1)
