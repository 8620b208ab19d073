ALTER TABLE "logs-aws.cloudtrail-default"
  ADD COLUMN IF NOT EXISTS "related.ip" Array(IPv6) CODEC(ZSTD(1)),
  ADD COLUMN IF NOT EXISTS "user.name" LowCardinality(String) CODEC(ZSTD(1)),
  ADD COLUMN IF NOT EXISTS "source.bytes" Nullable(UInt64) CODEC(ZSTD(1)),
  ADD INDEX IF NOT EXISTS "related.ip index" "related.ip" TYPE bloom_filter(0.01) GRANULARITY 1,
  ADD INDEX IF NOT EXISTS "user.name index" "user.name" TYPE bloom_filter(0.01) GRANULARITY 1;
