"""The engine: a stored, incremental reconciler that carries documents from one side to the other, once."""

from hub.engine.decisions import Decisions
from hub.engine.hub import Hub, RunReport

__all__ = ["Decisions", "Hub", "RunReport"]
