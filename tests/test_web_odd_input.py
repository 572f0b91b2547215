"""Whatever an address or a form has in it, a page answers: on both databases, and of every list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from furnishing import set_up_once
from houses import House, called, contact, invoice, line, put
from visitors import Visitor, visitor

from hub.documents import Kind
from hub.models import FlowMode
from hub.store import Store
from hub.vault import Vault
from hub.web.incoming import LARGEST_ID, id_of

TOO_LARGE = "99999999999999999999999999"
NUMBERS = (TOO_LARGE, str(2**63), str(2**31), "99999999999999999", "-1", "0", "x", "1.5", "٣", "\0")
TEXTS = ("a\0b", "%_/\\'\u200b\U0010ffff")
LONG = "x" * 60_000
OF_NUMBERS = ("integration", "connection", "page", "upto", "sheet", "other", "reconcile")
OF_TEXTS = (
    *("text", "actor", "what", "since", "until", "state", "code", "subject", "status", "kind", "side", "contact"),
    *("least", "most", "number", "start", "end", "start_date", "source", "form", "show", "pick", "everywhere"),
)


@pytest.fixture
@set_up_once
def house(store: Store, vault: Vault) -> House:
    """Something in each list."""
    house = called(store, vault)
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, contact(), *(invoice(f"i{n}") for n in range(3)), invoice("i9", lines=(line(account="999"),)))
    house.sync()
    proposed = house.operations(state="proposed")
    house.person.drop([proposed[0].id], "not ours")
    house.person.approve([proposed[1].id])
    house.sync()
    return house


@pytest.fixture
def seen(house: House) -> Visitor:
    return visitor(house)


def pages(seen: Visitor, house: House) -> Iterator[str]:
    """Every page of the hub that needs no id but those of what there is."""
    known = {"integration_id": house.integration_id, "connection_id": house.stock_id, "run_id": 1}
    for rule in seen.rules("GET"):
        if rule.arguments <= known.keys():
            with seen.app.test_request_context():
                values: dict[str, Any] = {name: known[name] for name in rule.arguments}
                yield seen.app.url_for(rule.endpoint, **values)


def odd(seen: Visitor, house: House, names: tuple[str, ...], values: tuple[str, ...]) -> set[str]:
    """The pages that answer with an error when they get one of these values under each of these names."""
    found = set()
    for page in pages(seen, house):
        for value in values:
            if seen.get(page, query_string=dict.fromkeys(names, value)).status >= 500:
                found.add(f"{page} {value[:30]!r}")
    return found


def test_every_list_answers_whatever_number_its_address_has(seen: Visitor, house: House) -> None:
    assert len(list(pages(seen, house))) > 40
    assert odd(seen, house, OF_NUMBERS, NUMBERS) == set()


def test_every_list_answers_whatever_text_its_address_has(seen: Visitor, house: House) -> None:
    assert odd(seen, house, OF_TEXTS, TEXTS) == set()
    # By itself as well, since what another one asks for may leave nothing to look through.
    assert odd(seen, house, ("text",), (LONG, "a\0b")) == set()
    assert odd(seen, house, ("contact", "actor", "least"), (LONG, "a\0b")) == set()


@pytest.mark.parametrize(
    "path",
    [
        f"/runs/{TOO_LARGE}",
        f"/runs/{2**31}",
        f"/operations/{2**63}",
        f"/integrations/{TOO_LARGE}/contacts",
        "/integrations/1/mappings/%00",
    ],
)
def test_a_path_that_can_lead_nowhere_is_not_there(seen: Visitor, path: str) -> None:
    assert seen.get(path).status == 404


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/ready/selection", "page"),
        ("/ready/selection", "integration"),
        ("/ready/approve-all", "upto"),
        ("/attention/retry", "code"),
        ("/attention/retry", "integration"),
        ("/attention/undrop", "pick"),
        ("/ready/approve", "pick"),
        ("/integrations/switch", "integration"),
    ],
)
@pytest.mark.parametrize("value", [TOO_LARGE, "99999999999999999", "\0", f"{2**31}:x", "1:\0"])
def test_a_form_with_what_nobody_types_is_answered(seen: Visitor, path: str, name: str, value: str) -> None:
    assert seen.post(path, {name: value}).status < 500


def test_what_a_text_has_besides_is_looked_for(seen: Visitor) -> None:
    assert "1 document ready" in seen.get("/ready", query_string={"text": " N-i\0" + "2\u200b "}).text


@pytest.mark.parametrize(
    ("text", "id"),
    [("1", 1), (str(LARGEST_ID), LARGEST_ID), (str(LARGEST_ID + 1), None), ("0", None), ("", None), ("-1", None)],
)
def test_an_id_is_what_a_row_can_have(text: str, id: int | None) -> None:
    assert id_of(text) == id
