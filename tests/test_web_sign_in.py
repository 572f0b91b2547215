"""Coming in: the first owner, e-mail and password, waits after wrong ones, and the links of forgotten passwords."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from houses import House, called
from mailroom import MailRoom, MailServer
from patience import eventually
from people import OWNER, PASSWORD, add_owner, add_person, sign_in
from visitors import Seen, Visitor

from hub.accounts import Account, first_run, roster
from hub.app import create_app
from hub.models import SignIn, table
from hub.settings import load_settings
from hub.store import Store
from hub.vault import Vault

OTHER = "a lamp beside every window"
"""Another good password."""


@pytest.fixture
def house(store: Store, vault: Vault) -> House:
    return called(store, vault, on=False)


@pytest.fixture
def stranger(house: House) -> Visitor:
    """Somebody who is not signed in, where there is an owner."""
    add_owner(house.hub)
    return Visitor(create_app(house.hub))


def give(seen: Visitor, password: str = PASSWORD, email: str = OWNER, **more: str) -> Seen:
    """Send the sign-in form."""
    return seen.post("/sign-in", {"email": email, "password": password, **more})


def outcomes(house: House) -> list[str]:
    with house.hub.store.read() as db:
        return list(db.execute(sa.select(table(SignIn).c.outcome).order_by(table(SignIn).c.id)).scalars())


# -- the first owner -------------------------------------------------------------------------------------------------

SET_UP = {"first_name": "Olga", "last_name": "Owner", "email": "Olga@Example.com", "password": PASSWORD}


def test_as_long_as_there_is_nobody_every_page_leads_to_the_set_up(house: House) -> None:
    seen = Visitor(create_app(house.hub))
    for path in ("/", "/connections", "/sign-in", "/profile", "/nowhere"):
        assert seen.get(path).location == "/set-up", path
    page = seen.get("/set-up")
    assert (page.status, page.faults) == (200, [])
    assert "Set-up code" not in page.text
    assert "Schedules" not in page.text


def test_the_first_visitor_becomes_the_owner_and_is_signed_in(house: House) -> None:
    seen = Visitor(create_app(house.hub))
    assert "This hub is yours now" in seen.follow("/set-up", SET_UP).text
    assert seen.get("/connections").status == 200
    owner = roster.account(house.hub, "olga@example.com")
    assert (owner.owner, owner.name) == (True, "Olga Owner")
    assert Visitor(create_app(house.hub)).get("/set-up").location == "/"


def test_nobody_becomes_a_second_first_owner(house: House) -> None:
    late = Visitor(create_app(house.hub))
    token = late.token()
    Visitor(create_app(house.hub)).post("/set-up", SET_UP)
    form = {"csrf_token": token, **SET_UP, "email": "eve@example.com"}
    assert late.client.post("/set-up", data=form).location == "/"
    assert late.get("/").location.startswith("/sign-in")


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short one", "Use at least 12 characters"),
        ("passwordpassword", "too easy to guess"),
        ("olga@example.com", "too easy to guess"),
        ("x" * 129, "Use at most 128 characters"),
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused_and_the_rest_is_kept(
    house: House, password: str, words: str
) -> None:
    seen = Visitor(create_app(house.hub))
    page = seen.post("/set-up", {**SET_UP, "password": password})
    assert (page.status, page.faults) == (422, [])
    assert words in page.text
    assert page.value("first_name") == "Olga"
    assert password not in page.html or "@" in password
    assert not roster.anybody(house.hub)


def test_a_hub_that_others_reach_asks_its_first_visitor_for_the_code_of_its_log(house: House) -> None:
    house.hub.settings = load_settings(listen_host="0.0.0.0", base_url="https://hub.example.com")  # noqa: S104
    seen = Visitor(create_app(house.hub))
    assert "Set-up code" in seen.get("/set-up", base_url="https://hub.example.com").text
    seen.client.environ_base["wsgi.url_scheme"] = "https"
    assert first_run.needs_code(house.hub.settings, "127.0.0.1")
    page = seen.get("/set-up", base_url="https://hub.example.com")
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.html)
    assert found
    for code, status in (("", 422), ("AAAA-BBBB-CCCC-DDDD", 422), (first_run.set_up_code(house.hub).lower(), 303)):
        form = {"csrf_token": found[1], **SET_UP, "code": code}
        headers = {"Referer": "https://hub.example.com/set-up"}
        answer = seen.client.post("/set-up", data=form, base_url="https://hub.example.com", headers=headers)
        assert (code, answer.status_code) == (code, status)


def test_behind_a_proxy_on_this_machine_the_code_is_asked_for_too() -> None:
    assert not first_run.needs_code(load_settings(), "127.0.0.1")
    assert first_run.needs_code(load_settings(base_url="https://hub.example.com"), "127.0.0.1")
    assert first_run.needs_code(load_settings(), "192.168.1.7")


# -- e-mail and password ---------------------------------------------------------------------------------------------


def test_a_person_signs_in_and_goes_on_where_they_were(stranger: Visitor) -> None:
    door = stranger.get("/runs?page=2")
    assert door.location == "/sign-in?next=/runs?page%3D2"
    page = stranger.get(door.location)
    assert (page.status, page.faults) == (200, [])
    assert "Schedules" not in page.text
    inside = give(stranger, next="/runs?page=2")
    assert (inside.status, inside.location) == (302, "/runs?page=2")
    assert stranger.get("/runs").status == 200


def test_the_e_mail_may_be_typed_in_capitals(stranger: Visitor) -> None:
    assert give(stranger, email=OWNER.upper()).status == 302
    assert stranger.get("/").status == 200


def test_signing_out_needs_a_token_and_closes_everything(stranger: Visitor) -> None:
    give(stranger)
    assert stranger.client.post("/sign-out").status_code == 400
    stranger.account = roster.account(stranger.app.extensions["hub"], OWNER)
    assert stranger.post("/sign-out").status == 302
    assert stranger.get("/").location == "/sign-in"


@pytest.mark.parametrize("email", [OWNER, "nobody@example.com"])
def test_a_wrong_password_and_an_unknown_e_mail_read_the_same(stranger: Visitor, house: House, email: str) -> None:
    page = give(stranger, "not the password at all", email)
    assert (page.status, page.faults) == (200, [])
    assert "The e-mail or the password is not right." in page.text
    assert stranger.get("/").location == "/sign-in"
    assert outcomes(house) == ["wrong e-mail or password"]


def test_after_five_wrong_passwords_even_the_right_one_has_to_wait(stranger: Visitor, house: House) -> None:
    for _ in range(5):
        give(stranger, "not the password at all")
    page = give(stranger)
    assert "Too many failed attempts. Try again in 15 minutes." in page.text
    assert stranger.get("/").location == "/sign-in"
    another = Visitor(create_app(house.hub))  # another process of the same hub
    assert "Too many failed attempts" in give(another).text
    house.clock.at += timedelta(minutes=15, seconds=1)
    assert give(stranger).status == 302


def test_a_stranger_elsewhere_does_not_lock_a_person_out_with_a_few_tries(stranger: Visitor, house: House) -> None:
    elsewhere = Visitor(create_app(house.hub))
    elsewhere.client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    for _ in range(6):
        give(elsewhere, "not the password at all")
    assert "Too many failed attempts" in give(elsewhere).text
    assert give(stranger).status == 302


@pytest.mark.parametrize(
    "address", ["https://evil.example", "//evil.example", "/\\evil.example", "///evil.example", "javascript:alert(1)"]
)
def test_nobody_is_led_away_after_signing_in(stranger: Visitor, address: str) -> None:
    parts = urlsplit(give(stranger, next=address).location)
    assert (parts.scheme, parts.netloc) == ("", "")
    assert not parts.path.startswith(("//", "/\\"))


def test_a_sign_in_lasts_as_long_as_the_browser_is_open(stranger: Visitor) -> None:
    answer = give(stranger, remember="y")
    cookies = [value for name, value in answer.headers.items() if name == "Set-Cookie"]
    assert any(cookie.startswith("hub_session=") and "HttpOnly" in cookie for cookie in cookies)
    assert not any("remember" in cookie or "Expires" in cookie for cookie in cookies)


def test_nothing_of_the_time_before_belongs_to_the_person_who_signs_in(stranger: Visitor) -> None:
    with stranger.client.session_transaction() as session:
        session["removing"] = 7
    give(stranger)
    with stranger.client.session_transaction() as session:
        assert "removing" not in session


def test_who_is_shut_out_is_out_at_once_and_does_not_come_in_again(house: House) -> None:
    owner, bob = add_owner(house.hub), add_person(house.hub, "bob@example.com")
    seen = Visitor(create_app(house.hub), bob)
    assert seen.get("/").status == 200
    roster.Roster(house.hub, owner).set_active(bob.id, active=False)
    assert seen.get("/").location == "/sign-in"
    seen.account = None
    assert "not right" in give(seen, email="bob@example.com").text or seen.get("/").location == "/sign-in"


def test_a_piece_of_a_page_sends_the_whole_page_to_the_sign_in(stranger: Visitor) -> None:
    answer = stranger.get("/runs", headers={"HX-Request": "true"})
    assert (answer.status, answer.headers["HX-Redirect"]) == (401, "/sign-in")


def test_a_token_of_the_library_opens_nothing(stranger: Visitor, house: House) -> None:
    with stranger.app.test_request_context():
        token = str(roster.account(house.hub, OWNER).get_auth_token())
    assert stranger.get(f"/?auth_token={token}").location.startswith("/sign-in")
    assert stranger.get("/", headers={"Authentication-Token": token}).location == "/sign-in"


def test_pages_of_the_library_that_we_do_not_use_are_not_there(stranger: Visitor) -> None:
    assert {stranger.get(path).status for path in ("/tf-rescue", "/tf-select", "/register", "/us-signin")} <= {303, 404}
    assert stranger.get("/tf-rescue").status == 404


# -- another password ------------------------------------------------------------------------------------------------


def test_changing_the_password_ends_the_sessions_elsewhere(house: House) -> None:
    owner = add_owner(house.hub)
    here, there = Visitor(create_app(house.hub), owner), Visitor(create_app(house.hub), owner)
    form = {"password": PASSWORD, "new_password": OTHER, "new_password_confirm": OTHER}
    assert here.get("/profile/password").faults == []
    answer = here.post("/profile/password", form)
    assert (answer.status, answer.location) == (302, "/profile")
    assert "Your password is changed" in here.get("/profile").text
    assert there.get("/").location == "/sign-in"
    there.account = None
    assert give(there, OTHER).status == 302


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"password": "wrong", "new_password": OTHER, "new_password_confirm": OTHER}, "The password is not right."),
        ({"password": PASSWORD, "new_password": OTHER, "new_password_confirm": "x"}, "The two passwords differ."),
        ({"password": PASSWORD, "new_password": "short", "new_password_confirm": "short"}, "at least 12 characters"),
    ],
)
def test_a_password_change_that_will_not_do_says_why(house: House, form: dict[str, str], words: str) -> None:
    page = Visitor(create_app(house.hub), add_owner(house.hub)).post("/profile/password", form)
    assert (page.status, page.faults) == (200, [])
    assert words in page.text


# -- a forgotten one -------------------------------------------------------------------------------------------------


@pytest.fixture
def room() -> MailRoom:
    return MailRoom()


@pytest.fixture
def mailing(house: House, room: MailRoom) -> Iterator[Visitor]:
    """A stranger to a hub that can send mail."""
    add_owner(house.hub)
    with MailServer(room) as server:
        url = f"smtp://127.0.0.1:{server.port}"
        house.hub.settings = load_settings(smtp_url=url, mail_from="hub@example.com")
        yield Visitor(create_app(house.hub))


def test_a_forgotten_password_is_chosen_anew_through_a_link_that_works_once(mailing: Visitor, room: MailRoom) -> None:
    assert mailing.get("/forgotten-password").faults == []
    told = mailing.post("/forgotten-password", {"email": OWNER})
    assert f"If somebody signs in with {OWNER}, a link" in told.text
    assert eventually(lambda: len(room.messages) == 1)
    found = re.search(r"http://localhost:8080(/forgotten-password/\S+)", room.last())
    assert found
    assert mailing.get(found[1]).faults == []
    done = mailing.post(found[1], {"password": OTHER, "password_confirm": OTHER})
    assert done.location == "/sign-in"
    assert give(mailing, OTHER).status == 302
    assert eventually(lambda: "was changed" in room.last())
    fresh = Visitor(mailing.app)
    assert fresh.get(found[1]).location == "/forgotten-password"


def test_asking_for_a_link_tells_nobody_whether_an_e_mail_is_known(mailing: Visitor, room: MailRoom) -> None:
    known = mailing.post("/forgotten-password", {"email": OWNER}).text
    unknown = mailing.post("/forgotten-password", {"email": "nobody@example.com"}).text
    assert known.replace(OWNER, "x") == unknown.replace("nobody@example.com", "x")


def test_nobody_fills_another_persons_mailbox(mailing: Visitor, room: MailRoom) -> None:
    for _ in range(5):
        assert "a link" in mailing.post("/forgotten-password", {"email": OWNER}).text
    assert eventually(lambda: len(room.messages) == 3)
    time.sleep(0.2)
    assert len(room.messages) == 3


def test_without_a_mail_server_the_page_names_the_command(stranger: Visitor) -> None:
    assert "hub users reset" in stranger.get("/sign-in").text
    assert stranger.get("/forgotten-password").location.startswith("/sign-in")


def test_the_log_of_sign_ins_is_on_the_persons_own_page(stranger: Visitor) -> None:
    give(stranger, "not the password at all")
    give(stranger)
    page = stranger.get("/profile")
    assert page.faults == []
    assert "Wrong e-mail or password" in page.text
    assert "Signed in" in page.text
    assert "127.0.0.1" in page.text


def test_a_person_changes_their_own_name(house: House) -> None:
    owner: Account = add_owner(house.hub)
    seen = Visitor(create_app(house.hub))
    sign_in(seen.client, owner)
    seen.account = owner
    assert "Your name is changed." in seen.follow("/profile", {"first_name": "Olga", "last_name": "Oak"}).text
    assert roster.account(house.hub, OWNER).name == "Olga Oak"
