"""Somebody to sign in to the demo's pages as."""

from __future__ import annotations

from hub.accounts import roster
from hub.accounts.roster import Name
from hub.engine import Hub

OWNER = Name("Demo", "Owner", "demo@example.com")
PASSWORD = "for-the-demo-only"  # noqa: S105 - everybody may know it: the demo's pages are served to this machine alone


def ensure_owner(hub: Hub) -> None:
    """Make the owner of a new demo; one that was set up before keeps its people."""
    if not roster.anybody(hub):
        roster.add_first_owner(hub, OWNER, PASSWORD)
