"""the user name that came with a wrong password, as a digest"""

import sqlalchemy as sa
from alembic import op

revision = "qbdesktop0002"
down_revision = "qbdesktop0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("qbdesktop_sign_in", sa.Column("name_digest", sa.String(64), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("qbdesktop_sign_in", "name_digest")
