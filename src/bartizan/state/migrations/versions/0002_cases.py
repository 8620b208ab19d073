"""Cases and timelines."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "cases",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=True, comment="why it was closed"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint("severity IN ('low', 'medium', 'high', 'critical')", name="ck_cases_severity"),
        sa.CheckConstraint("status IN ('open', 'in_progress', 'closed')", name="ck_cases_status"),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
    )
    op.create_index("ix_cases_updated", "cases", ["updated_at"], unique=False)
    op.create_table(
        "timelines",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("indices", sa.JSON(), nullable=False, comment="patterns of streams"),
        sa.Column("time_from", sa.String(length=100), nullable=False, comment="date or date math; empty: no bound"),
        sa.Column("time_to", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_timelines"),
    )
    op.create_index("ix_timelines_updated", "timelines", ["updated_at"], unique=False)
    op.create_table(
        "case_alerts",
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("alert_id", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_alerts_case_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("case_id", "alert_id", name="pk_case_alerts"),
    )
    op.create_index("ix_case_alerts_alert", "case_alerts", ["alert_id"], unique=False)
    op.create_table(
        "case_attachments",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_attachments_case_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_case_attachments"),
        sa.UniqueConstraint("case_id", "sha256", name="uq_case_attachments_case_id_sha256"),
    )
    op.create_index("ix_case_attachments_case_id", "case_attachments", ["case_id"], unique=False)
    op.create_table(
        "case_changes",
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False, comment="what of the case; empty: the case itself"),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_changes_case_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("case_id", "number", name="pk_case_changes"),
    )
    op.create_table(
        "case_comments",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_comments_case_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_case_comments"),
    )
    op.create_index("ix_case_comments_case_id", "case_comments", ["case_id"], unique=False)
    op.create_table(
        "case_labels",
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="tag or assignee"),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_labels_case_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("case_id", "kind", "value", name="pk_case_labels"),
    )
    op.create_index("ix_case_labels_value", "case_labels", ["kind", "value"], unique=False)
    op.create_table(
        "case_observables",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column(
            "digest", sa.String(length=64), nullable=False, comment="of type and value: an index takes no long text"
        ),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_observables_case_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_case_observables"),
        sa.UniqueConstraint("case_id", "digest", name="uq_case_observables_case_id_digest"),
    )
    op.create_index("ix_case_observables_case_id", "case_observables", ["case_id"], unique=False)
    op.create_index("ix_case_observables_digest", "case_observables", ["digest"], unique=False)
    op.create_table(
        "timeline_notes",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("timeline_id", sa.String(length=64), nullable=False),
        sa.Column(
            "stream",
            sa.String(length=200),
            nullable=True,
            comment="null, as the event's id: a note on the timeline itself",
        ),
        sa.Column("event_id", sa.String(length=500), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["timeline_id"], ["timelines.id"], name="fk_timeline_notes_timeline_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_timeline_notes"),
    )
    op.create_index("ix_timeline_notes_timeline_id", "timeline_notes", ["timeline_id"], unique=False)
    op.create_table(
        "timeline_pins",
        sa.Column("timeline_id", sa.String(length=64), nullable=False),
        sa.Column("stream", sa.String(length=200), nullable=False),
        sa.Column("event_id", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["timeline_id"], ["timelines.id"], name="fk_timeline_pins_timeline_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("timeline_id", "stream", "event_id", name="pk_timeline_pins"),
    )
