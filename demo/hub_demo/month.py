"""The month that the demo plays: set up, synced, compared."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from rich.console import Console

from hub.ending import Ending
from hub.engine import Hub
from hub_demo.beginning import note_set_up
from hub_demo.journey import START_DATE, Joined, set_up
from hub_demo.ledger import Ledger
from hub_demo.simulators import Pair
from hub_demo.summary import Summary, created_so_far, summarise
from hub_demo.syncing import sync

TRUE_MINUTE = 60.0


@dataclass(frozen=True)
class Scene:
    """Who plays in this demo, and where it is told."""

    hub: Hub
    pair: Pair
    ledger: Ledger
    console: Console
    minute: float
    ending: Ending = field(default_factory=Ending)

    def say(self, text: str) -> None:
        """Tell what happens now; raises ``ToldToEndError`` instead when the demo was told to end."""
        self.ending.check()
        self.console.print(f"· {text}")


def play(scene: Scene, *, review: bool = False) -> Summary:
    """Set up, sync, compare; between two steps it raises ``ToldToEndError`` when the demo was told to end."""
    hub, pair, ledger = scene.hub, scene.pair, scene.ledger
    started = time.monotonic()
    joined = set_up(hub, pair, minute=scene.minute, say=scene.say, ledger=ledger, review=review, stock=True)
    note_set_up(hub.settings.data)
    _announce(scene)
    if review and not joined.is_new:
        scene.say(f"this demo was set up before; --review counts for a new one (remove {hub.settings.data})")
    before = created_so_far(hub, joined)
    failures = sync(hub, pair, ledger, joined, scene.console)
    scene.ending.check()
    for failure in failures:
        scene.console.print(f"[yellow]{failure}[/yellow]")
    _must_be_run(scene, joined)
    again = ledger.again(hub, pair, joined.ledger_id)
    scene.say("reconciling the stock of December")
    worth = ledger.reconciled(hub, pair, joined.integration_id, START_DATE)
    seconds = time.monotonic() - started
    return summarise(hub, joined, pair, before=before, seconds=seconds, stock=worth, ledger=ledger, again=again)


def _must_be_run(scene: Scene, joined: Joined) -> None:
    """End the demo where a connection still waits for its run: another process is at it, or was until it was killed."""
    hub = scene.hub
    ours = (joined.stock_id,) if scene.ledger.visits else (joined.stock_id, joined.ledger_id)
    names = [hub.connection(id).name for id, _ in hub.wanted() if id in ours]
    if names:
        raise SystemExit(
            f"{' and '.join(names)} could not be run: another process is at it, or an earlier demo was ended at once in"
            f" its run, which is taken over after {hub.settings.run_stale_seconds:g} seconds. Run the demo again then."
        )


def _announce(scene: Scene) -> None:
    if scene.minute < TRUE_MINUTE:
        scene.say(scene.ledger.hurry.format(minute=scene.minute))
