"""People: who they are, what each sees and may do, and who is the owner."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.accounts import Account, AccountError, Right, passwords
from hub.accounts.attempts import Outcome
from hub.accounts.datastore import PeopleStore
from hub.accounts.rights import listed
from hub.accounts.roster import Roster
from hub.web.access import needs, person
from hub.web.context import tell, tell_error, the_hub
from hub.web.forms import ModelForm, cleaned
from hub.web.paging import page_number
from hub.web.person_form import Rights, access_sent, rights_now
from hub.web.queries import people as queries
from hub.web.sign_in import address, attempts, wait_message

pages = Blueprint("people", __name__, url_prefix="/people")


@pages.get("")
@needs(Right.MANAGE_USERS)
def show_all() -> ResponseReturnValue:
    """Everybody, and who is invited."""
    hub = the_hub()
    with hub.store.read() as db:
        everybody, invited = queries.people(db, page_number()), queries.invitations(db)
    return render_template(
        "people.html", people=everybody, invited=invited, present=hub.clock(), rights_of=_rights, listed=_listed
    )


@pages.get("/<int:person_id>")
@needs(Right.MANAGE_USERS)
def show(person_id: int) -> ResponseReturnValue:
    """One person."""
    whose = _person(person_id)
    return _page(whose, ModelForm(Rights, initial=rights_now(whose)))


@pages.post("/<int:person_id>")
@needs(Right.MANAGE_USERS)
def save(person_id: int) -> ResponseReturnValue:
    """Other rights and access."""
    whose, form = _person(person_id), ModelForm(Rights)
    rights = form.read(request.form)
    if rights is not None:
        with the_hub().store.read() as db:
            access = access_sent(queries.entities(db, acting()))
        try:
            Roster(the_hub(), acting()).change(person_id, rights.permission(access))
        except AccountError as error:
            form.object_to(str(error))
    if form.is_faulty:
        return _page(whose, form), 422
    tell(f"Saved. It holds for {whose.name} from the next page on.")
    return _back(person_id)


@pages.get("/<int:person_id>/deactivate")
@needs(Right.MANAGE_USERS)
def ask_deactivation(person_id: int) -> ResponseReturnValue:
    """Say what it does."""
    return render_template("person_deactivate.html", whose=_person(person_id))


@pages.post("/<int:person_id>/deactivate")
@needs(Right.MANAGE_USERS)
def deactivate(person_id: int) -> ResponseReturnValue:
    """Shut somebody out."""
    return _set_active(person_id, active=False)


@pages.post("/<int:person_id>/activate")
@needs(Right.MANAGE_USERS)
def activate(person_id: int) -> ResponseReturnValue:
    """Let somebody in again."""
    return _set_active(person_id, active=True)


@pages.get("/<int:person_id>/hand-over")
@needs(Right.MANAGE_USERS)
def ask_hand_over(person_id: int) -> ResponseReturnValue:
    """Say what it means, and ask for the name and the password."""
    return _hand_over_page(_person(person_id))


@pages.post("/<int:person_id>/hand-over")
@needs(Right.MANAGE_USERS)
def hand_over(person_id: int) -> ResponseReturnValue:
    """Make somebody else the owner."""
    whose, giver = _person(person_id), acting()
    faults: dict[str, str] = {}
    if cleaned(request.form.get("name", "")) != whose.name:
        faults["name"] = f"Please type the name exactly: {whose.name}"
    if refusal := wait_message(giver.email):
        faults["password"] = refusal
    elif not passwords.matches(request.form.get("password", ""), giver.password):
        attempts().record(giver.email, address(), Outcome.WRONG_PASSWORD)
        faults["password"] = "The password is not right."  # noqa: S105
    if faults:
        return _hand_over_page(whose, faults), 422
    try:
        Roster(the_hub(), giver).hand_over(person_id)
    except AccountError as error:
        return _hand_over_page(whose, {"name": str(error)}), 422
    tell(f"{whose.name} is the owner now. You keep every right, as a user.")
    return _back(person_id)


def acting() -> Account:
    """Whoever is signed in."""
    found = person()
    if found is None:
        abort(403)
    return found


def _set_active(person_id: int, *, active: bool) -> ResponseReturnValue:
    whose = _person(person_id)
    try:
        Roster(the_hub(), acting()).set_active(person_id, active)
        tell(
            f"{whose.name} can sign in again." if active else f"{whose.name} is signed out and can't sign in any more."
        )
    except AccountError as error:
        tell_error(error)
    return _back(person_id)


def _person(person_id: int) -> Account:
    return PeopleStore(the_hub()).find_user(id=person_id) or abort(404)


def _back(person_id: int) -> ResponseReturnValue:
    return redirect(url_for("people.show", person_id=person_id), 303)


def _page(whose: Account, form: ModelForm[Rights]) -> str:
    with the_hub().store.read() as db:
        log = queries.sign_ins(db, whose.email, page_number())
        access = queries.access_of(db, whose, acting())
    changeable = not whose.owner and whose.id != acting().id
    return render_template("person.html", whose=whose, form=form, log=log, access=access, changeable=changeable)


def _hand_over_page(whose: Account, faults: dict[str, str] | None = None) -> str:
    return render_template("hand_over.html", whose=whose, faults=faults or {}, typed=request.form.get("name", ""))


def _rights(row: Any) -> str:
    """The rights of a row in words."""
    return "everything" if row.owner else listed(right for right in Right if row._mapping[right.value])


def _listed(names: list[str]) -> str:
    return listed(Right(name) for name in names)
