"""``hub users``: what somebody with the machine does for who is locked out."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from houses import House, called
from people import OWNER, add_owner
from visitors import Visitor

from hub.accounts import passwords, roster
from hub.app import create_app
from hub.cli import cli
from hub.cli.workplace import Workplace
from hub.store import Store
from hub.vault import Vault

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

NEW = "a lamp beside every window"


@pytest.fixture
def house(store: Store, vault: Vault) -> House:
    return called(store, vault, on=False)


@pytest.fixture
def run(house: House) -> Callable[..., Result]:
    def run(*arguments: str) -> Result:
        workplace = Workplace()
        workplace.__dict__["hub"] = house.hub
        return CliRunner().invoke(cli, ["users", *arguments], obj=workplace)

    return run


def test_an_owner_is_added_and_listed(house: House, run: Callable[..., Result]) -> None:
    assert "Nobody yet" in run("list").output
    done = run("add-owner", "Ann@Example.com", "--first-name", "Ann", "--last-name", "Archer", "--password", NEW)
    assert (done.exit_code, done.output) == (0, "Ann@Example.com is an owner now and can sign in.\n")
    assert roster.account(house.hub, "ann@example.com").owner
    (row,) = json.loads(run("list", "--json").output)
    assert (row["email"], row["owner"], row["active"]) == ("ann@example.com", True, True)
    assert "password" not in row
    assert "ann@example.com" in run("list").output


def test_somebody_locked_out_gets_another_password_and_is_signed_out_elsewhere(
    house: House, run: Callable[..., Result]
) -> None:
    seen = Visitor(create_app(house.hub), add_owner(house.hub))
    assert seen.get("/").status == 200
    assert run("reset", OWNER, "--password", NEW).exit_code == 0
    assert seen.get("/").location == "/sign-in"
    assert passwords.matches(NEW, roster.account(house.hub, OWNER).password)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("reset", "nobody@example.com", "--password", NEW), "Nobody signs in with nobody@example.com"),
        (("reset", OWNER, "--password", "password1234"), "too easy to guess"),
        (("add-owner", OWNER, "--first-name", "O", "--last-name", "O", "--password", NEW), "signs in with olga"),
    ],
)
def test_what_will_not_do_is_refused_in_words(
    house: House, run: Callable[..., Result], arguments: tuple[str, ...], words: str
) -> None:
    add_owner(house.hub)
    refused = run(*arguments)
    assert refused.exit_code == 2
    assert words in refused.output
