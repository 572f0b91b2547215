"""What goes over the wire, seen by a server that writes everything down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hub_xero.client import calls_left_today, crowded, idempotency_key, throttled
from hub_xero.provider import XeroProvider
from hub_xero.push import batch_key
from hub_xero.settings import ScopeFamily, Tier, XeroSettings

from hub import (
    Action,
    Answer,
    Batch,
    Facts,
    Kind,
    Session,
    UnreachableError,
    Want,
)

PROVIDER = XeroProvider()
Make = Callable[..., Any]


Recorder = Any
"""What the fixture of this name gives: a server that writes down what it is asked and says what it is told to."""


def _pull(session: Session, name: str, **values: Any) -> list[Any]:
    (feed,) = [one for one in PROVIDER.feeds if one.name == name]
    return list(session.pull(Want(feed, **values)))


def _batch(facts: Facts, *operations: Any, name: str = "b1") -> Batch:
    first = operations[0]
    return Batch(name, first.kind, first.action, operations, PROVIDER.render(operations, facts))


def test_every_call_asks_for_json_and_names_the_one_tenant(session: Session, recorder: Recorder) -> None:
    _pull(session, "accounts")
    ((method, path, _, headers, _),) = recorder.seen

    assert (method, path) == ("GET", "/api.xro/2.0/Accounts")
    assert headers["accept"] == "application/json"
    assert headers["xero-tenant-id"] == "tenant-1"
    assert headers["authorization"] == "Bearer token"
    assert "idempotency-key" not in headers


def test_a_write_carries_a_key_and_the_stored_bytes(
    session: Session, recorder: Recorder, facts: Facts, trade: Make, operate: Make
) -> None:
    batch = _batch(facts, operate(trade()))
    list(session.push(batch))
    ((method, path, query, headers, body),) = recorder.seen

    assert (method, path) == ("PUT", "/api.xro/2.0/Invoices")
    assert query == {"summarizeErrors": ["false"], "unitdp": ["4"]}
    assert headers["idempotency-key"] == batch_key(batch)
    assert headers["content-type"] == "application/json"
    assert body == batch.payload.body


def test_a_delete_carries_no_key(session: Session, recorder: Recorder, facts: Facts, operate: Make) -> None:
    from datetime import date
    from decimal import Decimal

    from hub import Allocation

    document = Allocation(
        external_id="a",
        credit_kind=Kind.CREDIT_NOTE,
        credit_id="c",
        document_kind=Kind.INVOICE,
        document_id="i",
        date=date(2026, 1, 1),
        amount=Decimal(1),
        currency="GBP",
    )
    (outcome,) = session.push(_batch(facts, operate(document, Action.DELETE, target_id="credit/own")))
    ((method, path, _, headers, body),) = recorder.seen

    assert (method, path, body) == ("DELETE", "/api.xro/2.0/CreditNotes/credit/Allocations/own", b"")
    assert "idempotency-key" not in headers
    assert outcome.state is not None


def test_the_same_batch_has_the_same_key_and_every_other_attempt_a_new_one(
    facts: Facts, trade: Make, operate: Make
) -> None:
    from dataclasses import replace

    first = operate(trade())
    batch = _batch(facts, first)
    again = _batch(facts, replace(first, key="b2-1"))

    assert batch_key(batch) == batch_key(_batch(facts, first))
    assert len({batch_key(batch), batch_key(again), batch_key(replace(batch, id="b2"))}) == 3


def test_a_key_too_long_for_xero_is_hashed_and_stays_its_own() -> None:
    keys = [idempotency_key(text) for text in ("k" * 128, "k" * 129, "k" * 130)]

    assert keys[0] == "k" * 128
    assert len(set(keys)) == 3
    assert all(len(key) <= 128 for key in keys)
    assert keys[1] == idempotency_key("k" * 129)


@pytest.mark.parametrize(
    ("status", "answer"),
    [(400, {"Message": "Idempotency-Key was used with a different request"}), (500, {}), (502, {}), (302, {})],
)
def test_an_answer_that_leaves_things_open_has_no_outcome_and_asks_for_no_resend_under_its_key(
    status: int,
    answer: dict[str, str],
    session: Session,
    recorder: Recorder,
    facts: Facts,
    trade: Make,
    operate: Make,
) -> None:
    recorder.say(answer, status)

    assert list(session.push(_batch(facts, operate(trade())))) == []
    assert len(recorder.seen) == 1


def test_of_payments_taken_back_one_by_one_none_is_sent_after_an_answer_that_leaves_things_open(
    session: Session, recorder: Recorder, facts: Facts, payment: Make, operate: Make
) -> None:
    back = [operate(payment(), Action.DELETE, id=number, target_id=f"p{number}") for number in (1, 2)]
    recorder.say({}, 500)

    assert list(session.push(_batch(facts, *back))) == []
    assert len(recorder.seen) == 1


@pytest.mark.parametrize("name", ["accounts", "tax_rates", "tracking", "items"])
def test_lists_without_pages_are_read_in_one_call(name: str, session: Session, recorder: Recorder) -> None:
    paths = {
        "accounts": ("Accounts", {"AccountID": "1", "Name": "A", "Class": "ASSET"}),
        "tax_rates": ("TaxRates", {"TaxType": "T", "Name": "T", "EffectiveRate": 20}),
        "tracking": ("TrackingCategories", {"TrackingCategoryID": "1", "Name": "R"}),
        "items": ("Items", {"ItemID": "1", "Code": "A"}),
    }
    collection, entry = paths[name]
    recorder.say({collection: [entry] * 100})
    (page,) = _pull(session, name)

    assert len(recorder.seen) == 1
    assert "page" not in recorder.seen[0][2]
    assert len(page.records) == page.expected == 100


def test_pages_are_walked_to_the_count_xero_gives_and_ordered_by_id(session: Session, recorder: Recorder) -> None:
    for number in (1, 2, 3):
        contact = {"ContactID": f"c{number}", "Name": f"C{number}", "ContactStatus": "ACTIVE"}
        pagination = {"page": number, "pageSize": 1000, "pageCount": 3, "itemCount": 3}
        recorder.say({"Contacts": [contact], "pagination": pagination})
    pages = _pull(session, "contacts")

    assert [query["page"] for _, _, query, _, _ in recorder.seen] == [["1"], ["2"], ["3"]]
    assert recorder.seen[0][2] == {
        "includeArchived": ["true"],
        "order": ["ContactID ASC"],
        "page": ["1"],
        "pageSize": ["1000"],
    }
    assert [page.watermark is not None for page in pages] == [False, False, True]
    assert all(page.progress for page in pages[:2])


def test_the_cursor_is_xeros_own_time_and_is_asked_for_with_overlap(session: Session, recorder: Recorder) -> None:
    recorder.say({"DateTimeUTC": "/Date(1439434356790)/", "Contacts": []})
    (page,) = _pull(session, "contacts")
    _pull(session, "contacts", cursor=page.watermark)

    assert page.watermark == "2015-08-13T02:52:36.790000+00:00"
    assert "if-modified-since" not in recorder.seen[0][3]
    assert recorder.seen[1][3]["if-modified-since"] == "2015-08-13T02:51:36"


def _journal_page(*ids: int, changed: int = 0) -> dict[str, Any]:
    """A page of two: each journal with its stamp, in milliseconds; Xero answered the first page at 1000 seconds."""
    natives = [
        {"ManualJournalID": f"j-{id}", "Status": "POSTED", "UpdatedDateUTC": f"/Date({changed or 1000})/"} for id in ids
    ]
    pages = {"page": 1, "pageSize": 2, "pageCount": 2, "itemCount": 3}
    return {"DateTimeUTC": "/Date(1000000)/", "ManualJournals": natives, "pagination": pages}


def test_manual_journals_are_asked_for_page_by_page_and_never_ordered(session: Session, recorder: Recorder) -> None:
    recorder.say(_journal_page(1, 2))
    recorder.say(_journal_page(3))
    first, second = _pull(session, "manual_journals", cursor="2026-03-31T12:00:00+00:00")

    assert [query["page"] for _, _, query, _, _ in recorder.seen] == [["1"], ["2"]]
    assert all("order" not in query for _, _, query, _, _ in recorder.seen), "ordered, all would come in one page"
    assert recorder.seen[0][3]["if-modified-since"] == "2026-03-31T11:59:00"
    assert (first.watermark, second.watermark) == (None, "1970-01-01T00:16:40+00:00")


def test_a_journal_changed_while_several_pages_were_read_keeps_the_cursor_where_it_was(
    session: Session, recorder: Recorder
) -> None:
    recorder.say(_journal_page(1, 2))
    recorder.say(_journal_page(1, changed=1_000_500))  # it went to the end, and 3 slipped to the page before
    pages = _pull(session, "manual_journals", cursor="2026-03-31T12:00:00+00:00")

    assert pages[-1].watermark == "2026-03-31T11:59:00+00:00"


def test_states_of_invoices_are_asked_for_as_summaries(session: Session, recorder: Recorder) -> None:
    _pull(session, "invoices")
    _, _, query, headers, _ = recorder.seen[0]

    assert query["summaryOnly"] == ["true"]
    assert "if-modified-since" in headers


def test_one_odd_record_does_not_stop_a_page(session: Session, recorder: Recorder) -> None:
    odd = {"AccountID": "2", "Name": "Odd", "Class": "MYSTERY"}
    recorder.say({"Accounts": [{"AccountID": "1", "Name": "A", "Class": "ASSET"}, odd]})
    (page,) = _pull(session, "accounts")

    assert [record.problem is None for record in page.records] == [True, False]
    assert page.records[1].problem is not None
    assert "MYSTERY" in page.records[1].problem.detail


NOT_FOUND = ("The resource you're looking for cannot be found", 404, "text/plain")


@pytest.mark.parametrize("name", [feed.name for feed in PROVIDER.feeds])
def test_a_feed_that_is_answered_with_404_says_nothing_and_moves_no_cursor(
    name: str, session: Session, recorder: Recorder
) -> None:
    recorder.say(*NOT_FOUND)
    with pytest.raises(UnreachableError) as raised:
        _pull(session, name)

    assert raised.value.problem.code == "xero_failed"


@pytest.mark.parametrize("target_id", ["", "a0000000-0000-4000-8000-000000000001"])
@pytest.mark.parametrize("kind", [Kind.INVOICE, Kind.BILL, Kind.CREDIT_NOTE, Kind.SUPPLIER_CREDIT])
def test_a_look_that_is_answered_with_404_never_tells_that_a_document_is_absent(
    kind: Kind, target_id: str, session: Session, recorder: Recorder, trade: Make, operate: Make
) -> None:
    recorder.say(*NOT_FOUND)
    with pytest.raises(UnreachableError):
        session.look([operate(trade(kind), target_id=target_id)])


def test_a_look_that_is_answered_with_404_never_tells_that_a_payment_a_contact_or_an_item_is_absent(
    session: Session, recorder: Recorder, payment: Make, contact: Make, item: Make, operate: Make
) -> None:
    for document in (payment(), contact(), item()):
        recorder.say(*NOT_FOUND)
        with pytest.raises(UnreachableError):
            session.look([operate(document)])


def test_an_answer_that_does_not_name_what_was_asked_for_is_not_an_empty_list(
    session: Session, recorder: Recorder
) -> None:
    recorder.say({"Status": "OK"})
    with pytest.raises(UnreachableError):
        _pull(session, "accounts")


def test_a_list_in_which_nothing_has_changed_is_empty(session: Session, recorder: Recorder) -> None:
    recorder.say("", 304)
    (page,) = _pull(session, "contacts", cursor="2026-03-31T00:00:00+00:00")

    assert page.records == () and page.watermark is not None


def test_a_plain_text_refusal_of_a_write_is_told_and_not_a_crash(
    session: Session, recorder: Recorder, facts: Facts, trade: Make, operate: Make
) -> None:
    recorder.say("The resource you're looking for cannot be found", 404, "text/plain")
    (outcome,) = session.push(_batch(facts, operate(trade())))

    assert outcome.problem is not None and outcome.problem.code == "not_found"
    assert outcome.refresh


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "17", "X-Rate-Limit-Problem": "minute"}, 17.0),
        ({"Retry-After": "66975", "X-Rate-Limit-Problem": "day"}, 66975.0),
        ({"Retry-After": "17 Seconds", "X-Rate-Limit-Problem": "minute"}, 17.0),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"Retry-After": "soon"}, 60.0),
        ({"X-Rate-Limit-Problem": "concurrent"}, 2.0),
        ({"X-Rate-Limit-Problem": "day"}, 3600.0),
        ({"X-Rate-Limit-Problem": "appminute"}, 60.0),
        ({}, 60.0),
    ],
)
def test_a_refusal_for_the_rate_says_how_long_to_rest(headers: dict[str, str], seconds: float) -> None:
    assert throttled(Answer(status=429, headers=headers)) == seconds
    assert throttled(Answer(status=200, headers=headers)) is None


@pytest.mark.parametrize(("limit", "expected"), [("concurrent", True), ("Concurrent", True), ("minute", False)])
def test_only_too_many_calls_at_once_ask_for_fewer_together(limit: str, expected: bool) -> None:
    headers = {"X-Rate-Limit-Problem": limit}

    assert crowded(Answer(status=429, headers=headers)) is expected
    assert not crowded(Answer(status=200, headers=headers))


def test_what_is_left_of_the_day_is_learnt() -> None:
    assert calls_left_today(Answer(status=200, headers={"X-DayLimit-Remaining": "4731"})) == 4731
    assert calls_left_today(Answer(status=200)) is None


@pytest.mark.parametrize(("tier", "per_day"), [(Tier.STARTER, 1000), (Tier.CORE, 5000), (Tier.ADVANCED, 5000)])
def test_the_limits_are_those_of_the_tier(tier: Tier, per_day: int) -> None:
    limits = PROVIDER.limits(XeroSettings(client_id="id", tier=tier))

    assert (limits.per_day, limits.concurrent) == (per_day, 5)
    assert [(window.calls, window.seconds) for window in limits.windows] == [(60, 60.0)]


def test_scopes_are_a_setting_with_both_families() -> None:
    assert PROVIDER.oauth is not None
    granular = PROVIDER.oauth.scopes(XeroSettings(client_id="id"))
    broad = PROVIDER.oauth.scopes(XeroSettings(client_id="id", scope_family=ScopeFamily.BROAD))

    assert "accounting.invoices" in granular and "accounting.transactions" in broad
    assert {"accounting.manualjournals", "accounting.reports.trialbalance.read"} <= set(granular)
    assert "accounting.reports.read" in broad
    assert "offline_access" in granular and "offline_access" in broad
    assert PROVIDER.oauth.scopes(XeroSettings(client_id="id", scopes="a b")) == ("a", "b")


def test_an_app_without_a_secret_is_a_public_client() -> None:
    assert PROVIDER.oauth is not None
    assert PROVIDER.oauth.client(XeroSettings(client_id="id")) == ("id", "")


def test_every_setting_is_explained() -> None:
    for field in XeroSettings.model_fields.values():
        assert field.title and field.description


def test_the_provider_is_registered_through_its_entry_point() -> None:
    from importlib.metadata import entry_points

    (entry,) = entry_points(group="hub", name="xero")

    assert [provider.name for provider in entry.load().register_providers()] == ["xero"]
