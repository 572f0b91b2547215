"""Which journals are posted together, and what the journal that stands for them says: pure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from houses import journal

from hub.documents import Journal, JournalReason
from hub.reconcile import correction, covers, mode_on, month_after, summarise, summary_of

MONTHLY = [{"mode": "month", "since": ""}]
FEBRUARY = "summary:7:2026-02:cost_of_goods"


def amounts(made: Journal | None) -> list[tuple[str, Decimal]]:
    return [(line.account, line.amount) for line in made.lines] if made else []


@pytest.mark.parametrize(
    ("day", "mode"), [(date(2026, 2, 28), "document"), (date(2026, 3, 1), "month"), (date(2026, 5, 1), "day")]
)
def test_how_a_journal_is_posted_depends_on_its_date(day: date, mode: str) -> None:
    modes = [{"mode": "month", "since": "2026-03-01"}, {"mode": "day", "since": "2026-04-01"}]
    assert mode_on(modes, day) == mode


@pytest.mark.parametrize(
    ("day", "first"),
    [
        (date(2026, 1, 31), date(2026, 2, 1)),
        (date(2026, 11, 5), date(2026, 12, 1)),
        (date(2026, 12, 1), date(2027, 1, 1)),
    ],
)
def test_the_month_after_begins_on_its_first_day(day: date, first: date) -> None:
    assert month_after(day) == first


def test_a_month_takes_costs_and_their_corrections_and_nothing_else() -> None:
    assert summary_of(journal(), MONTHLY, 7) == FEBRUARY
    assert summary_of(journal(reason=JournalReason.COST_CORRECTION), MONTHLY, 7) == FEBRUARY
    assert summary_of(journal(reason=JournalReason.ASSEMBLY), MONTHLY, 7) == ""
    assert covers(FEBRUARY, journal(reason=JournalReason.COST_CORRECTION))
    assert not covers(FEBRUARY, journal(day=date(2026, 3, 1)))
    assert not covers(FEBRUARY, journal(reason=JournalReason.STOCKTAKE))


def test_a_day_takes_one_reason() -> None:
    id = summary_of(journal(), [{"mode": "day", "since": ""}], 7)
    assert id == "summary:7:2026-02-05:cost_of_goods"
    assert covers(id, journal())
    assert not covers(id, journal(reason=JournalReason.COST_CORRECTION))


def test_a_journal_that_stands_for_others_is_in_no_other_one() -> None:
    made = summarise(FEBRUARY, [journal()], ())
    assert made is not None
    assert summary_of(made, MONTHLY, 7) == ""


def test_lines_are_added_by_account_debits_first_and_dated_the_last_day() -> None:
    made = summarise(FEBRUARY, [journal("j2", "12.50"), journal("j1", "30.00")], ())
    assert amounts(made) == [("320", Decimal("42.50")), ("630", Decimal("-42.50"))]
    assert made is not None
    assert (made.date, made.members, made.total) == (date(2026, 2, 28), ("j1", "j2"), Decimal("42.50"))
    assert not list(made.differences())
    again = summarise(FEBRUARY, [journal("j1", "30.00"), journal("j2", "12.50")], ())
    assert again is not None
    assert again.fingerprint() == made.fingerprint(), "the order of the members says nothing"


def test_what_feeds_no_category_is_not_kept_apart() -> None:
    members = [
        journal("j1", attributes=(("location", "A"), ("sales_rep", "Ann"))),
        journal("j2", attributes=(("location", "A"), ("sales_rep", "Bob"))),
        journal("j3", attributes=(("location", "B"),)),
    ]
    made = summarise(FEBRUARY, members, {"location"})
    assert made is not None
    found = [(line.account, dict(line.attributes)["location"], line.amount) for line in made.lines]
    assert found == [
        ("320", "A", Decimal("60.00")),
        ("320", "B", Decimal("30.00")),
        ("630", "A", Decimal("-60.00")),
        ("630", "B", Decimal("-30.00")),
    ]


def test_costs_that_take_each_other_back_come_to_no_journal() -> None:
    assert summarise(FEBRUARY, [journal("j1"), journal("j2", "-30.00")], ()) is None
    assert summarise(FEBRUARY, [], ()) is None


def test_a_correction_is_what_is_missing_and_the_month_without_it_is_what_was_posted() -> None:
    written = summarise(FEBRUARY, [journal("j1")], ())
    present = summarise(FEBRUARY, [journal("j1"), journal("j2", "5.00")], ())
    made = correction(present, written, 1, date(2026, 3, 3))
    assert made is not None
    assert amounts(made) == [("320", Decimal("5.00")), ("630", Decimal("-5.00"))]
    assert (made.external_id, made.members) == (f"{FEBRUARY}:correction:1", ("j2",))
    assert covers(made.external_id, journal())
    assert summarise(FEBRUARY, [journal("j1"), journal("j2", "5.00")], (), [made]) == written
    assert correction(written, written, 2, date(2026, 3, 3)) is None


def test_only_what_came_late_is_kept_apart_by_what_feeds_tracking_now() -> None:
    ann, bob = (journal(id, attributes=(("sales_rep", rep),)) for id, rep in (("j1", "Ann"), ("j2", "Bob")))
    late = journal("j3", "5.00", attributes=(("sales_rep", "Bob"),))
    written = summarise(FEBRUARY, [ann, bob], ())
    made = correction(summarise(FEBRUARY, [ann, bob, late], ()), written, 1, date(2026, 3, 3), [late], {"sales_rep"})
    assert made is not None
    assert [(line.account, line.amount, line.attributes) for line in made.lines] == [
        ("320", Decimal("5.00"), (("sales_rep", "Bob"),)),
        ("630", Decimal("-5.00"), (("sales_rep", "Bob"),)),
    ]
    assert summarise(FEBRUARY, [ann, bob, late], (), [made]) == written


def test_a_month_of_which_everything_went_is_corrected_to_nothing() -> None:
    written = summarise(FEBRUARY, [journal("j1")], ())
    made = correction(None, written, 1, date(2026, 3, 3))
    assert amounts(made) == [("630", Decimal("30.00")), ("320", Decimal("-30.00"))]
    assert made is not None
    left = summarise(FEBRUARY, [], (), [made])
    assert amounts(left) == amounts(written)
