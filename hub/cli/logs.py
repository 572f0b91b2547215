"""Logging to standard error: text for people, or one JSON object a line for log collectors."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
QUIET_LIBRARIES = ("alembic", "apscheduler", "urllib3")


class JsonLines(logging.Formatter):
    """One JSON object a line; a traceback is one of its fields."""

    def format(self, record: logging.LogRecord) -> str:
        """A record as JSON; the time is in UTC."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def set_up_logging(level: str, form: str) -> None:
    """Log from ``level`` on, as ``text`` or ``json``."""
    to_standard_error = logging.StreamHandler()
    to_standard_error.setFormatter(JsonLines() if form == "json" else logging.Formatter(TEXT))
    logging.basicConfig(level=level.upper(), handlers=[to_standard_error])
    for library in QUIET_LIBRARIES:
        logging.getLogger(library).setLevel("WARNING")
