"""The shapes the operational database has had, in order."""
