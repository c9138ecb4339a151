"""The operational database: SQLite through SQLAlchemy, its migrations, and what is read from and written to it."""
