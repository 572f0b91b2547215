"""Invitations: send one, send it again, take it back, and accept it."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, Field, field_validator

from hub import notify
from hub.accounts import AccountError, Right, invitations, passwords, roster
from hub.accounts.roster import Name, Roster
from hub.web.access import needs, public
from hub.web.context import row_or_404, tell, tell_error, the_hub
from hub.web.forms import ModelForm
from hub.web.people import acting
from hub.web.person_form import Invitee, Rights, access_sent
from hub.web.queries import people as queries
from hub.web.queries.tables import INVITATIONS
from hub.web.sign_in import enter

pages = Blueprint("invitations", __name__)


class Guest(BaseModel):
    """What somebody who was invited says of themselves."""

    first_name: str = Field(min_length=1, max_length=100)
    last_name: str = Field(min_length=1, max_length=100)

    @field_validator("first_name", "last_name")
    @classmethod
    def _one_line(cls, value: str) -> str:
        return " ".join(value.split())


@pages.get("/people/invite")
@needs(Right.MANAGE_USERS)
def ask() -> ResponseReturnValue:
    """Ask whom to invite, and what they are to see and do."""
    return _page(ModelForm(Invitee), ModelForm(Rights))


@pages.post("/people/invite")
@needs(Right.MANAGE_USERS)
def invite() -> ResponseReturnValue:
    """Invite somebody."""
    who, what = ModelForm(Invitee), ModelForm(Rights)
    invitee, rights = who.read(request.form), what.read(request.form)
    if invitee is not None and rights is not None:
        with the_hub().store.read() as db:
            access = access_sent(queries.entities(db, acting()))
        name = Name(invitee.first_name, invitee.last_name, invitee.email)
        try:
            token = invitations.invite(Roster(the_hub(), acting()), name, rights.permission(access))
            return _sent(invitee.email, token)
        except AccountError as error:
            who.object_to(str(error))
    return _page(who, what), 422


@pages.post("/people/invitations/<int:invitation_id>/resend")
@needs(Right.MANAGE_USERS)
def resend(invitation_id: int) -> ResponseReturnValue:
    """Send a new link."""
    email = _invitation_email(invitation_id)
    try:
        return _sent(email, invitations.resend(Roster(the_hub(), acting()), invitation_id))
    except AccountError as error:
        tell_error(error)
        return _to_people()


@pages.get("/people/invitations/<int:invitation_id>/revoke")
@needs(Right.MANAGE_USERS)
def ask_revocation(invitation_id: int) -> ResponseReturnValue:
    """Say what taking it back does."""
    email = _invitation_email(invitation_id)
    return render_template("invitation_revoke.html", email=email, invitation_id=invitation_id)


@pages.post("/people/invitations/<int:invitation_id>/revoke")
@needs(Right.MANAGE_USERS)
def revoke(invitation_id: int) -> ResponseReturnValue:
    """Take it back."""
    _invitation_email(invitation_id)
    try:
        tell(f"The invitation of {invitations.revoke(Roster(the_hub(), acting()), invitation_id)} is taken back.")
    except AccountError as error:
        tell_error(error)
    return _to_people()


@pages.get("/invitation/<token>")
@public
def show(token: str) -> ResponseReturnValue:
    """Welcome somebody who was invited."""
    return _guest_page(token, None)


@pages.post("/invitation/<token>")
@public
def accept(token: str) -> ResponseReturnValue:
    """Make a person of them, and sign them in."""
    form = ModelForm(Guest)
    guest, password = form.read(request.form), request.form.get("password", "")
    with the_hub().store.read() as db:
        email = invitations.find(db, the_hub(), token).email
    objection = passwords.objection(password, [email, *(each.value for each in form.inputs)])
    if guest is None or objection:
        return _guest_page(token, form, objection), 422
    invitations.accept(the_hub(), token, guest.first_name, guest.last_name, password)
    enter(roster.account(the_hub(), email))
    tell(f"Welcome, {guest.first_name}.")
    return redirect(url_for("dashboard.show"), 303)


def _invitation_email(invitation_id: int) -> str:
    return str(row_or_404(INVITATIONS.select().where(INVITATIONS.c.id == invitation_id)).email)


def _to_people() -> ResponseReturnValue:
    return redirect(url_for("people.show_all"), 303)


def _page(who: ModelForm[Invitee], what: ModelForm[Rights]) -> str:
    with the_hub().store.read() as db:
        entities = queries.entities(db, acting())
    mail = notify.can_send(the_hub().settings)
    return render_template("invite.html", who=who, what=what, entities=entities, mail=mail)


def _sent(email: str, token: str) -> ResponseReturnValue:
    """Mail the link; without a mail server, or when that fails, show it this once."""
    settings = the_hub().settings
    link = settings.base_url.rstrip("/") + url_for("invitations.show", token=token)
    failure = ""
    if notify.can_send(settings):
        try:
            notify.send(settings, [email], f"{acting().name} invites you to Ledgerport", _letter(link))
        except notify.MailError as error:
            failure = str(error)
        else:
            tell(f"The invitation is on its way to {email}. The link in it works for a week.")
            return _to_people()
    return render_template("invitation_sent.html", email=email, link=link, failure=failure)


def _letter(link: str) -> str:
    return (
        f"Hello,\n\n{acting().name} ({acting().email}) invites you to Ledgerport, which carries documents between"
        f" a stock system and a ledger.\n\nChoose your password here:\n\n{link}\n\n"
        "The link works once, for one week. If you don't know what this is about, do nothing.\n"
    )


def _guest_page(token: str, form: ModelForm[Guest] | None, objection: str = "") -> str:
    with the_hub().store.read() as db:
        row = invitations.find(db, the_hub(), token)
    form = form or ModelForm(Guest, initial={"first_name": row.first_name, "last_name": row.last_name})
    return render_template("invitation.html", token=token, email=row.email, form=form, objection=objection)
