"""People and invitations: who is invited, what each may see and do, and who is the owner."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from houses import House, called
from mailroom import MailRoom, MailServer
from people import PASSWORD, add_owner, add_person
from visitors import Seen, Visitor

from hub.accounts import Account, AccountError, Right, Sort, roster
from hub.accounts.roster import Permission, Roster
from hub.app import create_app
from hub.models import AuditEvent, table
from hub.settings import load_settings
from hub.store import Store
from hub.vault import Vault

ANN = {"first_name": "Ann", "last_name": "Archer", "email": "Ann@Example.com", "sort": "client"}
GUEST = {"first_name": "Ann", "last_name": "Archer", "password": PASSWORD}


@pytest.fixture
def house(store: Store, vault: Vault) -> House:
    return called(store, vault, on=False)


@pytest.fixture
def seen(house: House) -> Visitor:
    return Visitor(create_app(house.hub), add_owner(house.hub))


def link(page: Seen) -> str:
    found = re.search(r'id="link">http://localhost:8080(/invitation/[^<]+)<', page.html)
    assert found, page.text
    return found[1]


def invite(seen: Visitor, **more: str) -> str:
    """Invite Ann; where her link leads."""
    page = seen.post("/people/invite", {**ANN, **more})
    assert (page.status, page.faults) == (200, [])
    return link(page)


def done(house: House) -> list[tuple[str, str, str]]:
    rows = table(AuditEvent)
    with house.hub.store.read() as db:
        return [(row.actor, row.what, row.subject) for row in db.execute(sa.select(rows).order_by(rows.c.id))]


def test_without_a_mail_server_the_link_is_shown_once_and_makes_a_client(seen: Visitor, house: House) -> None:
    assert seen.get("/people/invite").faults == []
    path = invite(seen, **{f"access-{house.stock_id}": "yes"})
    assert path.rpartition("/")[2] not in seen.get("/people").html
    ann = Visitor(seen.app)
    welcome = ann.get(path)
    assert (welcome.status, welcome.faults) == (200, [])
    assert "ann@example.com" in welcome.text
    assert ann.post(path, GUEST).location == "/"
    assert ann.get("/profile").status == 200
    made = roster.account(house.hub, "ann@example.com")
    assert (made.sort, made.rights, made.owner) == (Sort.CLIENT, frozenset(), False)
    assert ("ann@example.com", "accepted the invitation of", "olga@example.com") in done(house)


def test_a_link_works_once(seen: Visitor) -> None:
    path = invite(seen)
    assert Visitor(seen.app).post(path, GUEST).status == 303
    again = Visitor(seen.app).get(path)
    assert (again.status, again.faults) == (400, [])
    assert "This invitation can't be used any more" in again.text
    assert "Schedules" not in again.text


def test_a_link_works_for_a_week(seen: Visitor, house: House) -> None:
    path = invite(seen)
    house.clock.at += timedelta(days=7, seconds=1)
    assert "can't be used any more" in Visitor(seen.app).get(path).text


def test_sending_again_makes_a_new_link_and_ends_the_old_one(seen: Visitor) -> None:
    old = invite(seen)
    new = link(seen.post("/people/invitations/1/resend"))
    assert old != new
    assert Visitor(seen.app).get(old).status == 400
    assert Visitor(seen.app).get(new).status == 200


def test_an_invitation_that_is_taken_back_lets_nobody_in(seen: Visitor) -> None:
    path = invite(seen)
    assert seen.get("/people/invitations/1/revoke").faults == []
    assert "is taken back" in seen.follow("/people/invitations/1/revoke").text
    assert Visitor(seen.app).post(path, GUEST).status == 400
    assert "Nobody waits" in seen.get("/people").text


def test_nobody_is_invited_twice_and_nobody_who_is_here_already(seen: Visitor) -> None:
    invite(seen)
    assert "is invited already" in seen.post("/people/invite", ANN).text
    again = seen.post("/people/invite", {**ANN, "email": "olga@example.com"})
    assert (again.status, again.faults) == (422, [])
    assert "Somebody signs in with olga@example.com already" in again.text
    assert again.value("first_name") == "Ann"


def test_a_guest_with_a_weak_password_is_told_why_and_may_try_again(seen: Visitor) -> None:
    path = invite(seen)
    ann = Visitor(seen.app)
    page = ann.post(path, {**GUEST, "password": "annarcher123"})
    assert (page.status, page.faults) == (422, [])
    assert "too easy to guess" in page.text
    assert ann.post(path, GUEST).status == 303


@pytest.fixture
def room() -> MailRoom:
    return MailRoom()


@pytest.fixture
def mail(house: House, room: MailRoom) -> Iterator[None]:
    with MailServer(room) as server:
        house.hub.settings = load_settings(
            smtp_url=f"smtp://127.0.0.1:{server.port}",
            mail_from="hub@example.com",
            base_url="https://hub.example.com",
        )
        yield


def test_with_a_mail_server_the_link_goes_by_e_mail_and_is_not_shown(house: House, mail: None, room: MailRoom) -> None:
    seen = Visitor(create_app(house.hub), add_owner(house.hub))
    seen.app.config["SESSION_COOKIE_SECURE"] = False
    sent = seen.follow("/people/invite", ANN)
    assert "on its way to ann@example.com" in sent.text
    assert room.recipients == [["ann@example.com"]]
    assert "https://hub.example.com/invitation/" in room.last()
    assert "/invitation/" not in sent.html


def test_when_the_letter_is_refused_the_link_is_shown_with_the_reason(house: House, mail: None, room: MailRoom) -> None:
    seen = Visitor(create_app(house.hub), add_owner(house.hub))
    seen.app.config["SESSION_COOKIE_SECURE"] = False
    page = seen.post("/people/invite", {**ANN, "email": "nobody@example.com"})
    assert "refused these recipients: nobody@example.com" in page.text
    assert "/invitation/" in page.html


# -- rights and access -----------------------------------------------------------------------------------------------


def test_rights_and_access_are_changed_and_noted(seen: Visitor, house: House) -> None:
    bob = add_person(house.hub, "bob@example.com")
    form = {"sort": "client", "approve_imports": "yes", f"access-{house.stock_id}": "yes"}
    assert "Saved" in seen.follow(f"/people/{bob.id}", form).text
    changed = roster.account(house.hub, "bob@example.com")
    assert (changed.sort, changed.rights) == (Sort.CLIENT, frozenset({Right.APPROVE_IMPORTS}))
    page = seen.get(f"/people/{bob.id}")
    assert page.faults == []
    ticked = [tag["id"] for tag in page.tags("input") if tag.get("type") == "radio" and "checked" in tag]
    assert ticked == [f"access-{house.ledger_id}-no", f"access-{house.stock_id}-yes"]
    assert done(house)[-1] == ("olga@example.com", "changed the rights of", "bob@example.com")


def test_nobody_changes_their_own_rights(seen: Visitor, house: House) -> None:
    mary = add_person(house.hub, "mary@example.com", rights=[Right.MANAGE_USERS])
    her = Visitor(seen.app, mary)
    page = her.post(f"/people/{mary.id}", {"sort": "user", "manage_users": "yes", "approve_imports": "yes"})
    assert (page.status, page.faults) == (422, [])
    assert "Nobody changes their own rights" in page.text
    assert roster.account(house.hub, "mary@example.com").rights == {Right.MANAGE_USERS}
    owner = roster.account(house.hub, "olga@example.com")
    seen.post(f"/people/{owner.id}/deactivate")
    assert seen.get("/people").status == 200


def test_nobody_gives_what_they_have_not(house: House) -> None:
    mary = add_person(
        house.hub,
        "mary@example.com",
        rights=[Right.MANAGE_USERS],
        access={house.ledger_id: False, house.stock_id: True},
    )
    bob = add_person(house.hub, "bob@example.com", sort=Sort.CLIENT)
    her = Roster(house.hub, mary)
    with pytest.raises(AccountError, match="a right that you don't have: approve imports"):
        her.change(bob.id, Permission(Sort.USER, frozenset({Right.APPROVE_IMPORTS})))
    with pytest.raises(AccountError, match="an entity that you don't see"):
        her.change(bob.id, Permission(Sort.CLIENT, access={house.ledger_id: True}))
    her.change(bob.id, Permission(Sort.USER))
    him = Visitor(create_app(house.hub), roster.account(house.hub, "bob@example.com"))
    assert him.get(f"/connections/{house.stock_id}").status == 200
    assert him.get(f"/connections/{house.ledger_id}").status == 404


def test_a_client_can_not_be_given_other_people(seen: Visitor, house: House) -> None:
    bob = add_person(house.hub, "bob@example.com")
    page = seen.post(f"/people/{bob.id}", {"sort": "client", "manage_users": "yes"})
    assert "A client can't manage users" in page.text


def test_a_link_passes_nobody_more_than_whoever_sends_it_again_could_give(seen: Visitor, house: House) -> None:
    seen.post("/people/invite", {**ANN, "sort": "user", "manage_users": "yes", "approve_imports": "yes"})
    mary = add_person(house.hub, "mary@example.com", rights=[Right.MANAGE_USERS])
    page = Visitor(seen.app, mary).follow("/people/invitations/1/resend")
    assert "a right that you don't have: approve imports" in page.text


def test_an_owner_is_changed_by_owners_alone(seen: Visitor, house: House) -> None:
    mary = add_person(house.hub, "mary@example.com", rights=list(Right))
    her, owner = Visitor(seen.app, mary), roster.account(house.hub, "olga@example.com")
    assert "Only an owner can change an owner" in her.follow(f"/people/{owner.id}/deactivate").text
    assert "An owner sees and may do everything" not in her.get(f"/people/{owner.id}").text
    assert roster.account(house.hub, "olga@example.com").active


def test_a_person_is_deactivated_after_a_question_and_let_in_again(seen: Visitor, house: House) -> None:
    bob = add_person(house.hub, "bob@example.com")
    assert seen.get(f"/people/{bob.id}/deactivate").faults == []
    assert "signed out and can't sign in any more" in seen.follow(f"/people/{bob.id}/deactivate").text
    assert not roster.account(house.hub, "bob@example.com").active
    assert "sign in again" in seen.follow(f"/people/{bob.id}/activate").text
    assert roster.account(house.hub, "bob@example.com").active


def test_who_lost_the_right_meanwhile_changes_nothing_with_an_old_page(house: House) -> None:
    owner = add_owner(house.hub)
    mary: Account = add_person(house.hub, "mary@example.com", rights=[Right.MANAGE_USERS])
    bob = add_person(house.hub, "bob@example.com")
    old = Roster(house.hub, mary)
    Roster(house.hub, owner).change(mary.id, Permission(Sort.USER))
    with pytest.raises(AccountError, match="You may not manage users any more"):
        old.set_active(bob.id, active=False)


# -- the owner -------------------------------------------------------------------------------------------------------


def test_the_ownership_is_handed_over_with_the_name_and_the_password(seen: Visitor, house: House) -> None:
    bob = add_person(house.hub, "bob@example.com")
    path = f"/people/{bob.id}/hand-over"
    assert seen.get(path).faults == []
    for form, words in (
        ({"name": "bob", "password": PASSWORD}, "Please type the name exactly: Bob Tester"),
        ({"name": "Bob Tester", "password": "wrong"}, "The password is not right."),
    ):
        page = seen.post(path, form)
        assert (page.status, page.faults) == (422, [])
        assert words in page.text
        assert not roster.account(house.hub, "bob@example.com").owner
    assert "is the owner now" in seen.follow(path, {"name": "Bob Tester", "password": PASSWORD}).text
    assert roster.account(house.hub, "bob@example.com").owner
    before = roster.account(house.hub, "olga@example.com")
    assert (before.owner, before.rights) == (False, frozenset(Right))


def test_only_an_active_user_becomes_the_owner(house: House) -> None:
    owner, ann = add_owner(house.hub), add_person(house.hub, "ann@example.com", sort=Sort.CLIENT)
    with pytest.raises(AccountError, match="Only an active user can become the owner"):
        Roster(house.hub, owner).hand_over(ann.id)
    mary = add_person(house.hub, "mary@example.com", rights=list(Right))
    bob = add_person(house.hub, "bob@example.com")
    with pytest.raises(AccountError, match="Only an owner can hand the ownership over"):
        Roster(house.hub, mary).hand_over(bob.id)


def test_of_two_owners_one_always_stays(house: House) -> None:
    first = add_owner(house.hub)
    second = add_person(house.hub, "second@example.com", owner=True)
    Roster(house.hub, first).set_active(second.id, active=False)
    with pytest.raises(AccountError, match="You may not manage users any more"):
        Roster(house.hub, second).set_active(first.id, active=False)
