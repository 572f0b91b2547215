"""Which attributes of the source feed the ledger's tracking categories, and what their values are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from hub.documents import Kind, Tracking
from hub.engine.facts import load_list, load_rules
from hub.engine.notes import open_due
from hub.errors import SettingsError
from hub.mapping import ATTRIBUTES, MOST_CATEGORIES, MappingList, Rules, fold, option_code, suggest_options
from hub.models import Integration, MappingRow, Snapshot, table

if TYPE_CHECKING:
    from hub.engine.decisions import Decisions

integrations = table(Integration)
mappings = table(MappingRow)
snapshots = table(Snapshot)

READ_AT_MOST = 5_000
"""How many of the newest documents, and of items, are looked through for the values of an attribute."""


def categories(db: sa.Connection, ledger_id: int) -> list[Tracking]:
    """The ledger's tracking categories that are in use."""
    return [each for each in load_list(db, ledger_id, Kind.TRACKING) if isinstance(each, Tracking) and each.active]


def sources(db: sa.Connection, integration_id: int) -> dict[str, str]:
    """Which attribute feeds each category, by the category's folded name."""
    return load_rules(db, integration_id).all(MappingList.TRACKING)


def values(db: sa.Connection, stock_id: int, attribute: str) -> list[str]:
    """The values that an attribute has in the items and the newest documents of the stock system."""
    dated = snapshots.c.document_date.is_not(None)
    found: set[str] = set()
    for only, newest in ((dated, snapshots.c.document_date), (snapshots.c.kind == Kind.ITEM.value, snapshots.c.id)):
        text = snapshots.c.document.contains('"attributes":')
        chosen = (
            sa.select(snapshots.c.document)
            .where(snapshots.c.connection_id == stock_id, only, text)
            .order_by(newest.desc())
            .limit(READ_AT_MOST)
            .subquery()
        )
        found |= set(db.execute(_values(db, chosen.c.document, attribute)).scalars())
    return sorted(found - {""}, key=fold)


def _values(db: sa.Connection, document: Any, attribute: str) -> sa.Select[Any]:
    """The second of each pair whose first is the attribute."""
    name: Any
    value: Any
    if db.dialect.name == "sqlite":
        pairs = sa.func.json_each(document, "$.attributes").table_valued("value")
        name, value = (sa.func.json_extract(pairs.c.value, f"$[{place}]") for place in (0, 1))
    else:
        told = sa.func.coalesce(sa.cast(document, JSONB)["attributes"], sa.text("'[]'::jsonb"))
        pairs = sa.func.jsonb_array_elements(told).table_valued(sa.column("value", JSONB))
        name, value = (pairs.c.value[place].as_string() for place in (0, 1))
    return sa.select(value).distinct().select_from(sa.join(document.table, pairs, sa.true())).where(name == attribute)


class TrackingChoices:
    """A person's verbs on tracking."""

    def __init__(self, person: Decisions) -> None:
        self.person = person
        self.hub = person.hub

    def feed(self, integration_id: int, chosen: Mapping[str, str], unmapped: str) -> None:
        """Feed categories from attributes (an empty attribute: from nothing), and say what becomes of other values.

        ``unmapped`` is ``warn`` or ``hold``. Raises ``SettingsError`` for more categories than there may be, or words
        that mean nothing.
        """
        integration = self.hub.integration(integration_id)
        with self.hub.store.read() as db:
            before = sources(db, integration_id)
            known = {fold(each.name) for each in categories(db, integration.ledger_id)}
        after = {**before, **{fold(name): attribute for name, attribute in chosen.items()}}
        if sum(bool(attribute) for attribute in after.values()) > MOST_CATEGORIES:
            raise SettingsError(f"At most {MOST_CATEGORIES} categories can be used. Feed the others from nothing.")
        if not {attribute for attribute in chosen.values() if attribute} <= set(ATTRIBUTES):
            raise SettingsError("Please choose one of the list.")
        if unmapped not in ("warn", "hold") or not {fold(name) for name in chosen} <= known | before.keys():
            raise SettingsError("Please choose one of the list.")
        self.person.set_mapping(integration_id, MappingList.TRACKING, self._spelt(integration_id, chosen))
        with self.hub.store.write() as db:
            self.hub.store.claim(db, integration_id)
            change = sa.update(integrations).where(integrations.c.id == integration_id)
            db.execute(change.values(unmapped_tracking=unmapped))
            # Whatever is not posted yet may get other options, also where it got none before.
            open_due(self.hub.store, db, integration_id, "tracking was set")
            self.person.want_both(db, integration_id)
            words = "is held" if unmapped == "hold" else "goes without"
            said = f"what has no option {words}"
            self.hub.audit(db, self.person.actor, "set tracking", said, integration=integration_id)

    def options(self, integration_id: int, category: str, chosen: Mapping[str, str]) -> int:
        """Say which option each value is (empty: none); answers with how many changed."""
        integration = self.hub.integration(integration_id)
        with self.hub.store.read() as db:
            listed = next((c for c in categories(db, integration.ledger_id) if fold(c.name) == fold(category)), None)
        offered = {fold(option): option for option in (listed.options if listed else ())}
        wrong = [option for option in chosen.values() if option and fold(option) not in offered]
        if wrong or listed is None:
            raise SettingsError(f"{category} has no option {wrong[0]!r}." if wrong else f"There is no {category} now.")
        codes = {option_code(fold(category), value): offered.get(fold(each), "") for value, each in chosen.items()}
        return self.person.set_mapping(integration_id, MappingList.OPTION, codes)

    def accept(self, integration_id: int) -> int:
        """Take every suggestion; answers with how many there were."""
        integration, count = self.hub.integration(integration_id), 0
        with self.hub.store.read() as db:
            rules, fed = load_rules(db, integration_id), sources(db, integration_id)
            offered = {
                each.name: open_values(values(db, integration.stock_id, fed[fold(each.name)]), each, rules)
                for each in categories(db, integration.ledger_id)
                if fold(each.name) in fed
            }
            listed = {each.name: each for each in categories(db, integration.ledger_id)}
        for name, waiting in offered.items():
            found = {s.source_code: s.target_code for s in suggest_options(waiting, listed[name])}
            count += self.options(integration_id, name, found) if found else 0
        return count

    def _spelt(self, integration_id: int, chosen: Mapping[str, str]) -> dict[str, str]:
        """Names as they are stored already, so that no category is there twice."""
        mine = sa.select(mappings.c.source_code).where(
            mappings.c.integration_id == integration_id, mappings.c.list == MappingList.TRACKING.value
        )
        with self.hub.store.read() as db:
            stored = {fold(name): name for name in db.execute(mine).scalars()}
        return {stored.get(fold(name), name): attribute for name, attribute in chosen.items()}


def open_values(found: Sequence[str], category: Tracking, rules: Rules) -> list[str]:
    """The values that have no option yet."""
    return [value for value in found if not rules.find(MappingList.OPTION, option_code(fold(category.name), value))]
