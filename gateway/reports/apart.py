"""Makes reports where they cannot hold up an alarm: ``python -P -m gateway.reports.apart DATABASE``, an ``Order`` on stdin.

It only reads the database; ``beside`` a hub at work it takes what that leaves. On stdout: each ``Made``, or a ``Failed``, as
MessagePack, its length in front (four bytes). Nothing of the machine's time gets into a report.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from gateway.operations.database import open_to_read
from gateway.reports.document import Report
from gateway.reports.making import UnknownPlaceError, make_each
from gateway.reports.order import Failed, Made, Order
from gateway.reports.rendering import file_name, rendered
from gateway.reports.said import stem

NICE = 10
BESIDE = "beside"  # a hub at work: after the database on the command line
GARBAGE = 200_000
LENGTH_BYTES = 4


def files(database: Path, order: Order) -> Iterator[Made]:
    """Every file that is ordered, report by report."""
    from gateway.reports.pdf import ready  # noqa: PLC0415 only whoever makes a PDF needs its packages

    if "pdf" in order.forms:
        ready()
    engine = open_to_read(database)
    every = make_each(engine, lambda place, _begin, _end: order.hours.get(place, []), order.asked)
    for at, report in enumerate(every):
        yield from _of(at, report, order)


def _of(at: int, report: Report, order: Order) -> Iterator[Made]:
    for form in order.forms:
        if form == "json":
            yield Made(at, form, f"{stem(report)}.json", msgspec.json.encode(report))
        else:
            yield Made(at, form, file_name(report, form, order.lang), rendered(report, form, order.lang))


def main() -> None:
    """Do what stdin orders."""
    from gateway.reports.pdf import PdfError  # noqa: PLC0415 see files

    if BESIDE in sys.argv[2:]:
        os.nice(NICE)
    gc.set_threshold(
        GARBAGE, 10, 10
    )  # setting a page makes many objects and little garbage: a quarter less time
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    try:
        for made in files(Path(sys.argv[1]), order):
            _say(made)
    except UnknownPlaceError as error:
        _say(Failed("place", str(error)))
    except PdfError as error:
        _say(Failed("machine", str(error)))
    sys.stdout.buffer.flush()
    os._exit(0)  # nothing to tidy up


def _say(what: Made | Failed) -> None:
    body = msgspec.msgpack.encode([type(what).__name__, what])
    sys.stdout.buffer.write(len(body).to_bytes(LENGTH_BYTES) + body)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
