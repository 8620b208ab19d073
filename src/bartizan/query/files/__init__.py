"""Files as they are, made searchable for a moment: their records become one table whose columns are told by content."""
