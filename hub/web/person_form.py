"""What a person may see and do, as a form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from flask import request
from pydantic import BaseModel, Field, field_validator

from hub.accounts import Account, Right, Sort
from hub.accounts.roster import Permission
from hub.web.addressees import EmailText


class Rights(BaseModel):
    """The sort and the rights of somebody."""

    sort: Literal["user", "client"] = Field(
        "user", description="A user sees every entity except those set to No. A client sees only those set to Yes."
    )
    manage_entities: bool = Field(False, title="May manage entities")
    manage_users: bool = Field(False, title="May manage users")
    approve_imports: bool = Field(False, title="May approve imports")

    def permission(self, access: Mapping[int, bool]) -> Permission:
        """As the acts on people take it."""
        return Permission(Sort(self.sort), frozenset(right for right in Right if getattr(self, right.value)), access)


class Invitee(BaseModel):
    """Who is invited."""

    first_name: str = Field(min_length=1, max_length=100)
    last_name: str = Field(min_length=1, max_length=100)
    email: EmailText = Field(title="E-mail", max_length=254)

    @field_validator("first_name", "last_name")
    @classmethod
    def _one_line(cls, value: str) -> str:
        return " ".join(value.split())


def rights_now(whose: Account) -> dict[str, Any]:
    """What fills the form in."""
    return {"sort": whose.sort.value, **{right.value: whose.may(right) for right in Right}}


def access_sent(entities: Iterable[Any]) -> dict[int, bool]:
    """Yes and No as they were ticked; an entity without either has the answer that is usual for the sort."""
    answers = {entity.id: request.form.get(f"access-{entity.id}", "") for entity in entities}
    return {id: answer == "yes" for id, answer in answers.items() if answer in ("yes", "no")}
