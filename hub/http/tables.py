"""The tables behind the limiter and the exchange log, for statements without the ORM in between."""

from hub.models import Bucket, BucketCall, Exchange, table

BUCKET = table(Bucket)
CALL = table(BucketCall)
EXCHANGE = table(Exchange)
