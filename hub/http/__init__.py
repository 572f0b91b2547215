"""The one door to the network: shared rate limits, a log of what was said, and errors with a meaning."""

from hub.http.answers import Answer
from hub.http.door import Door
from hub.http.exchange import prune_exchanges

__all__ = ["Answer", "Door", "prune_exchanges"]
