"""Core's dialect over real HTTP: throttling, refusals, web pages, redirects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hub_cin7core.feeds import FEEDS

from hub import ProviderError, RejectedError, Session, UnauthorizedError, Want

Connect = Callable[..., Session]
FEED = {feed.name: feed for feed in FEEDS}
LIMIT_TEXT = "You reached 60 calls per minute API limit"
ME = {"Company": "Demo Ltd", "Currency": "GBP", "TimeZone": "Europe/London", "LockDate": "2026-01-31T00:00:00"}


def names(session: Session) -> list[str]:
    return [record.label for page in session.pull(Want(FEED["suppliers"])) for record in page.records]


def supplier(natives: Any, number: int = 1) -> dict[str, Any]:
    return {"ID": natives.id(number), "Name": f"Supplier {number}", "LastModifiedOn": "2026-09-02T03:00:48Z"}


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({}, 60.0), ({"Retry-After": "7"}, 7.0), ({"Retry-After": "60 Seconds"}, 60.0), ({"Retry-After": "soon"}, 60.0)],
)
def test_throttling_is_waited_for_and_read_exactly_once(
    core: Any, natives: Any, connect: Connect, slept: list[float], status: int, headers: Any, seconds: float
) -> None:
    core.lists["supplier"] = [supplier(natives)]
    core.force("supplier", natives.Reply(status, LIMIT_TEXT, headers, "text/plain"))
    assert names(connect(core.url)) == ["Supplier 1"]
    assert sum(slept) == pytest.approx(seconds, abs=0.5)
    assert core.count("supplier") == 2


@pytest.mark.parametrize("status", [200, 400, 500])
def test_another_status_whose_text_says_so_is_throttling_and_no_refusal(
    core: Any, natives: Any, connect: Connect, slept: list[float], status: int
) -> None:
    core.lists["supplier"] = [supplier(natives)]
    body = [{"ErrorCode": status, "Exception": "You reached 60 calls per 60 seconds"}]
    core.force("supplier", natives.Reply(status, body))
    assert names(connect(core.url)) == ["Supplier 1"]
    assert sum(slept) == pytest.approx(60.0, abs=0.5)


def test_a_long_list_whose_texts_mention_the_limit_is_data(core: Any, natives: Any, connect: Connect) -> None:
    core.lists["supplier"] = [{**supplier(natives, number), "Comments": LIMIT_TEXT} for number in range(1, 30)]
    assert len(names(connect(core.url))) == 29
    assert core.count("supplier") == 1


def test_a_web_page_with_status_200_is_a_wrong_address_and_not_an_empty_list(
    core: Any, natives: Any, connect: Connect
) -> None:
    core.force("supplier", natives.Reply(200, "<html><body>Page not found</body></html>", {}, "text/html"))
    with pytest.raises(ProviderError) as caught:
        names(connect(core.url))
    assert "web page" in caught.value.problem.what
    assert "maintenance" in caught.value.problem.why
    assert caught.value.problem.detail == "200: Page not found"


def test_what_the_test_of_credentials_met_is_told_in_sentences(core: Any, natives: Any, connect: Connect) -> None:
    core.force("me", natives.Reply(404, "The page you are looking for cannot be found", {}, "text/plain"))
    with pytest.raises(RejectedError) as caught:
        connect(core.url).check()
    assert str(caught.value) == (
        "Cin7 Core refused the test call. The page you are looking for cannot be found. Nothing was posted."
    )


def test_json_without_the_list_is_not_an_empty_list(core: Any, natives: Any, connect: Connect) -> None:
    core.force("supplier", natives.Reply(200, {"Total": 0, "Page": 1}))
    with pytest.raises(ProviderError, match="without the list SupplierList"):
        names(connect(core.url))


def test_a_redirect_is_not_followed_with_the_key(core: Any, natives: Any, connect: Connect) -> None:
    core.force("me", natives.Reply(302, "", {"Location": f"{core.url}/elsewhere"}, "text/html"))
    with pytest.raises(ProviderError, match="not followed"):
        connect(core.url).check()
    assert [call.path for call in core.calls] == ["me"]


def test_403_says_where_the_key_lives(core: Any, natives: Any, connect: Connect) -> None:
    core.force("me", natives.Reply(403, "Incorrect credentials!", {}, "text/plain"))
    with pytest.raises(UnauthorizedError) as caught:
        connect(core.url).check()
    assert "Integration, API" in caught.value.problem.fix
    assert caught.value.problem.detail == "403: Incorrect credentials!"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ([{"ErrorCode": 400, "Exception": "Limit is wrong"}], "application/json"),
        ({"ErrorCode": 400, "Exception": "Limit is wrong"}, "application/json"),
        ("Limit is wrong", "text/plain"),
    ],
)
def test_refusals_are_shown_in_cores_words_whatever_their_shape(
    core: Any, natives: Any, connect: Connect, body: Any, content_type: str
) -> None:
    core.force("supplier", natives.Reply(400, body, {}, content_type))
    with pytest.raises(RejectedError) as caught:
        names(connect(core.url))
    assert caught.value.problem.why == "Limit is wrong."


def test_a_bare_array_is_a_list(core: Any, natives: Any, connect: Connect) -> None:
    core.force("supplier", natives.Reply(200, [supplier(natives)]))
    assert names(connect(core.url)) == ["Supplier 1"]
    assert core.count("supplier") == 1


def test_both_keys_go_along_with_every_call(core: Any, natives: Any, connect: Connect) -> None:
    core.force("me", natives.Reply(200, ME))
    organisation = connect(core.url, account_id="  my-account ", application_key=" my-key\n").check()
    headers = {name.lower(): value for name, value in core.calls[0].headers.items()}
    assert headers["api-auth-accountid"] == "my-account"
    assert headers["api-auth-applicationkey"] == "my-key"
    assert (organisation.id, organisation.name, organisation.base_currency) == ("my-account", "Demo Ltd", "GBP")
    assert (organisation.time_zone, str(organisation.lock_date)) == ("Europe/London", "2026-01-31")
