"""The demonstration: `hub demo`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from hub import hookimpl


@hookimpl
def register_commands() -> Sequence[click.Command]:
    """Bring the command ``demo``."""
    from hub_demo.command import demo

    return [demo]
