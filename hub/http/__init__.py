"""The one door to the network: shared rate limits, a log of what was said, and errors with a meaning."""

from hub.http.answers import Answer
from hub.http.door import Door
from hub.http.exchange import prune_exchanges
from hub.http.limiter import end_lost_calls
from hub.http.throttling import retry_after

__all__ = ["Answer", "Door", "end_lost_calls", "prune_exchanges", "retry_after"]
