"""Opens the operational database, SQLite in WAL mode, migrated to the newest shape; says what of it waits for the disk."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import URL, Connection, Engine, create_engine, event

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_S = 10.0
FULL = 2  # of PRAGMA synchronous: a commit waits for the disk
_TURNS: WeakKeyDictionary[Engine, threading.Lock] = WeakKeyDictionary()
_FIRST = threading.Lock()


def open_database(path: Path) -> Engine:
    """Open (and if need be create and migrate) the database at ``path``.

    A commit is durable when it returns, unless it is ``repeatable``. Safe to call from any thread; each thread gets its own
    connection.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # An error tells the statement, never its values: they are names, addresses and telephone numbers.
    engine = create_engine(
        URL.create("sqlite", database=str(path)), connect_args={"timeout": BUSY_S}, hide_parameters=True
    )
    event.listen(engine, "connect", _set_pragmas)
    migrate(engine)
    return engine


@contextmanager
def repeatable(engine: Engine) -> Iterator[Connection]:
    """A transaction of what would be done again by a replay of the journal, or by sending again; all or nothing.

    It does not wait for the disk: it outlives the process, but a power cut may take the newest of them back, in order, with the
    cursor that says how far they came. Those who write so take turns: SQLite would let them sleep for up to 100 ms.
    """
    with _turn_of(engine), engine.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        synced = driver.execute("PRAGMA synchronous").fetchone()[0] == FULL
        if synced:
            driver.execute("PRAGMA synchronous=NORMAL")
        try:
            with connection.begin():
                yield connection
        finally:
            if synced:
                driver.execute("PRAGMA synchronous=FULL")


def sync(engine: Engine) -> None:
    """Wait until all that was committed is on the disk; nothing is written for that, so it can be done on a full one.

    What is no longer in the log is in the database, which SQLite syncs before it writes the log anew.
    """
    log = Path(f"{engine.url.database}-wal")
    if log.exists():
        with log.open("rb") as file:
            os.fsync(file.fileno())


def wipe(engine: Engine, *, bytes_max: int | None = None) -> bool:
    """Write the file anew, so that nothing that was deleted stands in it or in its log; whether it was.

    Whoever writes meanwhile waits: 0.8 s for 62 MB. So a file of more than ``bytes_max`` is left as it is.
    """
    path = str(engine.url.database)
    with closing(sqlite3.connect(path, isolation_level=None, timeout=BUSY_S)) as connection:
        (pages,), (size,) = (
            connection.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size")
        )
        if bytes_max is not None and pages * size > bytes_max:
            return False
        connection.execute("VACUUM")
    return checkpoint(engine)


def checkpoint(engine: Engine) -> bool:
    """Empty the log beside the file into it; whether nobody was reading from it. Readers are not waited for."""
    with closing(sqlite3.connect(str(engine.url.database), isolation_level=None, timeout=0.05)) as connection:
        (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy


def _turn_of(engine: Engine) -> threading.Lock:
    with _FIRST:
        return _TURNS.setdefault(engine, threading.Lock())


def open_to_read(path: Path) -> Engine:
    """Open the database at ``path`` as it is, also one that a running hub writes; nothing can be changed through it."""
    read_only = {"mode": "ro", "uri": "true"}
    return create_engine(
        URL.create("sqlite", database=f"file:{path.resolve()}", query=read_only), hide_parameters=True
    )


def migrate(engine: Engine) -> None:
    """Bring the tables to the newest revision, all or nothing: a start that is killed in between can be repeated."""
    from alembic import command  # noqa: PLC0415 half a second that readers can do without
    from alembic.config import Config  # noqa: PLC0415 the same

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with engine.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        usual, driver.isolation_level = (
            driver.isolation_level,
            None,
        )  # else sqlite3 commits before every CREATE TABLE
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
        finally:
            connection.rollback()
            driver.isolation_level = usual


def _set_pragmas(connection: Any, _record: object) -> None:  # noqa: ANN401 a DBAPI connection
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
