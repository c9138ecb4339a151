"""The registry's CSV file: one line per device, columns of a home or facility repeated or left empty after its first line.

``decode`` → ``parse`` → ``Registry`` → ``export`` and back: ``parse(export(r)) == r``. All faults of a file are reported at
once. Files saved by a Chinese Excel (GB18030, its superset of GBK) are read as well as UTF-8.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import io
from collections.abc import Iterator

from gateway.registry.draft import COLUMNS, DEVICE_COLUMNS, Draft
from gateway.registry.values import Contact, Device, Place, Registry, RegistryErrors, RegistryFault

ROWS_MAX = 200_000
FILE_BYTES_MAX = 100_000_000
FAULTS_MAX = 1_000  # more than anybody mends in one go

_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


def decode(raw: bytes, *, source: str) -> str:
    """The text of a registry file: UTF-8 with or without BOM, else GB18030; raises ``RegistryErrors``."""
    if len(raw) > FILE_BYTES_MAX:
        what = f"the file has {len(raw)} bytes, the most is {FILE_BYTES_MAX}"
        raise RegistryErrors(source, [RegistryFault(1, "file", what, "split it by site")])
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        fault = RegistryFault(
            1, "file", "the file is UTF-16 text", "save it as 'CSV UTF-8 (comma delimited)'"
        )
        raise RegistryErrors(source, [fault])
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    line = raw[: _first_bad_byte(raw)].count(b"\n") + 1
    fault = RegistryFault(
        line, "file", "the text is neither UTF-8 nor GB18030", "save it as 'CSV UTF-8 (comma delimited)'"
    )
    raise RegistryErrors(source, [fault])


def _first_bad_byte(raw: bytes) -> int:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return len(raw)


def parse(text: str, *, source: str) -> Registry:
    """Read a registry file; ``source`` is the name its faults are reported under. Raises ``RegistryErrors``."""
    draft = Draft()
    rows = _rows(text.removeprefix(_BOM), draft)
    header = next(rows, None)
    if header is None:
        draft.fault(1, "file", "the file is empty", f"begin it with the line {','.join(COLUMNS)}")
    else:
        columns = [name.strip().lower() for name in header[1]]
        _check_header(header[0], columns, draft)
        if not draft.faults:
            _read_lines(rows, columns, draft)
    registry = draft.finished()
    if registry is None:
        raise RegistryErrors(source, sorted(draft.faults)[:FAULTS_MAX])
    return registry


def _rows(text: str, draft: Draft) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line it begins on; a broken quote ends the reading with a fault."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begin = 1
    try:
        for row in reader:
            yield begin, row
            begin = reader.line_num + 1
    except csv.Error as error:
        draft.fault(
            begin, "file", f"is no CSV ({error})", 'close every quoted field, and write " inside it as ""'
        )


def _check_header(line: int, columns: list[str], draft: Draft) -> None:
    if len(columns) == 1 and any(mark in columns[0] for mark in ";\t"):
        what = "the columns are not separated by commas"
        draft.fault(line, "header", what, "save it as 'CSV UTF-8 (comma delimited)'")
        return
    missing = [name for name in COLUMNS if name not in columns]
    for index, name in enumerate(columns):
        if name not in COLUMNS:
            close = difflib.get_close_matches(name, missing or COLUMNS, n=1, cutoff=0.6)
            remedy = f"did you mean {close[0]!r}?" if close else "remove the column"
            draft.fault(line, "header", f"unknown column {name!r}", remedy)
        elif name in columns[:index]:
            draft.fault(line, "header", f"column {name!r} stands twice", "remove one of the two")
    for name in missing:
        draft.fault(line, "header", f"column {name!r} is missing", f"the header is {','.join(COLUMNS)}")


def _read_lines(rows: Iterator[tuple[int, list[str]]], columns: list[str], draft: Draft) -> None:
    seen = 0
    for line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        seen += 1
        if seen > ROWS_MAX:
            draft.fault(line, "file", f"the file has more than {ROWS_MAX} lines", "split it by site")
            return
        if len(cells) != len(columns):
            what = f"the line has {len(cells)} fields, the header {len(columns)}"
            draft.fault(line, "file", what, 'put a field holding a comma in "…", and keep empty fields')
            continue
        draft.add(line, dict(zip(columns, (cell.strip() for cell in cells), strict=True)))
    if not seen and not draft.faults:
        draft.fault(2, "file", "the file has a header and nothing else", "write one line per device")


def export(registry: Registry) -> str:
    """The registry as CSV text, so that ``parse`` gives it back; write it as ``utf-8-sig`` for Excel's sake.

    A place without devices, and one that stands before its devices' turn, gets a line of its own.
    """
    out = io.StringIO(newline="")
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(COLUMNS)
    contacts: dict[str, list[Contact]] = {}
    for contact in registry.contacts:
        contacts.setdefault(contact.place_id, []).append(contact)
    place_of = {place.id: place for place in registry.places}
    waiting = iter(registry.places)
    written: set[str] = set()
    for device in registry.devices:
        while device.place_id not in written:
            place = next(waiting)
            written.add(place.id)
            if place.id != device.place_id:
                table.writerow(_cells(place, contacts.get(place.id, []), None))
        table.writerow(_cells(place_of[device.place_id], contacts.get(device.place_id, []), device))
    for place in waiting:
        table.writerow(_cells(place, contacts.get(place.id, []), None))
    return out.getvalue()


def _cells(place: Place, contacts: list[Contact], device: Device | None) -> list[str]:
    called = [cell for contact in contacts for cell in (contact.name, contact.phone)]
    return [
        place.site,
        place.path,
        place.id if place.kind == "home" else "",
        place.id if place.kind == "facility" else "",
        place.name,
        place.address,
        "" if place.capacity is None else str(place.capacity),
        *called,
        *[""] * (4 - len(called)),
        place.access_note,
        *(
            [device.id, device.kind, device.room, str(device.heartbeat_s)]
            if device is not None
            else [""] * len(DEVICE_COLUMNS)
        ),
    ]
