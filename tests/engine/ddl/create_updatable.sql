CREATE TABLE IF NOT EXISTS "detection-ledger" (
  "rule.id" String CODEC(ZSTD(1)),
  "event.ingested" DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1))
)
ENGINE=MergeTree
PARTITION BY toMonday("event.ingested")
ORDER BY ("rule.id")
TTL toDateTime("event.ingested") + toIntervalDay(365)
SETTINGS
  share_nested_offsets = 0,
  ttl_only_drop_parts = 1,
  materialize_ttl_recalculate_only = 1,
  min_bytes_for_wide_part = 268435456,
  allow_nullable_key = 0,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  enable_block_number_column = 1,
  enable_block_offset_column = 1,
  non_replicated_deduplication_window = 10000;
