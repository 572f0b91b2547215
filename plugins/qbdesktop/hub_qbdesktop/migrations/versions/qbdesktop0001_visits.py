"""the tables of the first release"""

import sqlalchemy as sa
from alembic import op

revision = "qbdesktop0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "qbdesktop_connector",
        sa.Column("connection_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("user_name", sa.String(60), nullable=False),
        sa.Column("password_digest", sa.String(64), nullable=False),
        sa.Column("file_id", sa.String(38), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("confirmed", sa.Text(), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("last_visit_at", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("last_error_at", sa.BigInteger(), nullable=True),
        sa.Column("spent_set", sa.String(24), nullable=False),
        sa.Column("pending_set", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("connection_id"),
        sa.UniqueConstraint("user_name"),
    )
    op.create_table(
        "qbdesktop_session",
        sa.Column("ticket_digest", sa.String(64), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("step_until", sa.BigInteger(), nullable=False),
        sa.Column("has_begun", sa.Boolean(), nullable=False),
        sa.Column("reads_only", sa.Boolean(), nullable=False),
        sa.Column("version", sa.String(8), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=True),
        sa.Column("request_set", sa.String(24), nullable=False),
        sa.Column("is_clearing", sa.Boolean(), nullable=False),
        sa.Column("handed_at", sa.BigInteger(), nullable=True),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("answer_digest", sa.String(64), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("pauses", sa.Integer(), nullable=False),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_digest"),
    )
    op.create_index("ix_qbdesktop_session_connection_id", "qbdesktop_session", ["connection_id"])
    op.create_table(
        "qbdesktop_sign_in",
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("who"),
    )


def downgrade() -> None:
    for name in ("qbdesktop_sign_in", "qbdesktop_session", "qbdesktop_connector"):
        op.drop_table(name)
