"""Regular expressions of the query languages, translated to RE2, which matches in linear time."""
