"""How a person likes the pages: light or dark, how long, and whether single keys do something. Kept in cookies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.web.access import personal, public
from hub.web.addresses import local_path
from hub.web.context import tell
from hub.web.paging import SIZE_COOKIE, SIZES

pages = Blueprint("preferences", __name__)

THEMES: Mapping[str, str] = {"auto": "As the device", "light": "Light", "dark": "Dark"}
THEME_COOKIE, KEYS_COOKIE = "hub_theme", "hub_keys"
KEPT = timedelta(days=365)


def theme() -> str:
    """``light``, ``dark``, or ``auto`` for what the browser prefers."""
    kept = request.cookies.get(THEME_COOKIE, "")
    return kept if kept in THEMES else "auto"


def keys() -> bool:
    """Whether single keys do something; a person whom they disturb turns them off."""
    return request.cookies.get(KEYS_COOKIE) != "off"


@pages.get("/preferences")
def show() -> ResponseReturnValue:
    """All of them, with what they mean."""
    return render_template("preferences.html", themes=THEMES)


@pages.post("/preferences/theme")
@public
def set_theme() -> ResponseReturnValue:
    """Light, dark, or as the device."""
    wanted = request.form.get("theme", "")
    return _keep(THEME_COOKIE, wanted if wanted in THEMES else "auto")


@pages.post("/preferences/rows")
@personal
def set_rows() -> ResponseReturnValue:
    """How many rows a page of a list has."""
    wanted = request.form.get("rows", 0, type=int)
    return _keep(SIZE_COOKIE, str(wanted if wanted in SIZES else SIZES[0]))


@pages.post("/preferences/keys")
@personal
def set_keys() -> ResponseReturnValue:
    """Single keys on or off."""
    wanted = "on" if request.form.get("keys") == "on" else "off"
    tell(f"Keyboard shortcuts are {wanted}.")
    return _keep(KEYS_COOKIE, wanted)


def _keep(cookie: str, value: str) -> ResponseReturnValue:
    """Back to where the person was, with a cookie that no script reads and no other site sends."""
    answer = redirect(local_path(request.form.get("next"), url_for("preferences.show")), 303)
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    answer.set_cookie(cookie, value, max_age=KEPT, httponly=True, secure=secure, samesite="Lax")
    return answer
