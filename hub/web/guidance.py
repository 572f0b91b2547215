"""Help: what each page is for, the keys, and what a bookkeeper has to decide."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

pages = Blueprint("help", __name__, url_prefix="/help")


@pages.get("")
def show() -> ResponseReturnValue:
    """What each page is for, and the keys."""
    return render_template("help.html")


@pages.get("/inventory-method")
def inventory_method() -> ResponseReturnValue:
    """Periodic or perpetual inventory."""
    return render_template("help_inventory_method.html")


@pages.get("/month-end")
def month_end() -> ResponseReturnValue:
    """What to do at the end of a month."""
    return render_template("help_month_end.html")
