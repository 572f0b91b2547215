"""How alike two contacts are, with the reasons; pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import NamedTuple

from rapidfuzz import fuzz, process

CERTAIN = 0.99
"""Nothing that rests on likeness is told as more than this."""
LEAST = 0.7
"""Weaker ones are not worth a person's time."""
LEAST_NAME_LIKENESS = 80.0
AS_GOOD = 0.02
"""Suggestions closer together than this can't be told apart."""

_TAX_NUMBER, _NAME, _EMAIL, _DOMAIN = 0.97, 0.95, 0.92, 0.35
_LIKE_NAME = 0.85
_OTHER_TAX_NUMBER = 0.5


class Card(NamedTuple):
    """What a contact is compared by; all but the label folded as in the directory."""

    external_id: str
    label: str
    name: str
    email: str = ""
    domain: str = ""
    tax_number: str = ""
    tax_country: str = ""


@dataclass(frozen=True)
class Likeness:
    """A contact of the ledger that may be the one, how likely from 0 to 1, and why.

    It is ``taken`` when another contact of the same side, customers or suppliers, is linked to it.
    """

    target_id: str
    label: str
    score: float
    reasons: tuple[str, ...]
    taken: bool = False


def compare(source: Card, target: Card, name_likeness: float | None = None) -> Likeness:
    """Weigh what two contacts share. ``name_likeness`` from 0 to 100 where it is known already."""
    found: list[tuple[float, str]] = []
    countries = {source.tax_country, target.tax_country} - {""}
    both = bool(source.tax_number and target.tax_number)
    same_number = both and source.tax_number == target.tax_number and len(countries) < 2
    if same_number:
        found.append((_TAX_NUMBER, "VAT number equal"))
    if source.name == target.name:
        found.append((_NAME, "name equal"))
    else:
        found.extend(_like_name(source, target, name_likeness))
    if source.email and source.email == target.email:
        found.append((_EMAIL, "e-mail equal"))
    elif source.domain and source.domain == target.domain:
        found.append((_DOMAIN, "domain equal"))
    score = 1 - prod(1 - weight for weight, _ in found)
    reasons = [reason for _, reason in found]
    if both and not same_number:
        score *= _OTHER_TAX_NUMBER
        reasons.append("VAT numbers differ")
    return Likeness(target.external_id, target.label, round(min(score, CERTAIN), 2), tuple(reasons))


def _like_name(source: Card, target: Card, known: float | None) -> list[tuple[float, str]]:
    ratio = fuzz.token_sort_ratio(source.name, target.name) if known is None else known
    if ratio < LEAST_NAME_LIKENESS:
        return []
    return [(_LIKE_NAME * ratio / 100, f"name likeness {ratio / 100:.2f}")]


MOST = 3
"""So many suggestions are worth a person's look."""


def most_alike(name: str, names: Sequence[str], most: int) -> list[int]:
    """The places of the names that are alike enough, the likest first."""
    found = process.extract(name, names, scorer=fuzz.token_sort_ratio, score_cutoff=LEAST_NAME_LIKENESS, limit=most)
    return [place for _, _, place in found]


def rank(source: Card, equal: Sequence[Card], alike: Sequence[Card], *, most: int = MOST) -> list[Likeness]:
    """The best suggestions, best first: from those that share a value, and those that may have a like name."""
    found = {card.external_id: compare(source, card) for card in equal}
    if alike:
        # Those that are found already may be among the best names, so as many more are asked for.
        like = process.extract(
            source.name,
            [card.name for card in alike],
            scorer=fuzz.token_sort_ratio,
            score_cutoff=LEAST_NAME_LIKENESS,
            limit=most + len(found),
        )
        new = [(ratio, alike[number]) for _, ratio, number in like if alike[number].external_id not in found]
        for ratio, card in new[:most]:
            found[card.external_id] = compare(source, card, ratio)
    good = [each for each in found.values() if each.score >= LEAST]
    return sorted(good, key=lambda each: (-each.score, each.label))[:most]


TAKEN = "already linked to another"
"""The reason beside a suggestion that is taken."""


def with_taken(suggestions: Sequence[Likeness], taken: Collection[str]) -> list[Likeness]:
    """The same, with those last that another contact is linked to."""
    told = [
        replace(each, taken=True, reasons=(*each.reasons, TAKEN)) if each.target_id in taken else each
        for each in suggestions
    ]
    return sorted(told, key=lambda each: each.taken)


def clear_best(suggestions: Sequence[Likeness], at_least: float) -> Likeness | None:
    """The suggestion that may be taken without looking at each: good enough, free, and not one of two alike."""
    free = [each for each in suggestions if not each.taken]
    if not free or free[0].score < at_least:
        return None
    return free[0] if len(free) == 1 or free[0].score - free[1].score >= AS_GOOD else None
