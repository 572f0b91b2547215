"""Who may do what: the gate before every page, the rights that views ask for, and the entities that each person sees.

Every view needs a person who is signed in, unless it is marked :func:`public`. A view marked :func:`needs` asks for a
right besides. A view that changes something and is marked with neither is the owner's alone, so that one that was
forgotten is closed, not open; :func:`personal` marks those that change only what is the person's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import Flask, abort, current_app, has_request_context, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user
from werkzeug.exceptions import SecurityError

from hub.accounts import Account, Right, Sort, roster, visibility
from hub.models import PersonRow, table

__all__ = [
    "Right",
    "actor",
    "may",
    "needs",
    "person",
    "personal",
    "public",
    "visible_connections",
    "visible_integrations",
]

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC, PERSONAL = "public", "personal"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

LIBRARY = {
    "security.login": PUBLIC,
    "security.logout": PUBLIC,
    "security.two_factor_token_validation": PUBLIC,
    "security.mf_recovery": PUBLIC,
    "security.forgot_password": PUBLIC,
    "security.reset_password": PUBLIC,
    "security.verify": PERSONAL,
    "security.change_password": PERSONAL,
    "security.two_factor_setup": PERSONAL,
    "security.two_factor_setup_validate": PERSONAL,
    "security.mf_recovery_codes": PERSONAL,
}
"""The sign-in library's views that we use. It registers others, which are not to be found."""

PEOPLE = table(PersonRow)


# -- what views declare --------------------------------------------------------------------------------------------


def needs(right: Right) -> Callable[[View], View]:
    """Mark a view as one that only people with ``right`` may use. Others see a page that says who can give it."""

    def mark(view: View) -> View:
        setattr(view, "needed_right", right)  # noqa: B010  (a function has no such attribute by its type)
        return view

    return mark


def public(view: View) -> View:
    """Mark a view as one for everybody, signed in or not."""
    setattr(view, "open_to", PUBLIC)  # noqa: B010
    return view


def personal(view: View) -> View:
    """Mark a view as one that changes only what is the own of the person who is signed in."""
    setattr(view, "open_to", PERSONAL)  # noqa: B010
    return view


def declared(endpoint: str) -> str | Right:
    """What an endpoint is declared to be: public, personal, a right that it needs, or nothing (an empty text)."""
    if endpoint == "static" or endpoint.endswith(".static"):
        return PUBLIC
    view = current_app.view_functions[endpoint]
    if getattr(view, "csrf_exempt", False):  # a machine's, which proves itself in another way
        return PUBLIC
    right: Right | None = getattr(view, "needed_right", None)
    return right or LIBRARY.get(endpoint) or str(getattr(view, "open_to", ""))


# -- who acts ------------------------------------------------------------------------------------------------------


def person() -> Account | None:
    """The person who is signed in, if anybody is."""
    found = current_user._get_current_object() if has_request_context() else None
    return found if isinstance(found, Account) else None


def actor() -> str:
    """Who acts in this request, by e-mail; it goes into the audit. Empty for a machine, which the audit calls hub."""
    acting = person()
    return acting.email if acting else ""


def may(right: Right | str) -> bool:
    """Whether the person who acts has this right."""
    acting = person()
    return acting is not None and acting.may(Right(right))


def visible_connections(column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """The condition that ``column``, a connection's id, is one that the person who acts may see."""
    return _visible(visibility.seen_connections, column)


def visible_integrations(column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """The condition that ``column``, an integration's id, is one of which the person who acts may see both sides."""
    return _visible(visibility.seen_integrations, column)


def _visible(
    seen: Callable[[Account, sa.ColumnElement[Any]], sa.ColumnElement[bool]], column: sa.ColumnElement[Any]
) -> sa.ColumnElement[bool]:
    if not has_request_context():  # the hub itself asks
        return column.is_not(None)
    acting = person()
    return sa.false() if acting is None else seen(acting, column)


def keep_in_sight(connection_id: int) -> None:
    """A client who connects an entity goes on seeing it."""
    acting = person()
    if acting is not None and acting.sort is Sort.CLIENT:
        visibility.show(current_app.extensions["hub"].store, acting, connection_id)


# -- the gate ------------------------------------------------------------------------------------------------------


def install(app: Flask) -> None:
    """Put the gate before every view of ``app``."""
    app.before_request(_gate)
    app.add_template_global(may)
    app.add_template_global(person)


def _gate() -> ResponseReturnValue | None:
    if isinstance(request.routing_exception, SecurityError):  # a wrong host, which is refused in a moment
        return None
    endpoint = request.endpoint or ""
    if endpoint.startswith("security.") and endpoint not in LIBRARY and not endpoint.endswith(".static"):
        abort(404)
    asked = declared(endpoint) if endpoint else ""
    if asked == PUBLIC and not (endpoint == "security.login" and not _anybody()):
        return None
    if person() is None:
        return _to_the_door("set_up.show" if not _anybody() else "security.login")
    if isinstance(asked, Right):
        return None if may(asked) else _refuse(asked)
    if request.method not in SAFE and asked != PERSONAL and not _is_owner():
        abort(403, "Only an owner can do this.")
    return None


def _anybody() -> bool:
    """Whether there are people. Nobody is ever deleted, so a yes is kept."""
    kept = current_app.extensions.setdefault("people", {"there": False})
    if not kept["there"]:
        kept["there"] = roster.anybody(current_app.extensions["hub"])
    return bool(kept["there"])


def _is_owner() -> bool:
    acting = person()
    return acting is not None and acting.owner


def _to_the_door(endpoint: str) -> ResponseReturnValue:
    """To the sign-in, and back to the page afterwards."""
    wanted = request.full_path.rstrip("?") if request.method in SAFE and request.path != "/" else None
    door = url_for(endpoint, next=wanted if endpoint == "security.login" else None)
    if request.headers.get("HX-Request"):  # a piece of a page: the whole page goes, not the piece
        return "", 401, {"HX-Redirect": url_for(endpoint)}
    return redirect(door, 303)


def _refuse(right: Right) -> ResponseReturnValue:
    who = " or ".join(_givers(right))
    abort(403, f"This needs the right to {right.words}, which you don't have. {who} can give it to you.")


def _givers(right: Right) -> Sequence[str]:
    """Who can give a right: the owners, and who manages users and has it."""
    manages = sa.and_(PEOPLE.c.manage_users.is_(True), PEOPLE.c[right.value].is_(True))
    able = sa.select(PEOPLE).where(PEOPLE.c.active.is_(True), sa.or_(PEOPLE.c.owner.is_(True), manages))
    with current_app.extensions["hub"].store.read() as db:
        rows = db.execute(able.order_by(PEOPLE.c.owner.desc(), PEOPLE.c.id).limit(3)).all()
    return [f"{row.first_name} {row.last_name} ({row.email})" for row in rows]
