"""How a simulator is set up."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Settings:
    """Everything the command line may set. Lengths in seconds."""

    host: str = "127.0.0.1"
    port: int = 0
    state: str | None = None
    timezone: str = "America/New_York"
    empty: bool = False
    country: str = "US"
    version: str = "13.0"
    sales_tax: bool = False
    tax_rate: str = "8.25"
    classes: bool = False
    multicurrency: bool = False
    home_currency: str = "USD"
    iterator_seconds: float = 10.0
    no_op_seconds: float = 5.0
    most_no_ops: int = 100
    http_seconds: float = 60.0
    switches: dict[str, str] = field(default_factory=dict)
