"""What the audit calls the acts on people. Whoever manages users sees them, whatever entities they see."""

from __future__ import annotations

SET_UP_OWNER = "set up the owner"
ADDED_OWNER = "added an owner"
SET_PASSWORD = "set the password of"  # noqa: S105
CHANGED_RIGHTS = "changed the rights of"
CHANGED_NAME = "changed the name of"
DEACTIVATED = "deactivated"
REACTIVATED = "reactivated"
HANDED_OVER = "handed the ownership over to"
INVITED = "invited"
INVITED_AGAIN = "invited again"
TOOK_BACK = "took back the invitation of"
ACCEPTED = "accepted the invitation of"

ALL = (
    SET_UP_OWNER,
    ADDED_OWNER,
    SET_PASSWORD,
    CHANGED_RIGHTS,
    CHANGED_NAME,
    DEACTIVATED,
    REACTIVATED,
    HANDED_OVER,
    INVITED,
    INVITED_AGAIN,
    TOOK_BACK,
    ACCEPTED,
)
