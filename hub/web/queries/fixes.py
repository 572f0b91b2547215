"""How a group of problems can be fixed where it is shown: which control, what it offers, and what it would set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from hub.mapping import Default, MappingList, fold
from hub.web.queries.attention import Group
from hub.web.queries.codes import DEFAULTS, NEEDED_BY, Lists, load_lists
from hub.web.queries.tables import INTEGRATIONS
from hub.web.unchanged import while_unchanged

UNMAPPED = {code: where for where, code in NEEDED_BY.items()}
"""Problems about a source code that is not mapped: the subject is the code."""

WRONGLY_MAPPED: Mapping[str, MappingList] = {
    **dict.fromkeys(
        (
            "account_not_usable",
            "account_not_for_documents",
            "account_not_for_journals",
            "journal_on_one_account",
            "stock_account_in_periodic",
            "account_archived",
            "account_unknown",
            "account_refuses_documents",
        ),
        MappingList.ACCOUNT,
    ),
    **dict.fromkeys(("tax_rate_not_usable", "tax_unknown"), MappingList.TAX_RATE),
    **dict.fromkeys(
        ("account_takes_no_payments", "account_refuses_payments", "payment_currency"), MappingList.PAYMENT_ACCOUNT
    ),
}
"""Problems about a code of the ledger: whatever is mapped to it is mapped to another one."""

WITHOUT_DEFAULT = ("account_missing", "tax_rate_missing", "rounding_account_missing", "goods_before_perpetual")
BEYOND_LIMIT = ("total_differs", "tax_differs", "rate_differs")
MOST_CENTS = 100
"""The rounding limit that a person may choose: beyond it a difference is no rounding."""


class Control(StrEnum):
    """The one thing that a person does."""

    CHOOSE = "choose"
    RAISE_LIMIT = "raise the limit"


@dataclass(frozen=True)
class Fix:
    """One control. ``sets`` are the entries of ``where`` that get what is chosen of ``offers``."""

    control: Control
    label: str
    where: MappingList = MappingList.ACCOUNT
    offers: MappingList = MappingList.ACCOUNT
    sets: tuple[tuple[MappingList, str], ...] = ()
    value: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Grounds:
    """What fixes are made from, for one integration."""

    lists: Lists
    rounding_cents: int


@while_unchanged
def load_grounds(db: sa.Connection, integration_id: int) -> Grounds:
    """Both sides' lists, what is mapped, and what would be suggested."""
    row = db.execute(_INTEGRATION, {"integration": integration_id}).one()
    return Grounds(load_lists(db, row), row.rounding_limit_cents)


_INTEGRATION = sa.select(INTEGRATIONS).where(INTEGRATIONS.c.id == sa.bindparam("integration"))


def needs_lists(group: Group) -> bool:
    """Whether a fix of this group is made from lists; loading them for others would be for nothing."""
    code = group.cause.code
    return code in (*UNMAPPED, *WRONGLY_MAPPED, *WITHOUT_DEFAULT, *BEYOND_LIMIT)


def fix_of(group: Group, grounds: Grounds) -> Fix | None:
    """The control that solves the group; None where it is solved elsewhere."""
    code, subject = group.cause.code, group.cause.subject
    if code in UNMAPPED:
        return _map(UNMAPPED[code], subject, grounds)
    if code in WRONGLY_MAPPED:
        return _map_anew(WRONGLY_MAPPED[code], subject, grounds)
    if code in WITHOUT_DEFAULT:
        return _default(code, subject)
    if code in BEYOND_LIMIT:
        label = f"Correct differences of up to so many cents unasked (now {grounds.rounding_cents})"
        return Fix(Control.RAISE_LIMIT, label, value=str(grounds.rounding_cents))
    return None


_NOUNS = {
    MappingList.ACCOUNT: "account",
    MappingList.TAX_RATE: "tax rate",
    MappingList.PAYMENT_ACCOUNT: "payment account",
}


def _map(where: MappingList, code: str, grounds: Grounds) -> Fix | None:
    if not code:
        return None  # the source names none: there is nothing to map
    suggestion = next(
        (each for each in grounds.lists.suggestions.get(where, ()) if fold(each.source_code) == fold(code)), None
    )
    return Fix(
        Control.CHOOSE,
        f"What {_NOUNS[where]} {code} is in the ledger",
        where,
        where,
        ((where, code),),
        suggestion.target_code if suggestion else "",
        suggestion.why if suggestion else "",
    )


def _map_anew(where: MappingList, target: str, grounds: Grounds) -> Fix | None:
    sets = [
        (MappingList(listed), source)
        for (listed, _), (source, mapped) in grounds.lists.mapped.items()
        if mapped == target and _offers(MappingList(listed), source) is where
    ]
    if not target or not sets:
        return None
    return Fix(Control.CHOOSE, f"Use instead of {_NOUNS[where]} {target}", where, where, tuple(sets))


def _offers(where: MappingList, source: str) -> MappingList | None:
    """The list that an entry's target is chosen from."""
    if where is not MappingList.DEFAULT:
        return where
    return DEFAULTS[Default(source)][1] if source in set(Default) else None


def _default(code: str, subject: str) -> Fix | None:
    name = Default.ROUNDING_ACCOUNT.value if code == "rounding_account_missing" else subject
    if name not in set(Default):
        return None
    title, offers = DEFAULTS[Default(name)]
    if offers is None:
        return None
    return Fix(Control.CHOOSE, title, MappingList.DEFAULT, offers, ((MappingList.DEFAULT, name),))


def objection(fix: Fix, grounds: Grounds, chosen: str) -> str:
    """Why this can't be chosen; empty when it can."""
    if fix.control is Control.RAISE_LIMIT:
        fits = chosen.isdecimal() and int(chosen[:6]) <= MOST_CENTS and len(chosen) < 6
        return "" if fits else f"Please enter whole cents, at most {MOST_CENTS}."
    if not chosen:
        return "Please choose one of the list."
    return "" if chosen in grounds.lists.targets(fix.offers) else f"The ledger has no {chosen} to use here."
