"""ES|QL: Elastic's piped query language, compiled to one ClickHouse SELECT."""
