"""A person as the sign-in knows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask_security import UserMixin
from sqlalchemy import RowMapping

from hub.accounts.rights import Right, Sort
from hub.vault import Vault

AUTHENTICATOR = "authenticator"
"""The name that the sign-in library has for codes of an app."""


@dataclass(eq=False)
class Account(UserMixin):
    """One person. The names of the second factor's fields are those that Flask-Security asks for."""

    id: int
    email: str
    first_name: str
    last_name: str
    sort: Sort
    owner: bool
    rights: frozenset[Right]
    active: bool
    password: str
    fs_uniquifier: str = ""
    tf_totp_secret: str | None = None
    """Sealed, as a text."""
    tf_primary_method: str | None = None
    tf_phone_number: str | None = None
    totp_counter: int = 0
    code_was_new: bool = True
    """Whether the code that was just checked had not been used before."""
    mf_recovery_codes: list[str] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, row: RowMapping, vault: Vault) -> Account:
        """The person of a row."""
        codes = row["recovery_codes"]
        return cls(
            id=row["id"],
            email=row["email"],
            first_name=row["first_name"],
            last_name=row["last_name"],
            sort=Sort(row["sort"]),
            owner=row["owner"],
            rights=rights_of(row),
            active=row["active"],
            password=row["password"],
            fs_uniquifier=row["fs_uniquifier"],
            tf_totp_secret=row["totp_secret"].decode() if row["totp_secret"] else None,
            tf_primary_method=AUTHENTICATOR if row["totp_secret"] else None,
            totp_counter=row["totp_counter"],
            mf_recovery_codes=vault.open(codes)["codes"] if codes else None,
        )

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def roles(self) -> list[Any]:  # type: ignore[override]
        """None: rights are asked for by :meth:`may`."""
        return []

    def may(self, right: Right) -> bool:
        """Whether the person has this right."""
        return self.owner or right in self.rights


def rights_of(row: RowMapping) -> frozenset[Right]:
    """The rights in the columns of a row."""
    return frozenset(right for right in Right if row[right.value])
