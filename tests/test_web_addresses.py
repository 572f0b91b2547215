"""Addresses that are put together quickly are the ones that Flask would make."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask, url_for
from houses import House, called
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.app import create_app
from hub.store import Store
from hub.vault import Vault

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ENDPOINTS = ("ready.show", "report.export", "contacts.show", "runs.show", "documents.show", "static", "dashboard.show")
NAMES = ("page", "text", "state", "side", "integration", "form", "next", "filename")
VALUES = st.one_of(st.none(), st.integers(-5, 10**12), st.text(max_size=8), st.booleans())
PATHS: dict[str, dict[str, Any]] = {
    "report.export": {"integration_id": 7},
    "contacts.show": {"integration_id": 7},
    "runs.show": {"run_id": 8},
    "documents.show": {"integration_id": 7, "snapshot_id": 9},
    "static": {"filename": "hub.css"},
}


@pytest.fixture
def app(store: Store, vault: Vault) -> Flask:
    house: House = called(store, vault)
    return create_app(house.hub)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(endpoint=st.sampled_from(ENDPOINTS), asked=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4))
def test_a_template_gets_the_address_that_flask_makes(app: Flask, endpoint: str, asked: dict[str, Any]) -> None:
    values = asked | PATHS.get(endpoint, {})
    quick: Any = app.jinja_env.globals["url_for"]
    for root in ("", "/books"):
        with app.test_request_context(base_url=f"http://localhost{root}"):
            assert quick(endpoint, **values) == url_for(endpoint, **values)
            assert quick(endpoint, **values) == url_for(endpoint, **values)


def test_lists_anchors_and_pages_relative_to_a_blueprint_are_left_to_flask(app: Flask) -> None:
    quick: Any = app.jinja_env.globals["url_for"]
    with app.test_request_context("/runs/8"):
        assert quick("ready.show", pick=["a", "b"]) == "/ready?pick=a&pick=b"
        assert quick("ready.show", _anchor="preview") == "/ready#preview"
        assert quick(".show_calls", run_id=8) == "/runs/8/calls"


def test_the_addresses_of_rows_are_those_that_flask_makes(app: Flask) -> None:
    by: Any = app.jinja_env.globals["addresses_by"]
    with app.test_request_context():
        for value in (9, "a/b & c", "é"):
            assert by("contact", "contacts.ask_link", integration_id=7, state="all")(value) == (
                url_for("contacts.ask_link", integration_id=7, state="all", contact="MARK").replace(
                    "MARK", quote(str(value), safe="")
                )
            )
        assert by("snapshot_id", "documents.show", integration_id=7)(9) == "/integrations/7/documents/9"
