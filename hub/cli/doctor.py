"""``hub doctor``: is everything all right, and if not, what to do."""

from __future__ import annotations

from dataclasses import asdict

import click

from hub.cli.checks import Finding, examine
from hub.cli.output import json_option, print_json
from hub.cli.workplace import Workplace, pass_workplace


@click.command()
@json_option
@pass_workplace
@click.pass_context
def doctor(ctx: click.Context, workplace: Workplace, as_json: bool) -> None:
    """Check the data folder, the database, the keys, the plugins, the clock, the scheduler and every connection.

    \b
    Examples:  hub doctor
               hub doctor --json      for monitoring

    On trouble: each fault comes with what mends it, and the exit code is 1. Nothing is changed, neither here nor at
    the platforms.
    """
    findings = list(examine(workplace))
    if as_json:
        print_json([{**asdict(each), "is_well": each.is_well} for each in findings])
    else:
        for each in findings:
            _print(each)
    if not all(each.is_well for each in findings):
        ctx.exit(1)


def _print(finding: Finding) -> None:
    mark = click.style("ok  ", fg="green") if finding.is_well else click.style("FIX ", fg="red", bold=True)
    click.echo(f"{mark} {finding.name}: {finding.says}")
    if finding.fix:
        click.echo(f"     {finding.fix}")
