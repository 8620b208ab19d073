"""ClickHouse, embedded or as a server, behind one small interface; and the tables that streams live in."""
