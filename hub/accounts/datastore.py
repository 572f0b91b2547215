"""What the sign-in library reads and writes, in our tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import sqlalchemy as sa
from flask_security import RoleMixin, UserDatastore, UserMixin
from flask_security.totp import Totp

from hub.accounts.account import Account
from hub.engine import Hub
from hub.models import PersonRow, table
from hub.vault import Vault

people = table(PersonRow)

WINDOW = 30
"""Seconds that a phone's clock may be off."""


class NoRole(RoleMixin):
    """We have rights; the library wants a class for roles all the same."""


class PeopleStore(UserDatastore):
    """Reads a person with one query; keeps each change at once, so that there is nothing to commit."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(Account, NoRole)
        self._hub = hub

    def find_user(self, case_insensitive: bool = False, **by: Any) -> Account | None:
        """The person with one value of one column. E-mails are kept in small letters."""
        ((column, value),) = by.items()
        if column == "email":
            value = str(value).lower()
        with self._hub.store.read() as db:
            row = self.row(db, column, value)
        return None if row is None else Account.of(row, self._hub.vault)

    def row(self, db: sa.Connection, column: str, value: Any) -> sa.RowMapping | None:
        """The first row of the table of people with this value in this column."""
        return db.execute(sa.select(people).where(people.c[column] == value)).mappings().first()

    def find_role(self, role: str) -> None:
        """There is none."""

    def put(self, model: Account) -> Account:
        """Keep what the library may change of a person."""
        with self._hub.store.write() as db:
            db.execute(sa.update(people).where(people.c.id == model.id).values(_kept(model, self._hub.vault)))
        return model

    def commit(self) -> None:
        """All is kept already."""


def _kept(account: Account, vault: Vault) -> Mapping[str, Any]:
    secret, codes = account.tf_totp_secret, account.mf_recovery_codes
    return {
        "password": account.password,
        "fs_uniquifier": account.fs_uniquifier,
        "totp_secret": secret.encode() if secret else None,
        # Without a second factor its codes open nothing, and a later one gets codes of its own.
        "recovery_codes": vault.seal({"codes": codes}) if secret and codes else None,
    }


class SealedTotp(Totp):
    """Codes of an app. The secret is sealed with the hub's own keys wherever it goes, and no code works twice."""

    def __init__(self, hub: Hub, issuer: str) -> None:
        # The library's own encryption is never used; it wants a secret for it all the same.
        super().__init__({"1": "unused"}, issuer)
        self._hub = hub

    def generate_totp_secret(self) -> str:
        """A new one, sealed."""
        return self._hub.vault.seal(self._totp.new().to_json(encrypt=False).encode()).decode()

    def get_totp_uri(self, username: str, totp_secret: str) -> str:
        """What the square picture says."""
        return str(super().get_totp_uri(username, self._opened(totp_secret)))

    def get_totp_pretty_key(self, totp_secret: str) -> str:
        """The key in groups, to be typed."""
        return str(super().get_totp_pretty_key(self._opened(totp_secret)))

    def get_totp_b32_key(self, totp_secret: str) -> str:
        """The key without groups."""
        return str(super().get_totp_b32_key(self._opened(totp_secret)))

    def generate_totp_password(self, totp_secret: str) -> str:
        """The code of this moment."""
        return str(super().generate_totp_password(self._opened(totp_secret)))

    def verify_totp(self, token: str, totp_secret: str, user: UserMixin, window: int = 0) -> bool:
        """Whether a code is right and new. It counts as used only once, in whatever process it arrives."""
        user = cast(Account, user)
        user.code_was_new = True
        opened = self._opened(totp_secret)
        return bool(super().verify_totp(token, opened, user, min(window, WINDOW))) and user.code_was_new

    def get_last_counter(self, user: UserMixin) -> int | None:
        """The last code that was used."""
        return cast(Account, user).totp_counter or None

    def set_last_counter(self, user: UserMixin, tmatch: Any) -> None:
        """Note that a code was used; ``user.code_was_new`` says whether nobody else did that meanwhile."""
        user = cast(Account, user)
        newer = sa.update(people).where(people.c.id == user.id, people.c.totp_counter < tmatch.counter)
        with self._hub.store.write() as db:
            user.code_was_new = db.execute(newer.values(totp_counter=tmatch.counter)).rowcount == 1
        user.totp_counter = tmatch.counter

    def _opened(self, sealed: str) -> str:
        return self._hub.vault.open_bytes(sealed.encode()).decode()
