"""Every route with every sort of person: whoever may not come in is sent to the sign-in, whoever may not do it is told
who can give the right, and what somebody may not see is not there.

Forms are sent without their token here: the gate comes first, so that 400 means that it let the person through, and
nothing is changed on the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Blueprint, Flask
from houses import House, called
from people import add_owner, add_person, sign_in
from test_web_pages import INFO, arguments_of, house  # noqa: F401  (a fixture)
from visitors import Visitor

from hub.accounts import Account, Right, Sort
from hub.app import create_app
from hub.models import AuditEvent, ConnectionRow, table
from hub.store import Store
from hub.vault import Vault
from hub.web.access import LIBRARY, PERSONAL, PUBLIC, declared

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ENTITY = frozenset(
    {
        "connection_id",
        "integration_id",
        "flow_id",
        "operation_id",
        "snapshot_id",
        "run_id",
        "schedule_id",
        "exchange_id",
        "reconciliation_id",
        "sign_off_id",
        "proof_id",
    }
)
"""Arguments that name something of an entity."""

MARKS = ("Zebrafinch", "Quetzal", "alert(")
"""Words that only pages about these entities have: their names, and what all of their documents are called."""

ON_THE_WAY = ("/healthz", "/oauth/callback", "/oauth/account", "/invitation/", "/set-up")
"""Pages that answer in ways of their own; they have tests of their own."""


class Route:
    """One way to ask one view."""

    def __init__(self, app: Flask, rule: Any, method: str, arguments: dict[str, Any]) -> None:
        self.endpoint, self.method = str(rule.endpoint), method
        self.about_entity = bool(rule.arguments & ENTITY)
        self.declared = declared(self.endpoint)
        given = {name: arguments[name] for name in rule.arguments}
        self.path = app.url_map.bind("localhost").build(self.endpoint, given, method=method)

    def ask(self, seen: Visitor, **form: str) -> Any:
        """Ask it as somebody, signed in anew: some pages of the sign-in end a session that has no business there."""
        if seen.account is not None:
            sign_in(seen.client, seen.account)
        return seen.client.open(self.path, method=self.method, data=form or None)


def routes(app: Flask, arguments: dict[str, Any]) -> Iterator[Route]:
    """Every route that is used, without the files."""
    arguments = {"filename": "hub.css", **arguments}
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            unused = rule.endpoint.startswith("security.") and rule.endpoint not in LIBRARY
            if not rule.endpoint.endswith("static") and not unused:
                for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                    yield Route(app, rule, method, arguments)


def undeclared(app: Flask, arguments: dict[str, Any]) -> list[str]:
    """Routes that change something and say nothing about who may."""
    return [route.endpoint for route in routes(app, arguments) if route.method == "POST" and not route.declared]


@pytest.fixture
def marked(house: House) -> House:  # noqa: F811
    """The house with documents in every state, and entities whose names are nowhere else."""
    rows = table(ConnectionRow)
    with house.hub.store.write() as db:
        for id, name in ((house.stock_id, "Zebrafinch"), (house.ledger_id, "Quetzal")):
            db.execute(sa.update(rows).where(rows.c.id == id).values(name=name))
        db.exec_driver_sql("UPDATE integration SET name = 'Zebrafinch to Quetzal'")
    return house


@pytest.fixture
def app(marked: House) -> Flask:
    add_owner(marked.hub)
    return create_app(marked.hub, installed=[INFO])


@pytest.fixture
def every_route(app: Flask, marked: House) -> list[Route]:
    found = list(routes(app, arguments_of(marked)))
    assert len(found) > 100
    return found


def client(house: House, *rights: Right, sees: bool) -> Account:  # noqa: F811
    access = {house.stock_id: sees, house.ledger_id: sees}
    return add_person(house.hub, "carl@example.com", sort=Sort.CLIENT, rights=rights, access=access)


def refused(answer: Any) -> bool:
    return bool(answer.status_code == 403)


def sent_to_sign_in(answer: Any) -> bool:
    return bool(answer.status_code == 303 and answer.headers["Location"].startswith("/sign-in"))


def test_whoever_is_not_signed_in_sees_only_what_is_public(app: Flask, every_route: list[Route]) -> None:
    seen = Visitor(app)
    for route in every_route:
        answer = route.ask(seen)
        assert sent_to_sign_in(answer) == (route.declared != PUBLIC), (route.method, route.path, answer.status_code)
        if not route.path.startswith(ON_THE_WAY):
            assert not any(mark in answer.get_data(as_text=True) for mark in MARKS), route.path


def test_a_client_without_access_finds_nothing_of_the_entities(
    app: Flask, marked: House, every_route: list[Route]
) -> None:
    seen = Visitor(app, client(marked, sees=False))
    for route in every_route:
        if route.path.startswith(ON_THE_WAY):
            continue
        answer = route.ask(seen)
        told = (route.method, route.path, answer.status_code)
        if isinstance(route.declared, Right):
            assert refused(answer), told
        elif route.method == "POST":
            assert answer.status_code == 400, told
        elif route.about_entity:
            assert answer.status_code == 404, told
        else:
            assert answer.status_code in (200, 302, 303, 404), told
        assert not any(mark in answer.get_data(as_text=True) for mark in MARKS), told


@pytest.mark.parametrize(("side", "other"), [("stock", "Quetzal"), ("ledger", "Zebrafinch")])
def test_a_client_who_sees_one_side_does_not_learn_of_the_other(
    app: Flask, marked: House, every_route: list[Route], side: str, other: str
) -> None:
    access = {marked.stock_id: side == "stock", marked.ledger_id: side == "ledger"}
    seen = Visitor(app, add_person(marked.hub, "vera@example.com", sort=Sort.CLIENT, access=access))
    for route in every_route:
        if route.method == "GET" and not route.path.startswith(ON_THE_WAY):
            assert other not in route.ask(seen).get_data(as_text=True), route.path


def test_a_client_with_rights_changes_nothing_of_an_entity_that_is_not_theirs(
    app: Flask, marked: House, every_route: list[Route]
) -> None:
    seen = Visitor(app, client(marked, Right.MANAGE_ENTITIES, Right.APPROVE_IMPORTS, sees=False))
    token, events = seen.token(), sa.select(sa.func.count()).select_from(table(AuditEvent))
    with marked.hub.store.read() as db:
        before = db.execute(events).scalar_one()
    for route in every_route:
        if route.about_entity and route.declared not in (PUBLIC, Right.MANAGE_USERS):
            form = {"csrf_token": token, "sure": "yes", "reason": "x", "name": "x"} if route.method == "POST" else {}
            answer = route.ask(seen, **form)
            assert answer.status_code == 404, (route.method, route.path, answer.status_code)
    with marked.hub.store.read() as db:
        assert db.execute(events).scalar_one() == before


def test_a_client_with_access_and_no_rights_reads_and_changes_nothing(
    app: Flask, marked: House, every_route: list[Route]
) -> None:
    seen = Visitor(app, client(marked, sees=True))
    for route in every_route:
        answer = route.ask(seen)
        told = (route.method, route.path, answer.status_code)
        assert refused(answer) == isinstance(route.declared, Right), told
        if refused(answer):
            assert "Olga Tester (olga@example.com) can give it to you." in answer.get_data(as_text=True), told
        elif route.method == "POST":
            assert route.declared in (PUBLIC, PERSONAL), told
            assert answer.status_code == 400, told
        else:
            assert not sent_to_sign_in(answer) or route.declared == PUBLIC, told


@pytest.mark.parametrize("right", list(Right))
def test_a_user_may_do_what_the_right_is_for_and_nothing_else(
    app: Flask, marked: House, every_route: list[Route], right: Right
) -> None:
    seen = Visitor(app, add_person(marked.hub, "ursula@example.com", rights=[right]))
    allowed = 0
    for route in every_route:
        if isinstance(route.declared, Right):
            answer = route.ask(seen)
            assert refused(answer) == (route.declared is not right), (route.method, route.path, answer.status_code)
            allowed += route.declared is right
    assert allowed > 5


def test_an_owner_may_do_everything(app: Flask, marked: House, every_route: list[Route]) -> None:
    seen = Visitor(app, add_owner(marked.hub))
    for route in every_route:
        answer = route.ask(seen)
        told = (route.method, route.path, answer.status_code)
        assert not refused(answer), told
        assert not sent_to_sign_in(answer) or route.declared == PUBLIC, told


def test_every_route_that_changes_something_says_who_may(app: Flask, marked: House) -> None:
    assert undeclared(app, arguments_of(marked)) == []


def test_a_new_route_that_says_nothing_is_found_and_is_the_owners_alone(store: Store, vault: Vault) -> None:
    new = Blueprint("new", __name__)

    @new.post("/new")
    def change() -> str:
        return "changed"

    house = called(store, vault, on=False)  # noqa: F811
    app = create_app(house.hub, blueprints=[new])
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint == "new.change"]
    with app.test_request_context():
        assert [Route(app, rule, "POST", {}).declared for rule in rules] == [""]
    user = Visitor(app, add_person(house.hub, "ursula@example.com", rights=list(Right)))
    assert user.post("/new").status == 403
    assert Visitor(app, add_owner(house.hub)).post("/new").text == "changed"
