"""The shape of a journal's file, and what is said when it is not as it should be."""

from __future__ import annotations

SHAPE = """
CREATE TABLE IF NOT EXISTS batch (
    first INTEGER PRIMARY KEY, count INTEGER NOT NULL, at INTEGER NOT NULL,
    body BLOB NOT NULL, checksum INTEGER NOT NULL, nameless BLOB
);
CREATE TABLE IF NOT EXISTS world (version INTEGER PRIMARY KEY, body BLOB NOT NULL, first INTEGER);
CREATE TABLE IF NOT EXISTS quarantine (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL, size INTEGER NOT NULL,
    reason TEXT NOT NULL, detail TEXT NOT NULL, repaired INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
VERSION = "1"
EVENTS_PER_ROW_MAX = 4096  # so that a reader that wants a little does not decode a lot
REPAIR = "restore a backup, or see `carehub journal check` and go on without what is lost by `carehub journal repair`"


class JournalError(Exception):
    """The journal cannot be used: not ours, or damaged. The message says where and what was lost."""
