"""The arithmetic of differences: whatever both sides say, the causes add up to the cent, and what is hidden is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.causes import (
    Accounts,
    Cause,
    Joint,
    Known,
    Line,
    Measure,
    Movement,
    Share,
    Terms,
    Worth,
    gathering,
    join,
)
from hub.causes import Facts as Gathered
from hub.causes import Statement as Told
from hub.causes import movement as moved_within
from hub.causes import worth_of_stock as worth_at_the_end
from hub.documents import Kind
from hub.entries import Entry, Posting, UnmatchedGoods
from hub.providers import TargetStatus

START_DATE = date(2026, 1, 1)
JULY = Terms(date(2026, 7, 1), date(2026, 7, 31), START_DATE)
IN_JULY, IN_AUGUST = date(2026, 7, 15), date(2026, 8, 2)
STOCK = Accounts.of({"610"}, {"630"})
ZERO, CENT = Decimal(0), Decimal("0.01")
TEN = Decimal("10.00")
OWED = Decimal("88.00")


@dataclass(frozen=True)
class Facts:
    """What both sides and the hub say."""

    entries: tuple[Entry, ...] = ()
    postings: tuple[Posting, ...] = ()
    documents: tuple[Known, ...] = ()
    joints: tuple[Joint, ...] = ()
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @contextmanager
    def gathered(self) -> Iterator[Gathered]:
        with gathering() as facts:
            facts.add_entries(self.entries)
            facts.add_postings(self.postings)
            facts.add_documents(self.documents)
            facts.add_joints(self.joints)
            for summary, ids in self.members.items():
                facts.add_members(summary, ids)
            join(facts)
            yield facts


@dataclass(frozen=True)
class Statement:
    """A statement with the lines that were told meanwhile."""

    stock: Decimal
    ledger: Decimal
    difference: Decimal
    unexplained: Decimal
    shares: tuple[Share, ...]
    lines: tuple[Line, ...]

    @classmethod
    def of(cls, told: Told, lines: Sequence[Line]) -> Statement:
        return cls(told.stock, told.ledger, told.difference, told.unexplained, told.shares, tuple(lines))


def worth_of_stock(accounts: Accounts, facts: Facts, worth: Worth, terms: Terms) -> Statement:
    lines: list[Line] = []
    with facts.gathered() as gathered:
        return Statement.of(worth_at_the_end(accounts, gathered, worth, terms, lines.append), lines)


def movement(
    measure: Measure, accounts: Accounts, facts: Facts, terms: Terms, reported: Decimal | None = None
) -> Statement:
    lines: list[Line] = []
    with facts.gathered() as gathered:
        return Statement.of(moved_within(measure, accounts, gathered, terms, lines.append, reported), lines)


def entry(id: str, amount: Decimal = TEN, day: date = IN_JULY) -> Entry:
    return Entry(id, day, "610", amount, reference=f"S-{id}")


def posting(
    id: str, amount: Decimal = TEN, day: date = IN_JULY, kind: Kind = Kind.JOURNAL, is_ours: bool = False
) -> Posting:
    return Posting(kind, f"t-{id}", day, "630", amount, number=f"L-{id}", is_ours=is_ours)


def known(id: str, kind: Kind = Kind.JOURNAL, **more: object) -> Known:
    return Known(**{"ref": (kind, id), "number": f"S-{id}", "date": IN_JULY, "is_planned": True, **more})  # type: ignore[arg-type]


def joint(id: str, kind: Kind = Kind.JOURNAL, **more: object) -> Joint:
    return Joint(**{"source": (kind, id), "target": (kind, f"t-{id}"), **more})  # type: ignore[arg-type]


def together(*parts: Facts) -> Facts:
    """The facts of several documents."""
    return Facts(
        tuple(each for part in parts for each in part.entries),
        tuple(each for part in parts for each in part.postings),
        tuple(each for part in parts for each in part.documents),
        tuple(each for part in parts for each in part.joints),
        {name: ids for part in parts for name, ids in part.members.items()},
    )


def posted(id: str, amount: Decimal = TEN, day: date = IN_JULY) -> Facts:
    """A document that both sides have, alike."""
    return Facts((entry(id, amount, day),), (posting(id, amount, day),), (known(id),), (joint(id),))


def stock(
    facts: Facts,
    *,
    hidden: Decimal = ZERO,
    unseen: Decimal = ZERO,
    terms: Terms = JULY,
    unmatched: tuple[UnmatchedGoods, ...] = (),
) -> Statement:
    """The statement of two sides that began alike with a thousand; ``hidden`` and ``unseen`` are in no document."""
    before = (Entry("opening", date(2025, 12, 1), "610", Decimal(1000)),)
    facts = replace(facts, entries=(*before, *facts.entries))
    valuation = sum((each.amount for each in facts.entries if each.moves_goods), Decimal(0)) + hidden
    waiting = {id for goods in unmatched for id in goods.documents}
    valuation += sum((goods.worth for goods in unmatched), Decimal(0))
    valuation -= sum((each.amount for each in facts.entries if each.document_id in waiting), Decimal(0))
    closing = 1000 + sum((each.amount for each in facts.postings if each.date <= terms.end), Decimal(0)) + unseen
    worth = Worth(valuation, START_DATE, {"630": Decimal(1000)}, {"630": closing}, unmatched)
    return worth_of_stock(STOCK, facts, worth, terms)


def named(statement: Statement) -> dict[Cause, Decimal]:
    return {share.cause: share.amount for share in statement.shares if share.amount}


def adds_up(statement: Statement) -> bool:
    return sum((line.amount for line in statement.lines), Decimal(0)) == statement.difference


PLANTED: dict[Cause, Facts] = {
    Cause.NOT_POSTED: Facts((entry("new"),), (), (known("new", obstacle="It waits for approval."),)),
    Cause.CHANGED: Facts(
        (entry("edited", TEN + 3),), (posting("edited"),), (known("edited", changed=True),), (joint("edited"),)
    ),
    Cause.VOID_ON_ONE_SIDE: Facts((), (posting("void"),), (known("void", is_live=False),), (joint("void"),)),
    Cause.OTHER_PERIOD: Facts((entry("late"),), (posting("late", day=IN_AUGUST),), (known("late"),), (joint("late"),)),
    Cause.DISPATCHED_NOT_INVOICED: Facts(
        (entry("left", -TEN),), (), (known("left", movement=Movement.DISPATCH, is_planned=False),)
    ),
    Cause.INVOICED_NOT_DISPATCHED: Facts(
        (), (posting("cost", -TEN),), (known("cost", movement=Movement.DISPATCH),), (joint("cost"),)
    ),
    Cause.RECEIVED_NOT_INVOICED: Facts(
        (entry("came"),), (), (known("came", movement=Movement.RECEIPT, is_planned=False, invoiced_on=IN_AUGUST),)
    ),
    Cause.INVOICED_NOT_RECEIVED: Facts(
        (), (posting("bill", kind=Kind.BILL),), (known("bill", Kind.BILL),), (joint("bill", Kind.BILL),)
    ),
    Cause.EXCHANGE_RATE: Facts(
        (entry("euro", TEN + 1),), (posting("euro"),), (known("euro", is_foreign=True),), (joint("euro"),)
    ),
    Cause.ROUNDING: Facts((entry("cents", TEN + 2 * CENT),), (posting("cents"),), (known("cents"),), (joint("cents"),)),
    Cause.BY_HAND: Facts((), (posting("theirs", Decimal("-7.77")),)),
    Cause.BEFORE_START: Facts((entry("older"),), (), (known("older", date=date(2025, 12, 30)),)),
}


def test_two_sides_that_agree_have_no_cause() -> None:
    statement = stock(together(posted("a"), posted("b", -TEN), posted("c", Decimal("0.03"))))
    assert (statement.difference, named(statement), adds_up(statement)) == (Decimal(0), {}, True)
    assert sum(line.cause is Cause.AGREES for line in statement.lines) == 3


@pytest.mark.parametrize("cause", list(PLANTED))
def test_each_cause_is_named_with_its_amount_and_nothing_is_left(cause: Cause) -> None:
    statement = stock(together(posted("a"), PLANTED[cause], posted("b", -TEN)))
    assert named(statement) == {cause: statement.difference}
    assert statement.difference != 0
    assert adds_up(statement)


@pytest.mark.parametrize("cause", list(PLANTED))
def test_every_line_shows_what_it_counts_for_on_both_sides(cause: Cause) -> None:
    lines = [line for line in stock(PLANTED[cause]).lines if line.cause is cause and line.item.documents]
    assert all(line.amount == line.stock - line.ledger and line.why for line in lines)


def test_all_causes_together_are_told_apart_and_leave_nothing_unexplained() -> None:
    statement = stock(together(posted("a"), *PLANTED.values()))
    assert set(named(statement)) == set(PLANTED)
    assert statement.unexplained == 0
    assert adds_up(statement)


def test_a_value_that_no_entry_tells_of_is_unexplained() -> None:
    statement = stock(posted("a"), hidden=Decimal("12.34"))
    assert named(statement) == {Cause.UNEXPLAINED: Decimal("12.34")}


def test_a_balance_that_no_document_tells_of_is_unexplained() -> None:
    statement = stock(posted("a"), unseen=Decimal("-0.01"))
    assert named(statement) == {Cause.UNEXPLAINED: CENT}


def test_a_difference_that_was_there_at_the_start_is_of_the_time_before_it() -> None:
    facts = Facts((Entry("opening", date(2025, 11, 30), "610", Decimal(400)),))
    worth = Worth(Decimal(400), START_DATE, {"630": Decimal(390)}, {"630": Decimal(390)})
    statement = worth_of_stock(STOCK, facts, worth, JULY)
    assert named(statement) == {Cause.BEFORE_START: TEN}
    assert [(line.stock, line.ledger) for line in statement.lines] == [(Decimal(400), ZERO), (ZERO, Decimal(390))]


def test_goods_that_came_before_their_bill_and_bills_before_their_goods_are_told_apart() -> None:
    came = UnmatchedGoods("PO-1", TEN, frozenset(), received_on=IN_JULY)
    half = UnmatchedGoods("PO-2", Decimal(6), frozenset({"b"}), received_on=IN_AUGUST, invoiced_on=IN_JULY)
    statement = stock(together(posted("a"), posted("b")), unmatched=(came, half))
    assert named(statement) == {Cause.RECEIVED_NOT_INVOICED: TEN, Cause.INVOICED_NOT_RECEIVED: Decimal(-4)}
    assert adds_up(statement)


def test_goods_that_come_after_the_end_without_a_bill_are_no_matter_of_the_period() -> None:
    late = UnmatchedGoods("PO-1", TEN, frozenset(), received_on=IN_AUGUST)
    statement = stock(posted("a"), unmatched=(late,))
    assert (statement.stock, named(statement)) == (Decimal(1010), {})


def test_what_is_booked_on_stock_without_goods_is_named_in_the_period_of_its_date() -> None:
    by_hand = replace(posted("hand"), entries=(replace(entry("hand"), moves_goods=False),))
    later = Facts((replace(entry("later", day=IN_AUGUST), moves_goods=False),), (), (known("later", date=IN_AUGUST),))
    statement = stock(together(posted("a"), by_hand, later))
    assert named(statement) == {Cause.BOOKED_WITHOUT_GOODS: -TEN}
    assert (statement.stock, adds_up(statement)) == (Decimal(1010), True)


def test_what_happened_after_the_end_is_rolled_back() -> None:
    after = Facts((entry("later", Decimal(250), IN_AUGUST),), (), (known("later", date=IN_AUGUST),))
    statement = stock(together(posted("a"), after))
    assert (statement.stock, statement.difference) == (Decimal("1010.00"), Decimal(0))


def test_a_document_that_changed_and_is_dated_differently_counts_to_both_causes() -> None:
    both = Facts(
        (entry("x", Decimal(30)), entry("x", Decimal(5), IN_AUGUST)),
        (posting("x", Decimal(20)), posting("x", Decimal(12), IN_AUGUST)),
        (known("x", changed=True),),
        (joint("x"),),
    )
    statement = stock(both)
    assert named(statement) == {Cause.OTHER_PERIOD: Decimal(7), Cause.CHANGED: Decimal(3)}
    assert adds_up(statement)


def test_goods_and_their_bill_of_one_purchase_are_one_matter() -> None:
    goods = known("goods", movement=Movement.RECEIPT, is_planned=False, record_id="PO-1")
    bill = known("bill", Kind.BILL, record_id="PO-1")
    facts = Facts(
        (entry("goods", Decimal(60)),),
        (posting("bill", Decimal(100), kind=Kind.BILL),),
        (goods, bill),
        (joint("bill", Kind.BILL),),
    )
    assert named(stock(facts)) == {Cause.INVOICED_NOT_RECEIVED: Decimal(-40)}
    all_of_it = replace(facts, entries=(entry("goods", Decimal(100)),))
    assert named(stock(all_of_it)) == {}


def test_a_journal_of_several_stands_for_its_members() -> None:
    facts = Facts(
        (entry("m1", -TEN), entry("m2", -TEN)),
        (posting("sum", -20 * CENT * 100),),
        (known("m1"), known("m2"), known("sum")),
        (joint("sum"),),
        {"sum": ("m1", "m2")},
    )
    assert named(stock(facts)) == {}


def test_entries_that_name_the_record_count_for_all_documents_of_it() -> None:
    facts = Facts(
        (entry("SALE", Decimal(50)),),
        (posting("i1", Decimal(30)), posting("i2", Decimal(20))),
        (known("i1", record_id="SALE"), known("i2", record_id="SALE")),
        (joint("i1"), joint("i2")),
    )
    assert named(stock(facts)) == {}


def test_what_carries_our_mark_without_a_link_is_not_called_made_by_hand() -> None:
    statement = stock(Facts((), (posting("twice", is_ours=True),)))
    assert named(statement) == {Cause.UNEXPLAINED: -TEN}


def test_a_journal_that_the_stock_systems_books_do_not_have_any_more_is_void_on_one_side() -> None:
    gone = Facts((), (posting("gone"),), (known("gone"),), (joint("gone"),))
    assert named(stock(gone)) == {Cause.VOID_ON_ONE_SIDE: -TEN}


def test_a_draft_in_the_ledger_is_not_posted_yet() -> None:
    draft = Facts((entry("d"),), (), (known("d"),), (joint("d", status=TargetStatus.DRAFT),))
    assert named(stock(draft)) == {Cause.NOT_POSTED: TEN}


def test_a_target_that_was_voided_in_the_ledger_is_void_on_one_side() -> None:
    void = Facts((entry("v"),), (), (known("v"),), (joint("v", status=TargetStatus.VOIDED),))
    assert named(stock(void)) == {Cause.VOID_ON_ONE_SIDE: TEN}


def test_sales_are_compared_within_the_period_and_told_with_the_sign_that_people_read() -> None:
    sold = Facts(
        (entry("s", Decimal(-80)), entry("june", Decimal(-9), date(2026, 6, 30))),
        (posting("s", Decimal(-75), kind=Kind.INVOICE),),
        (known("s", Kind.INVOICE, changed=True), known("june", Kind.INVOICE)),
        (joint("s", Kind.INVOICE),),
    )
    statement = movement(Measure.SALES, STOCK, sold, JULY)
    assert (statement.stock, statement.ledger, named(statement)) == (
        Decimal(80),
        Decimal(75),
        {Cause.CHANGED: Decimal(5)},
    )


def test_what_was_booked_and_taken_back_on_another_day_is_of_another_period() -> None:
    undone = Facts((entry("x"), entry("x", -TEN, IN_AUGUST)), (), (known("x"),))
    assert named(stock(undone)) == {Cause.OTHER_PERIOD: TEN}


def test_a_balance_of_receivables_that_moved_by_more_than_its_documents_is_unexplained() -> None:
    owed = Facts((entry("i", OWED),), (posting("i", OWED, kind=Kind.INVOICE),), (known("i", Kind.INVOICE),))
    owed = replace(owed, joints=(joint("i", Kind.INVOICE),))
    statement = movement(Measure.RECEIVABLES, STOCK, owed, JULY, OWED + 7)
    assert (statement.ledger, named(statement)) == (OWED + 7, {Cause.UNEXPLAINED: Decimal(-7)})
    owing = movement(Measure.PAYABLES, STOCK, owed, JULY, OWED)
    assert (owing.ledger, named(owing)) == (-OWED, {})


# -- whatever both sides say ---------------------------------------------------------------------------------------

AMOUNTS = st.integers(-500_000, 500_000).map(lambda cents: Decimal(cents) / 100)
DAYS = st.integers(-400, 400).map(lambda days: date(2026, 7, 1) + timedelta(days))
IDS = st.sampled_from([f"d{number}" for number in range(6)])
KINDS = st.sampled_from([Kind.INVOICE, Kind.BILL, Kind.JOURNAL])


@st.composite
def anything(draw: st.DrawFn) -> Facts:
    """Facts that need not fit together in any way."""
    entries = draw(st.lists(st.builds(entry, IDS, AMOUNTS, DAYS)))
    postings = draw(st.lists(st.builds(posting, IDS, AMOUNTS, DAYS, KINDS, is_ours=st.booleans())))
    documents = draw(
        st.lists(
            st.builds(
                Known,
                ref=st.tuples(KINDS, IDS),
                record_id=st.sampled_from(["", "d0", "r1", "r2"]),
                date=st.none() | DAYS,
                is_live=st.booleans(),
                is_foreign=st.booleans(),
                movement=st.sampled_from(Movement),
                invoiced_on=st.none() | DAYS,
                is_planned=st.booleans(),
                changed=st.booleans(),
            ),
            unique_by=lambda each: each.ref,
        )
    )
    joints = draw(
        st.lists(
            st.builds(
                Joint,
                source=st.tuples(KINDS, IDS),
                target=st.tuples(KINDS, IDS.map(lambda name: f"t-{name}")),
                status=st.sampled_from(TargetStatus),
                live=st.booleans(),
                edited=st.booleans(),
            )
        )
    )
    members = draw(st.dictionaries(IDS, st.lists(IDS).map(tuple), max_size=2))
    return Facts(tuple(entries), tuple(postings), tuple(documents), tuple(joints), members)


@settings(max_examples=150, deadline=None)
@given(anything(), AMOUNTS, AMOUNTS, AMOUNTS, DAYS)
def test_causes_always_add_up_to_the_difference_exactly(
    facts: Facts, valuation: Decimal, opening: Decimal, closing: Decimal, end: date
) -> None:
    terms = Terms(end - timedelta(30), end, START_DATE)
    worth = Worth(valuation, START_DATE, {"630": opening}, {"630": closing})
    moved = movement(Measure.PAYABLES, STOCK, facts, terms, closing)
    for statement in (worth_of_stock(STOCK, facts, worth, terms), movement(Measure.SALES, STOCK, facts, terms), moved):
        assert adds_up(statement)
        assert sum((share.amount for share in statement.shares), Decimal(0)) == statement.difference


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(list(PLANTED)), unique=True), st.lists(AMOUNTS, max_size=8), AMOUNTS)
def test_whatever_is_planted_is_named_and_only_what_is_hidden_is_unexplained(
    causes: list[Cause], amounts: list[Decimal], hidden: Decimal
) -> None:
    agreeing = [posted(f"p{number}", amount) for number, amount in enumerate(amounts)]
    statement = stock(together(*agreeing, *(PLANTED[cause] for cause in causes)), hidden=hidden)
    assert statement.unexplained == hidden
    assert set(named(statement)) - {Cause.UNEXPLAINED} == set(causes)
    assert adds_up(statement)


@pytest.mark.parametrize(("ledger", "cause"), [("104.00", Cause.EXCHANGE_RATE), ("900.00", Cause.UNEXPLAINED)])
def test_only_what_a_rate_can_do_is_called_an_exchange_rate(ledger: str, cause: Cause) -> None:
    facts = Facts(
        (entry("b1", Decimal("100.00")),),
        (posting("b1", Decimal(ledger), kind=Kind.BILL),),
        (known("b1", Kind.BILL, is_foreign=True),),
        (joint("b1", Kind.BILL),),
    )
    assert [share.cause for share in stock(facts).shares if share.amount] == [cause]
