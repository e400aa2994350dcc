"""The archive: calls, recordings, results, people and work, in SQLite or PostgreSQL."""
