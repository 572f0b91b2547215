"""an owner id for each connector: a company file that refuses a file id takes another only from another owner"""

import sqlalchemy as sa
from alembic import op

revision = "qbdesktop0003"
down_revision = "qbdesktop0002"
branch_labels = None
depends_on = None

OURS = "{7D6F1C62-3B0E-4C0B-9C1E-5A2D8F4E9B17}"


def upgrade() -> None:
    op.add_column("qbdesktop_connector", sa.Column("owner_id", sa.String(38), nullable=False, server_default=OURS))


def downgrade() -> None:
    op.drop_column("qbdesktop_connector", "owner_id")
