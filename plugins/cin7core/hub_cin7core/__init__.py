"""Cin7 Core for Ledgerport: reads a company's sales, purchases, stock, contacts, products and reference lists."""

from __future__ import annotations

from collections.abc import Sequence

from hub import Provider, hookimpl
from hub_cin7core.provider import Cin7Core


@hookimpl
def register_providers() -> Sequence[Provider]:
    """Bring the Cin7 Core provider."""
    return (Cin7Core(),)
