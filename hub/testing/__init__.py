"""What a provider's author needs: in-memory providers of both sorts and the contract suite."""

from hub.testing.books import Books, Fault
from hub.testing.memory import MemoryLedger, MemoryStock
from hub.testing.visiting import VisitingLedger

__all__ = ["Books", "Fault", "MemoryLedger", "MemoryStock", "VisitingLedger"]
