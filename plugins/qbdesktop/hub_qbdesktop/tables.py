"""The tables of the Web Connector's visits; moments are whole seconds since 1970.

Everything that one call must know of an earlier one is here, so that any process may answer any call.
"""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()

CONNECTORS = sa.Table(
    "qbdesktop_connector",
    METADATA,
    sa.Column("connection_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("user_name", sa.String(60), nullable=False, unique=True),
    sa.Column("password_digest", sa.String(64), nullable=False),
    # Ours as one application, until a company file refuses the file id: it takes another only from another owner.
    sa.Column("owner_id", sa.String(38), nullable=False),
    sa.Column("file_id", sa.String(38), nullable=False),
    # The company file that was open last, and the one that a person confirmed, as JSON; empty: none yet.
    sa.Column("seen", sa.Text, nullable=False),
    sa.Column("confirmed", sa.Text, nullable=False),
    sa.Column("confirmed_by", sa.Text, nullable=False),
    sa.Column("confirmed_at", sa.BigInteger, nullable=True),
    sa.Column("last_visit_at", sa.BigInteger, nullable=True),
    sa.Column("last_error", sa.Text, nullable=False),
    sa.Column("last_error_at", sa.BigInteger, nullable=True),
    # The message set whose answer is saved and that QuickBooks may forget.
    sa.Column("spent_set", sa.String(24), nullable=False),
    # The last message set that was handed out, until its answer is saved.
    sa.Column("pending_set", sa.String(24), nullable=False),
)

SESSIONS = sa.Table(
    "qbdesktop_session",
    METADATA,
    sa.Column("ticket_digest", sa.String(64), primary_key=True),
    sa.Column("connection_id", sa.Integer, nullable=False, index=True),
    sa.Column("run_id", sa.Integer, nullable=True),
    sa.Column("is_open", sa.Boolean, nullable=False),
    sa.Column("opened_at", sa.BigInteger, nullable=False),
    # A call is being answered until then; 0: none is.
    sa.Column("step_until", sa.BigInteger, nullable=False),
    sa.Column("has_begun", sa.Boolean, nullable=False),
    sa.Column("reads_only", sa.Boolean, nullable=False),
    sa.Column("version", sa.String(8), nullable=False),
    sa.Column("request", sa.LargeBinary, nullable=True),
    sa.Column("request_set", sa.String(24), nullable=False),
    sa.Column("is_clearing", sa.Boolean, nullable=False),
    sa.Column("handed_at", sa.BigInteger, nullable=True),
    sa.Column("steps", sa.Integer, nullable=False),
    sa.Column("answer_digest", sa.String(64), nullable=False),
    sa.Column("percent", sa.Integer, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("pauses", sa.Integer, nullable=False),
    sa.Column("retries", sa.Integer, nullable=False),
)

SIGN_INS = sa.Table(
    "qbdesktop_sign_in",
    METADATA,
    sa.Column("who", sa.String(64), primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False),
    # Of the user name that was given, so that the page of its connection can tell.
    sa.Column("name_digest", sa.String(64), nullable=False),
)
