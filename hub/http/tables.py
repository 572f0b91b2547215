"""The tables behind the limiter and the exchange log, for statements without the ORM in between."""

from typing import Any

import sqlalchemy as sa

from hub.models import Bucket, BucketCall, Exchange


def _table(model: Any) -> sa.Table:
    found: sa.Table = model.__table__
    return found


BUCKET = _table(Bucket)
CALL = _table(BucketCall)
EXCHANGE = _table(Exchange)
