CREATE TABLE IF NOT EXISTS "logs-aws.cloudtrail-default" (
  "@timestamp" DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  "event.ingested" DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  "event.id" String CODEC(ZSTD(1)),
  "event.action" LowCardinality(String) CODEC(ZSTD(1)),
  "event.category" Array(LowCardinality(String)) CODEC(ZSTD(1)),
  "event.type" Array(LowCardinality(String)) CODEC(ZSTD(1)),
  "event.severity" Nullable(Int64) CODEC(ZSTD(1)),
  "event.original" String CODEC(ZSTD(3)),
  INDEX "@timestamp index" "@timestamp" TYPE minmax GRANULARITY 1,
  INDEX "event.ingested index" "event.ingested" TYPE minmax GRANULARITY 1,
  INDEX "event.id index" "event.id" TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE=MergeTree
PARTITION BY toMonday("event.ingested")
ORDER BY ("event.action", "@timestamp")
SETTINGS
  share_nested_offsets = 0,
  ttl_only_drop_parts = 1,
  materialize_ttl_recalculate_only = 1,
  min_bytes_for_wide_part = 268435456,
  allow_nullable_key = 0,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  non_replicated_deduplication_window = 10000;
