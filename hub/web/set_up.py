"""The very first page: whoever started the hub becomes its owner."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, Field, field_validator

from hub.accounts import AccountError, first_run, passwords, roster
from hub.accounts.attempts import Outcome
from hub.accounts.roster import Name
from hub.engine import Hub
from hub.web.access import public
from hub.web.addressees import EmailText
from hub.web.context import tell, the_hub
from hub.web.forms import ModelForm
from hub.web.sign_in import address, attempts, enter, wait_message

pages = Blueprint("set_up", __name__, url_prefix="/set-up")

SET_UP = "the set-up code"
"""What failed attempts at the code are counted under."""


class Owner(BaseModel):
    """Who sets the hub up."""

    first_name: str = Field(min_length=1, max_length=100)
    last_name: str = Field(min_length=1, max_length=100)
    email: EmailText = Field(title="E-mail", max_length=254, description="You sign in with it.")
    code: str = Field(
        "", title="Set-up code", description="It is in the output of hub serve, and shows that the hub is yours."
    )

    @field_validator("first_name", "last_name")
    @classmethod
    def _one_line(cls, value: str) -> str:
        return " ".join(value.split())


@pages.get("")
@public
def show() -> ResponseReturnValue:
    """Ask who the owner is."""
    if roster.anybody(the_hub()):
        return redirect(url_for("dashboard.show"), 303)
    return _page(ModelForm(Owner))


@pages.post("")
@public
def save() -> ResponseReturnValue:
    """Make the owner and sign them in."""
    hub = the_hub()
    if roster.anybody(hub):
        return redirect(url_for("dashboard.show"), 303)
    form = ModelForm(Owner)
    owner = form.read(request.form)
    password = request.form.get("password", "")
    objection = passwords.objection(password, [each.value for each in form.inputs if each.name != "code"])
    _check_code(hub, form)
    if owner is None or objection or form.is_faulty:
        return _page(form, objection), 422
    try:
        roster.add_first_owner(hub, Name(owner.first_name, owner.last_name, owner.email), password)
    except AccountError as error:
        form.object_to(str(error))
        return _page(form), 409
    enter(roster.account(hub, owner.email))
    tell("Welcome. This hub is yours now: connect your stock system and your ledger next.")
    return redirect(url_for("dashboard.show"), 303)


def _check_code(hub: Hub, form: ModelForm[Owner]) -> None:
    if not first_run.needs_code(hub.settings, address()):
        return
    if refusal := wait_message(SET_UP):
        form.object_to(refusal)
    elif not first_run.is_code(hub, form["code"].value):
        attempts().record(SET_UP, address(), Outcome.WRONG_CODE)
        form.object_to("This is not the set-up code. The output of hub serve shows it.", "code")


def _page(form: ModelForm[Owner], objection: str = "") -> str:
    inputs = [each for each in form.inputs if each.name != "code"]
    code = form["code"] if first_run.needs_code(the_hub().settings, address()) else None
    return render_template("set_up.html", form=form, inputs=inputs, code=code, objection=objection)
