"""Mapping: from the source's codes to the target's, which rule fired for each, and what the hub would suggest."""

from __future__ import annotations

from hub.mapping.resolving import Resolver
from hub.mapping.rules import (
    DIRECT_TARGET,
    ORGANISATION_FACT,
    Chart,
    Default,
    MappingList,
    Policy,
    Ref,
    Resolved,
    Rules,
    Sources,
    fold,
    link_fact,
    map_fact,
    source_fact,
    target_fact,
)
from hub.mapping.suggesting import (
    Suggestion,
    is_cost_of_goods,
    is_stock,
    suggest_accounts,
    suggest_options,
    suggest_payment_accounts,
    suggest_payment_methods,
    suggest_tax_rates,
)
from hub.mapping.tracking import ATTRIBUTES, MOST_CATEGORIES, option_code

__all__ = [
    "ATTRIBUTES",
    "DIRECT_TARGET",
    "MOST_CATEGORIES",
    "ORGANISATION_FACT",
    "Chart",
    "Default",
    "MappingList",
    "Policy",
    "Ref",
    "Resolved",
    "Resolver",
    "Rules",
    "Sources",
    "Suggestion",
    "fold",
    "is_cost_of_goods",
    "is_stock",
    "link_fact",
    "map_fact",
    "option_code",
    "source_fact",
    "suggest_accounts",
    "suggest_options",
    "suggest_payment_accounts",
    "suggest_payment_methods",
    "suggest_tax_rates",
    "target_fact",
]
