"""The acts that change people: each checks who asks, and is noted in the audit."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from hub.accounts import acts, passwords
from hub.accounts.account import Account, rights_of
from hub.accounts.errors import AccountError
from hub.accounts.rights import FOR_CLIENTS, Right, Sort, listed
from hub.accounts.visibility import entity_access, seen_connections
from hub.engine import Hub
from hub.models import ConnectionRow, PersonRow, table

people = table(PersonRow)
connections = table(ConnectionRow)


@dataclass(frozen=True)
class Name:
    """Who somebody is."""

    first_name: str
    last_name: str
    email: str

    def columns(self) -> dict[str, str]:
        """As they are kept."""
        return {"first_name": self.first_name, "last_name": self.last_name, "email": self.email.strip().lower()}


@dataclass(frozen=True)
class Permission:
    """What somebody may see and do. ``access`` says Yes or No by the connection's id."""

    sort: Sort
    rights: frozenset[Right] = frozenset()
    access: Mapping[int, bool] = field(default_factory=dict)


def anybody(hub: Hub) -> bool:
    """Whether the hub has people yet."""
    with hub.store.read() as db:
        return db.execute(sa.select(people.c.id).limit(1)).first() is not None


def account(hub: Hub, email: str) -> Account:
    """The person with an e-mail; raises ``AccountError`` when there is none."""
    with hub.store.read() as db:
        row = db.execute(sa.select(people).where(people.c.email == email.strip().lower())).mappings().first()
    if row is None:
        raise AccountError(f"Nobody signs in with {email}.")
    return Account.of(row, hub.vault)


def add_first_owner(hub: Hub, name: Name, password: str) -> int:
    """The owner of a hub that has nobody yet; raises ``AccountError`` when somebody was quicker."""
    with hub.store.write() as db:
        if not hub.store.is_sqlite:  # there, writers queue anyway
            db.execute(sa.text("LOCK TABLE person IN SHARE ROW EXCLUSIVE MODE"))
        if db.execute(sa.select(people.c.id).limit(1)).first() is not None:
            raise AccountError("This hub has an owner already. Sign in, or ask the owner for an invitation.")
        hub.audit(db, name.email, acts.SET_UP_OWNER, name.email)
        return _add_owner(db, hub, name, password)


def add_owner(hub: Hub, name: Name, password: str, actor: str) -> int:
    """A further owner, by somebody who has the machine; raises ``AccountError`` for an e-mail that is taken."""
    with hub.store.write() as db:
        check_free(db, name.email)
        hub.audit(db, actor, acts.ADDED_OWNER, name.email)
        return _add_owner(db, hub, name, password)


def _add_owner(db: sa.Connection, hub: Hub, name: Name, password: str) -> int:
    return insert(db, hub, name, Permission(Sort.USER, frozenset(Right)), password, owner=True)


def insert(
    db: sa.Connection, hub: Hub, name: Name, permission: Permission, password: str, *, owner: bool = False
) -> int:
    """A new person; their id."""
    row = {
        **name.columns(),
        "sort": permission.sort.value,
        "owner": owner,
        **{right.value: right in permission.rights for right in Right},
        "active": True,
        "password": passwords.hashed(password),
        "fs_uniquifier": secrets.token_hex(16),
        "totp_counter": 0,
        "created_at": hub.clock(),
    }
    person_id = int(db.execute(sa.insert(people).values(row).returning(people.c.id)).scalar_one())
    keep_access(db, hub, person_id, permission.access)
    return person_id


def check_free(db: sa.Connection, email: str) -> None:
    """Raise ``AccountError`` if somebody signs in with this e-mail."""
    if db.execute(sa.select(people.c.id).where(people.c.email == email.strip().lower())).first() is not None:
        raise AccountError(f"Somebody signs in with {email} already.")


def keep_access(db: sa.Connection, hub: Hub, person_id: int, access: Mapping[int, bool]) -> None:
    """Note Yes and No of entities that exist."""
    known = set(db.execute(sa.select(connections.c.id).where(connections.c.id.in_(list(access)))).scalars())
    rows = [{"person_id": person_id, "connection_id": id, "allowed": access[id]} for id in sorted(known)]
    if rows:
        hub.store.upsert(db, entity_access, rows, key=["person_id", "connection_id"], update=["allowed"])


def set_password(hub: Hub, email: str, password: str, *, actor: str, forget_factor: bool = False) -> None:
    """Another password for somebody locked out. Their sessions end; the second factor goes too if asked for."""
    target = account(hub, email)
    values: dict[str, Any] = {"password": passwords.hashed(password), "fs_uniquifier": secrets.token_hex(16)}
    if forget_factor:
        values |= {"totp_secret": None, "recovery_codes": None}
    with hub.store.write() as db:
        db.execute(sa.update(people).where(people.c.id == target.id).values(values))
        hub.audit(db, actor, acts.SET_PASSWORD, target.email, second_factor_removed=forget_factor)


class Roster:
    """The acts of one person on others. Each raises ``AccountError`` with the reason when it may not be done."""

    def __init__(self, hub: Hub, by: Account) -> None:
        self.hub = hub
        self.by = by

    def change(self, person_id: int, permission: Permission) -> None:
        """Another sort, other rights, other access."""
        with self.hub.store.write() as db:
            target = self._target(db, person_id)
            if target["owner"]:
                raise AccountError("An owner sees and may do everything. Hand the ownership over first.")
            self.check_grant(db, permission, rights_of(target))
            if target["sort"] != permission.sort.value:
                permission = self.narrowed(db, permission)
            values = {"sort": permission.sort.value, **{right.value: right in permission.rights for right in Right}}
            db.execute(sa.update(people).where(people.c.id == person_id).values(values))
            keep_access(db, self.hub, person_id, permission.access)
            access = {str(id): allowed for id, allowed in permission.access.items()}
            self._note(db, acts.CHANGED_RIGHTS, target, rights=listed(permission.rights), access=access)

    def rename(self, person_id: int, first_name: str, last_name: str) -> None:
        """Another name."""
        with self.hub.store.write() as db:
            target = self._person(db, person_id) if person_id == self.by.id else self._target(db, person_id)
            values = {"first_name": first_name, "last_name": last_name}
            db.execute(sa.update(people).where(people.c.id == person_id).values(values))
            self._note(db, acts.CHANGED_NAME, target, name=f"{first_name} {last_name}")

    def set_active(self, person_id: int, active: bool) -> None:
        """Let somebody in again, or shut them out at once, whatever they have open."""
        with self.hub.store.write() as db:
            target = self._target(db, person_id)
            values = {"active": active, "fs_uniquifier": secrets.token_hex(16)}
            db.execute(sa.update(people).where(people.c.id == person_id).values(values))
            self._check_an_owner_is_left(db)
            self._note(db, acts.REACTIVATED if active else acts.DEACTIVATED, target)

    def hand_over(self, person_id: int) -> None:
        """Make somebody else the owner; who was it keeps every right, as a user."""
        with self.hub.store.write() as db:
            target = self._target(db, person_id)
            if not self.by.owner:
                raise AccountError("Only an owner can hand the ownership over.")
            if target["sort"] != Sort.USER.value or not target["active"]:
                raise AccountError("Only an active user can become the owner.")
            all_rights = {right.value: True for right in Right}
            db.execute(sa.update(people).where(people.c.id == person_id).values(owner=True, **all_rights))
            db.execute(sa.update(people).where(people.c.id == self.by.id).values(owner=False, **all_rights))
            self._check_an_owner_is_left(db)
            self._note(db, acts.HANDED_OVER, target)

    def check_grant(self, db: sa.Connection, permission: Permission, before: frozenset[Right] = frozenset()) -> None:
        """Nobody gives or takes a right that they have not, nor access to an entity they do not see."""
        if permission.sort is Sort.CLIENT and permission.rights - FOR_CLIENTS:
            raise AccountError("A client can't manage users. Make the person a user first.")
        beyond = [right for right in permission.rights ^ before if not self.by.may(right)]
        if beyond:
            raise AccountError(f"You can't give or take a right that you don't have: {listed(beyond)}.")
        given = {id for id, allowed in permission.access.items() if allowed}
        if given & self._unseen(db):
            raise AccountError("You can't give access to an entity that you don't see.")

    def narrowed(self, db: sa.Connection, permission: Permission) -> Permission:
        """The same for a new user, who would see every entity, without those that the person who asks does not see."""
        if permission.sort is not Sort.USER:
            return permission
        return replace(permission, access={**permission.access, **dict.fromkeys(self._unseen(db), False)})

    def _unseen(self, db: sa.Connection) -> set[int]:
        if self.by.owner:
            return set()
        unseen = sa.select(connections.c.id).where(sa.not_(seen_connections(self.by, connections.c.id)))
        return set(db.execute(unseen).scalars())

    def check_may_manage(self, db: sa.Connection) -> None:
        """The person who asks, as they are now: the page may have been open for a while."""
        # The owners' rows are held until the end, so that two owners can't shut each other out at the same time.
        owners = sa.select(people.c.id).where(sa.or_(people.c.owner.is_(True), people.c.id == self.by.id))
        db.execute(owners.order_by(people.c.id).with_for_update())
        self.by = Account.of(self._person(db, self.by.id), self.hub.vault)
        if not self.by.active or not self.by.may(Right.MANAGE_USERS):
            raise AccountError("You may not manage users any more.")

    def _target(self, db: sa.Connection, person_id: int) -> sa.RowMapping:
        self.check_may_manage(db)
        target = self._person(db, person_id)
        if target["id"] == self.by.id:
            raise AccountError("Nobody changes their own rights. Ask somebody else who manages users.")
        if target["owner"] and not self.by.owner:
            raise AccountError("Only an owner can change an owner.")
        return target

    def _person(self, db: sa.Connection, person_id: int) -> sa.RowMapping:
        row = db.execute(sa.select(people).where(people.c.id == person_id)).mappings().first()
        if row is None:
            raise AccountError("There is no such person.")
        return row

    def _check_an_owner_is_left(self, db: sa.Connection) -> None:
        active = sa.select(people.c.id).where(people.c.owner.is_(True), people.c.active.is_(True))
        if db.execute(active.limit(1)).first() is None:
            raise AccountError("The hub needs an active owner. Hand the ownership over first.")

    def _note(self, db: sa.Connection, what: str, target: sa.RowMapping, **details: Any) -> None:
        self.hub.audit(db, self.by.email, what, target["email"], **details)
