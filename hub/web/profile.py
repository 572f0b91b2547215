"""A person's own page: their name, how they sign in, and from where they did."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, Field, field_validator

from hub.accounts import Account
from hub.accounts.rights import listed
from hub.accounts.roster import Roster
from hub.web.access import person, personal
from hub.web.context import tell, the_hub
from hub.web.forms import ModelForm
from hub.web.paging import page_number
from hub.web.queries import people as queries

pages = Blueprint("profile", __name__, url_prefix="/profile")


class OwnName(BaseModel):
    """What a person changes of themselves."""

    first_name: str = Field(min_length=1, max_length=100)
    last_name: str = Field(min_length=1, max_length=100)

    @field_validator("first_name", "last_name")
    @classmethod
    def _one_line(cls, value: str) -> str:
        return " ".join(value.split())


@pages.get("")
def show() -> ResponseReturnValue:
    """The page of whoever is signed in."""
    acting = _acting()
    return _page(ModelForm(OwnName, initial={"first_name": acting.first_name, "last_name": acting.last_name}))


@pages.post("")
@personal
def save() -> ResponseReturnValue:
    """Another name."""
    form = ModelForm(OwnName)
    name = form.read(request.form)
    if name is None:
        return _page(form), 422
    acting = _acting()
    Roster(the_hub(), acting).rename(acting.id, name.first_name, name.last_name)
    tell("Your name is changed.")
    return redirect(url_for("profile.show"), 303)


def _acting() -> Account:
    acting = person()
    if acting is None:
        abort(404)
    return acting


def _page(form: ModelForm[OwnName]) -> str:
    acting = _acting()
    with the_hub().store.read() as db:
        log = queries.sign_ins(db, acting.email, page_number())
        access = queries.access_of(db, acting)
    return render_template("profile.html", acting=acting, form=form, log=log, access=access, rights_in_words=listed)
