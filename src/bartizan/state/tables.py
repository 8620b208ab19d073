"""The tables of the control-plane database. A change here needs a revision in `migrations/versions`."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from bartizan.state.columns import Instant

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ID_CHARACTERS = 64
NAME_CHARACTERS = 200
WHO_CHARACTERS = 200


def _made_and_changed() -> tuple[Column[object], ...]:
    """Who made and last changed a document, when, and how often it was changed."""
    return (
        Column("version", Integer, nullable=False),
        Column("created_at", Instant, nullable=False),
        Column("created_by", String(WHO_CHARACTERS), nullable=False),
        Column("updated_at", Instant, nullable=False),
        Column("updated_by", String(WHO_CHARACTERS), nullable=False),
    )


LEASES = Table(
    "leases",
    METADATA,
    Column("name", String(NAME_CHARACTERS), primary_key=True),
    Column("owner", String(WHO_CHARACTERS), comment="null: nobody holds it"),
    Column("token", BigInteger, nullable=False, comment="grows each time the lease is taken"),
    Column("beats", BigInteger, nullable=False, comment="grows each time its holder renews it"),
    Column("ttl_s", Float, nullable=False, comment="seconds without a beat after which another may take it"),
    Column("since", Instant, nullable=False, comment="when it was taken, for people"),
)

SERVERS = Table(
    "servers",
    METADATA,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("slot", Integer, nullable=False, unique=True, comment="which instants of arrival are its own"),
    Column("mark_ms", BigInteger, nullable=False, comment="what it is yet to store arrives from this instant on"),
    Column("newest_ms", BigInteger, nullable=False, comment="instant of arrival of the newest that it stored"),
    Column("is_detecting", Boolean, nullable=False, comment="it runs rules"),
    Column("is_out", Boolean, nullable=False, comment="it left or fell silent: nobody waits for its mark"),
    Column("since", Instant, nullable=False, comment="when it joined or went out, for people"),
)

JOBS = Table(
    "jobs",
    METADATA,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("kind", String(NAME_CHARACTERS), nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("state", String(20), nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, comment="null: not known yet"),
    Column("checkpoint", JSON(none_as_null=True)),
    Column("result", JSON(none_as_null=True)),
    Column("error", Text, nullable=False),
    Column("asked_to_cancel", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String(WHO_CHARACTERS), nullable=False),
    Column("updated_at", Instant, nullable=False),
    CheckConstraint("state IN ('waiting', 'running', 'done', 'failed', 'cancelled')", name="state"),
    Index("ix_jobs_state", "state", "created_at"),
    Index("ix_jobs_created", "created_at"),
)

RULE_STATES = Table(
    "rule_states",
    METADATA,
    Column("rule_id", String(NAME_CHARACTERS), primary_key=True),
    Column("enabled", Boolean, comment="null: as shipped"),
    Column("last_run", Instant),
    Column("last_success", Instant),
    Column("failures", Integer, nullable=False, comment="in a row"),
    Column("last_error", Text, nullable=False),
    Column("next_try", Instant, comment="null: at the next run"),
)

RULE_RESPONSES = Table(
    "rule_responses",
    METADATA,
    Column("rule_id", String(NAME_CHARACTERS), primary_key=True),
    Column("notify", JSON(none_as_null=True), comment="null: as its file says"),
    Column("actions", JSON(none_as_null=True), comment="null: as its file says"),
    Column("finds", String(ID_CHARACTERS), nullable=False, comment="digest of what it found at that time"),
    Column("updated_at", Instant, nullable=False),
    Column("updated_by", String(WHO_CHARACTERS), nullable=False),
)

EXCEPTION_LISTS = Table(
    "exception_lists",
    METADATA,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("name", String(NAME_CHARACTERS), nullable=False, unique=True),
    Column("description", Text, nullable=False),
    *_made_and_changed(),
)

EXCEPTION_ENTRIES = Table(
    "exception_entries",
    METADATA,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("list_id", ForeignKey(EXCEPTION_LISTS.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String(NAME_CHARACTERS), nullable=False),
    Column("os", String(20), comment="null: any"),
    Column("expires_at", Instant, comment="null: never"),
    Column("conditions", JSON, nullable=False),
    Column("rules", JSON(none_as_null=True), comment="ids; null: those that use the list"),
    Column("comments", JSON, nullable=False),
    *_made_and_changed(),
)

VALUE_LISTS = Table(
    "value_lists",
    METADATA,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("name", String(NAME_CHARACTERS), nullable=False, unique=True),
    Column("type", String(20), nullable=False),
    Column("description", Text, nullable=False),
    Column("generation", Integer, nullable=False, comment="of the values that count"),
    Column("size", Integer, nullable=False, comment="values of that generation"),
    *_made_and_changed(),
    CheckConstraint("type IN ('keyword', 'ip', 'ip_range')", name="type"),
)

LIST_VALUES = Table(
    "list_values",
    METADATA,
    Column("list_id", ForeignKey(VALUE_LISTS.c.id, ondelete="CASCADE"), primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("value", Text().with_variant(Text(collation="C"), "postgresql"), primary_key=True),
    sqlite_with_rowid=False,
)

CASES = Table(
    "cases",
    METADATA,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("title", String(NAME_CHARACTERS), nullable=False),
    Column("description", Text, nullable=False),
    Column("severity", String(20), nullable=False),
    Column("status", String(20), nullable=False),
    Column("reason", String(20), comment="why it was closed"),
    *_made_and_changed(),
    CheckConstraint("severity IN ('low', 'medium', 'high', 'critical')", name="severity"),
    CheckConstraint("status IN ('open', 'in_progress', 'closed')", name="status"),
    Index("ix_cases_updated", "updated_at"),
)


def _of_a_case() -> Column[str]:
    return Column("case_id", ForeignKey(CASES.c.id, ondelete="CASCADE"), nullable=False, index=True)


CASE_LABELS = Table(
    "case_labels",
    METADATA,
    Column("case_id", ForeignKey(CASES.c.id, ondelete="CASCADE"), primary_key=True),
    Column("kind", String(20), primary_key=True, comment="tag or assignee"),
    Column("value", String(NAME_CHARACTERS), primary_key=True),
    Index("ix_case_labels_value", "kind", "value"),
)

CASE_CHANGES = Table(
    "case_changes",
    METADATA,
    Column("case_id", ForeignKey(CASES.c.id, ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("by", String(WHO_CHARACTERS), nullable=False),
    Column("action", String(40), nullable=False),
    Column("subject", String(NAME_CHARACTERS), nullable=False, comment="what of the case; empty: the case itself"),
    Column("before", JSON(none_as_null=True)),
    Column("after", JSON(none_as_null=True)),
)

CASE_COMMENTS = Table(
    "case_comments",
    METADATA,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    _of_a_case(),
    Column("text", Text, nullable=False),
    *_made_and_changed(),
)

CASE_ALERTS = Table(
    "case_alerts",
    METADATA,
    Column("case_id", ForeignKey(CASES.c.id, ondelete="CASCADE"), primary_key=True),
    Column("alert_id", String(NAME_CHARACTERS), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("by", String(WHO_CHARACTERS), nullable=False),
    Index("ix_case_alerts_alert", "alert_id"),
)

CASE_OBSERVABLES = Table(
    "case_observables",
    METADATA,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    _of_a_case(),
    Column("type", String(20), nullable=False),
    Column("value", Text, nullable=False),
    Column("digest", String(64), nullable=False, comment="of type and value: an index takes no long text"),
    Column("description", Text, nullable=False),
    *_made_and_changed(),
    UniqueConstraint("case_id", "digest"),
    Index("ix_case_observables_digest", "digest"),
)

CASE_ATTACHMENTS = Table(
    "case_attachments",
    METADATA,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    _of_a_case(),
    Column("name", String(NAME_CHARACTERS), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", String(WHO_CHARACTERS), nullable=False),
    UniqueConstraint("case_id", "sha256"),
)

TIMELINES = Table(
    "timelines",
    METADATA,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("title", String(NAME_CHARACTERS), nullable=False),
    Column("description", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("language", String(20), nullable=False),
    Column("indices", JSON, nullable=False, comment="patterns of streams"),
    Column("time_from", String(100), nullable=False, comment="date or date math; empty: no bound"),
    Column("time_to", String(100), nullable=False),
    *_made_and_changed(),
    Index("ix_timelines_updated", "updated_at"),
)

TIMELINE_PINS = Table(
    "timeline_pins",
    METADATA,
    Column("timeline_id", ForeignKey(TIMELINES.c.id, ondelete="CASCADE"), primary_key=True),
    Column("stream", String(NAME_CHARACTERS), primary_key=True),
    Column("event_id", String(500), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("by", String(WHO_CHARACTERS), nullable=False),
)

TIMELINE_NOTES = Table(
    "timeline_notes",
    METADATA,
    Column("id", String(ID_CHARACTERS), primary_key=True),
    Column("timeline_id", ForeignKey(TIMELINES.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("stream", String(NAME_CHARACTERS), comment="null, as the event's id: a note on the timeline itself"),
    Column("event_id", String(500)),
    Column("text", Text, nullable=False),
    *_made_and_changed(),
)
