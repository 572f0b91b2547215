"""What Xero means by 401 and 403 (Xero API documentation, HTTP response codes and errors)."""

from __future__ import annotations

from hub import Answer, Problem

_RECONNECT = "Reconnect Xero on the entity's page."


def is_expired(answer: Answer) -> bool:
    """Whether a new token may help: not when the token is good and only its permissions fall short."""
    return answer.status == 401 and "AuthorizationUnsuccessful" not in answer.text


def lacks_permission(answer: Answer) -> bool:
    """Whether a scope or the app's tier does not cover what was asked."""
    return answer.status == 401 and not is_expired(answer)


def is_stale(answer: Answer) -> bool:
    """Whether Xero calls the token itself expired, which says nothing about the consent it comes from."""
    return answer.status == 401 and "TokenExpired" in answer.text


def not_accepted_yet(answer: Answer) -> Problem:
    """A token that Xero has just given out counts as expired."""
    return Problem(
        code="token_not_accepted_yet",
        what="Xero takes a new token for an expired one.",
        why="The token was renewed a moment ago, so the sign-in itself is in order.",
        fix="The hub tries again by itself. If it goes on, check this machine's clock, then status.xero.com.",
        done="Nothing was changed.",
        detail=answer.text[:1000],
    )


def rejected(answer: Answer) -> Problem:
    """Why the credentials do not work."""
    if lacks_permission(answer):
        return Problem(
            code="scope_missing",
            what="Xero did not permit the call.",
            why="The consent lacks a permission, or the app's tier does not include it. A consent can not be widened.",
            fix=f"Check permissions and tier in the entity's settings. {_RECONNECT}",
            detail=answer.text[:1000],
        )
    return Problem(
        code="token_rejected",
        what="Xero no longer accepts the entity's token.",
        fix=_RECONNECT,
        detail=answer.text[:1000],
    )


def disconnected(tenant_id: str) -> Problem:
    """The organisation is no longer among those the consent reaches."""
    return Problem(
        code="organisation_disconnected",
        what="The Xero organisation is no longer connected to the app.",
        why="Somebody removed the app in Xero, under Settings, Connected apps.",
        fix=_RECONNECT,
        subject=tenant_id,
    )


def unavailable(answer: Answer) -> Problem:
    """The organisation is connected, and Xero refuses it all the same."""
    return Problem(
        code="organisation_unavailable",
        what="Xero does not let the organisation be used.",
        why="Its trial or subscription may have ended, or the consenting user lost access.",
        fix="Log in to Xero and look at the organisation's subscription.",
        detail=answer.text[:1000],
    )
