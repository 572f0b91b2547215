"""Adding an account that the ledger is missing, and mapping to it in the same step."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, Field

from hub.documents import Account, Kind
from hub.engine.account_making import AccountMaking, WantedAccount
from hub.engine.facts import load_list
from hub.errors import ProviderError, SettingsError
from hub.mapping import MappingList, fold
from hub.providers import AccountType
from hub.web.access import Right, actor, needs
from hub.web.context import decisions, pair_of, tell, the_hub
from hub.web.forms import ModelForm

pages = Blueprint("new_account", __name__, url_prefix="/integrations/<int:integration_id>/mappings/<where>/new-account")

LISTS = (MappingList.ACCOUNT, MappingList.PAYMENT_ACCOUNT)
"""The lists whose targets are accounts."""


class NewAccount(BaseModel):
    """What the ledger needs to know."""

    code: str = Field(title="Code", min_length=1, max_length=30, description="The ledger may allow fewer characters.")
    name: str = Field(title="Name", min_length=1, max_length=150)
    type: str = Field(title="Sort of account", description="The ledger's own sorts; those that fit best come first.")


@pages.get("")
@needs(Right.MANAGE_ENTITIES)
def ask(integration_id: int, where: str) -> ResponseReturnValue:
    """The form, filled in from the stock system's account."""
    source, known = _source(integration_id, where, request.args.get("source", ""))
    types = _types(integration_id, known)
    initial = {"code": source[:10], "name": known.name if known else source, "type": types[0].code}
    return _page(integration_id, where, source, _form(types, initial))


@pages.post("")
@needs(Right.MANAGE_ENTITIES)
def save(integration_id: int, where: str) -> ResponseReturnValue:
    """Add it there, and map the source's account to it where one was named."""
    source, known = _source(integration_id, where, request.form.get("source", ""))
    form = _form(_types(integration_id, known), {})
    wanted = form.read(request.form)
    if wanted is None:
        return _page(integration_id, where, source, form), 422
    payments = where == MappingList.PAYMENT_ACCOUNT
    try:
        asked = WantedAccount(wanted.code, wanted.name, wanted.type, takes_payments=payments)
        made = AccountMaking(the_hub(), actor()).create(integration_id, asked)
    except (SettingsError, ProviderError) as error:
        form.object_to(str(error))
        return _page(integration_id, where, source, form), 422
    done = "was in the ledger already" if made.was_there else "is in the ledger now"
    if source:
        decisions().set_mapping(integration_id, MappingList(where), {source: made.account.code})
        done += f", and {source} is mapped to it"
    tell(f"{made.account.code} {made.account.name} {done}.")
    return redirect(url_for("mappings.show_list", integration_id=integration_id, where=where), 303)


def _source(integration_id: int, where: str, source: str) -> tuple[str, Account | None]:
    """The source's code, and its account where its list has one."""
    row = pair_of(integration_id)
    if where not in LISTS:
        abort(404)
    with the_hub().store.read() as db:
        listed = load_list(db, row.stock_id, Kind.ACCOUNT)
    known = (each for each in listed if isinstance(each, Account) and fold(each.code) == fold(source))
    return source, next(known, None)


def _types(integration_id: int, known: Account | None) -> list[AccountType]:
    """What can be added, with those of the same class first."""
    types = AccountMaking(the_hub(), actor()).types(integration_id)
    if not types:
        abort(404)
    return sorted(types, key=lambda each: known is None or each.account_class is not known.account_class)


def _form(types: list[AccountType], initial: dict[str, Any]) -> ModelForm[NewAccount]:
    choices = [(each.code, f"{each.title} ({each.account_class.value})") for each in types]
    return ModelForm(NewAccount, choices={"type": choices}, initial=initial)


def _page(integration_id: int, where: str, source: str, form: ModelForm[NewAccount]) -> str:
    row = pair_of(integration_id)
    return render_template("new_account.html", row=row, where=where, source=source, form=form)
