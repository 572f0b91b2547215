"""Search: documents, contacts, runs, integrations and entities by what their name or number begins with."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from hub.web.context import chosen_integration, the_hub
from hub.web.queries.search import AT_MOST, Findings, search

pages = Blueprint("search", __name__)

LONGEST = 100


@pages.get("/search")
def show() -> ResponseReturnValue:
    """What begins with the text, in groups."""
    text = request.args.get("text", "").strip()[:LONGEST]
    within = None if request.args.get("everywhere") else chosen_integration()
    findings = Findings()
    if text:
        with the_hub().store.read() as db:
            findings = search(db, text, within)
    return render_template(
        "search.html", text=text, found=findings, within=within, most=AT_MOST, providers=the_hub().providers
    )
