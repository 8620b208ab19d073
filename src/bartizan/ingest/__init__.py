"""Bytes in, rows stored: objects are decoded and spooled (acknowledged = on disk), segments are loaded exactly once."""
