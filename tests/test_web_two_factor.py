"""Two-factor sign-in: set up with an app, asked for at the door, and opened with recovery codes."""

from __future__ import annotations

import re
import time

import passlib.totp
import pyotp
import pytest
import sqlalchemy as sa
from houses import House, called
from people import OWNER, PASSWORD, add_owner
from visitors import Seen, Visitor

from hub.accounts import roster
from hub.app import create_app
from hub.models import PersonRow, table
from hub.settings import new_key
from hub.store import Store
from hub.vault import Vault

MOMENT = 1_800_000_000
"""When all codes are made and looked at: at a real clock, half a minute may begin in between."""


@pytest.fixture(autouse=True)
def time_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """For whoever looks at codes."""
    monkeypatch.setattr(passlib.totp.TOTP, "now", staticmethod(lambda: MOMENT))


@pytest.fixture
def house(store: Store, vault: Vault) -> House:
    return called(store, vault, on=False)


@pytest.fixture
def inside(house: House) -> Visitor:
    return Visitor(create_app(house.hub), add_owner(house.hub))


def switch_on(inside: Visitor) -> str:
    """Set it up as a person with a phone does; the key that the app keeps."""
    page = inside.post("/profile/two-factor", {"setup": "authenticator"})
    assert (page.status, page.faults) == (200, [])
    key = re.search(r'select-all">([A-Z2-7-]+)<', page.html)
    check = re.search(r'action="(/profile/two-factor/[^"]+)"', page.html)
    assert key, page.html
    assert check
    secret = key[1].replace("-", "")
    # The code of the half minute before: the present one is still good for the sign-in that follows.
    done = inside.post(check[1], {"code": code_of(secret, MOMENT - 30)})
    assert done.location == "/profile"
    assert "Two-factor sign-in is on" in inside.get("/profile").text
    return secret


def code_of(secret: str, moment: int = MOMENT) -> str:
    """What the app shows."""
    return pyotp.TOTP(secret).at(moment)


def knock(house: House, password: str = PASSWORD) -> tuple[Visitor, Seen]:
    """Somebody with the password, before the code."""
    seen = Visitor(create_app(house.hub))
    answer = seen.post("/sign-in", {"email": OWNER, "password": password})
    return seen, answer


def send_code(seen: Visitor, code: str, path: str = "/sign-in/code") -> Seen:
    page = seen.get(path)
    assert (page.status, page.faults) == (200, [])
    token = page.value("csrf_token")  # of this page: the one of the sign-in would begin anew
    answer = seen.client.post(path, data={"csrf_token": token, "code": code})
    return Seen(answer.status_code, answer.get_data(as_text=True), dict(answer.headers))


def test_a_password_alone_does_not_open_the_door_any_more(house: House, inside: Visitor) -> None:
    secret = switch_on(inside)
    seen, answer = knock(house)
    assert "/sign-in/code" in answer.location
    assert seen.get("/").location == "/sign-in"
    seen, _ = knock(house)
    assert send_code(seen, code_of(secret)).status == 302
    assert seen.get("/").status == 200


def test_a_code_works_once_in_whatever_process(house: House, inside: Visitor) -> None:
    secret = switch_on(inside)
    code = code_of(secret)
    first, _ = knock(house)
    assert send_code(first, code).status == 302
    second, _ = knock(house)
    page = send_code(second, code)
    assert "The code is not right, or was used before" in page.text
    assert second.get("/").location == "/sign-in"


def test_wrong_codes_bring_a_wait_too(house: House, inside: Visitor) -> None:
    secret = switch_on(inside)
    seen, _ = knock(house)
    for _ in range(5):
        send_code(seen, "000000")
    assert "Too many failed attempts" in send_code(seen, code_of(secret)).text
    assert seen.get("/").location == "/sign-in"


def test_a_recovery_code_opens_the_door_once(house: House, inside: Visitor) -> None:
    switch_on(inside)
    assert inside.get("/profile/recovery-codes").faults == []
    page = inside.post("/profile/recovery-codes", {"generate_new_codes": "yes"})
    assert page.faults == []
    codes = re.findall(r"<li><code>([0-9a-f-]+)</code>", page.html)
    assert len(codes) == 8
    seen, _ = knock(house)
    assert send_code(seen, f" {codes[3].upper()} ", "/sign-in/recovery-code").status == 302
    assert "7 recovery codes left" in seen.get("/profile").text
    again, _ = knock(house)
    assert "The recovery code is not right" in send_code(again, codes[3], "/sign-in/recovery-code").text


def test_the_secret_is_sealed_and_turns_with_the_keys(house: House, inside: Visitor) -> None:
    secret = switch_on(inside)
    inside.post("/profile/recovery-codes", {"generate_new_codes": "yes"})
    rows = table(PersonRow)
    with house.hub.store.read() as db:
        kept = db.execute(sa.select(rows.c.totp_secret, rows.c.recovery_codes)).one()
    assert secret.encode() not in kept.totp_secret
    assert len(house.hub.vault.open(kept.recovery_codes)["codes"]) == 8
    old = house.hub.vault
    key = new_key()
    both = Vault([key])
    both._fernet._fernets.extend(old._fernet._fernets)
    house.hub.store.rotate(both)
    house.hub.vault = Vault([key])
    seen, _ = knock(house)
    assert send_code(seen, code_of(secret)).status == 302


def test_it_is_switched_off_again(house: House, inside: Visitor) -> None:
    switch_on(inside)
    inside.post("/profile/recovery-codes", {"generate_new_codes": "yes"})
    assert inside.get("/profile/two-factor").faults == []
    assert inside.post("/profile/two-factor", {"setup": "disable"}).status == 302
    assert "Two-factor sign-in is off" in inside.get("/profile").text
    assert roster.account(house.hub, OWNER).mf_recovery_codes is None
    seen, _ = knock(house)
    assert seen.get("/").status == 200


def test_an_old_session_gives_the_password_once_more_before_it_changes_that(house: House, inside: Visitor) -> None:
    with inside.client.session_transaction() as session:
        session["fs_paa"] = time.time() - 3600
    answer = inside.get("/profile/two-factor")
    assert answer.location.startswith("/confirm-password")
    page = inside.get(answer.location)
    assert (page.status, page.faults) == (200, [])
    assert "The password is not right." in inside.post(answer.location, {"password": "wrong"}).text
    assert inside.post(answer.location, {"password": PASSWORD}).location == "/profile/two-factor"
    assert inside.get("/profile/two-factor").status == 200
