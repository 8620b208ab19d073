"""What Bartizan understands: each integration is a folder whose `mapping.sql` turns raw records into ECS columns."""
