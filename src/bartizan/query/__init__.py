"""Query languages: text in, one typed IR in the middle, a ClickHouse tree with bound parameters out."""
