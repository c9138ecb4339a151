"""An XLSX file taken apart and put together again, as what it is: a ZIP file of a stranger.

Read within limits, whatever the file says of its own sizes. What could run or reach out is refused: macros, controls, embedded
files, data from elsewhere. Put together, the same parts are the same bytes: in their order, at one date.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath
from typing import Final
from xml.parsers.expat import ExpatError, ParserCreate

FORM_BYTES_MAX: Final = 2 * 1024 * 1024
WHOLE_BYTES_MAX: Final = 24 * 1024 * 1024
PARTS_MAX: Final = 500
DATE: Final = (1980, 1, 1, 0, 0, 0)  # the first that a ZIP file knows
TYPES: Final = "[Content_Types].xml"
_XML = (".xml", ".rels", ".vml")
_ACTIVE = re.compile(
    r"vbaproject|macrosheets?/|dialogsheets?/|activex|ctrlprops|embeddings|externallinks?/|connections\.xml|querytables?/"
    r"|webextensions|customui|attachedtoolbars|\.bin$",
    re.IGNORECASE,
)
_HARMLESS_BIN = re.compile(r"printersettings\d*\.bin$", re.IGNORECASE)
_TARGETS = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>", re.IGNORECASE)
_LINK = re.compile(rb"""Target\s*=\s*["'](?:https?://|mailto:)""", re.IGNORECASE)
_ENCODING = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)["']""")


class FormError(Exception):
    """The file is no form to be filled: ``reason`` says why (``problem.form_<reason>``), ``detail`` where."""

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason} {detail}".strip())


@dataclass(frozen=True, slots=True)
class Package:
    """The parts of a file by name, in their order."""

    parts: dict[str, bytes]


def read_package(body: bytes) -> Package:
    """Take a file apart; raises ``FormError``: not_xlsx, too_large, damaged, macros, external."""
    if len(body) > FORM_BYTES_MAX:
        raise FormError("too_large")
    if not body.startswith(b"PK"):
        raise FormError("not_xlsx")
    try:
        with zipfile.ZipFile(BytesIO(body)) as archive:
            parts = _parts(archive)
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        EOFError,
        ValueError,
        OSError,
        RuntimeError,
    ) as wrong:
        raise FormError("damaged") from wrong
    _check(parts)
    return Package(parts)


def write_package(package: Package) -> bytes:
    """Put it together: the same parts, the same bytes."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, part in package.parts.items():
            info = zipfile.ZipInfo(name, DATE)
            info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, 0, 0
            archive.writestr(info, part, compresslevel=6)
    return out.getvalue()


def _parts(archive: zipfile.ZipFile) -> dict[str, bytes]:
    infos = [one for one in archive.infolist() if not one.is_dir()]
    if len(infos) > PARTS_MAX:
        raise FormError("too_large")
    parts: dict[str, bytes] = {}
    left = WHOLE_BYTES_MAX
    for info in infos:
        if info.flag_bits & 0x1:
            raise FormError("not_xlsx")
        if info.filename in parts or not _is_plain(info.filename):
            raise FormError("damaged", info.filename[:80])
        with archive.open(info) as part:
            read = part.read(left + 1)
        if len(read) > left:
            raise FormError("too_large")
        left -= len(read)
        parts[info.filename] = read
    return parts


def _is_plain(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name and name.isprintable()


def _check(parts: dict[str, bytes]) -> None:
    if TYPES not in parts or not any(name.lower().endswith("workbook.xml") for name in parts):
        raise FormError("not_xlsx")
    if re.search(rb"macroenabled|vbaproject|ms-office\.activex", parts[TYPES], re.IGNORECASE):
        raise FormError("macros")
    for name, part in parts.items():
        if _ACTIVE.search(name) and not _HARMLESS_BIN.search(name):
            outside = re.search(r"externallink|connections|querytable", name, re.IGNORECASE)
            raise FormError("external" if outside else "macros", name[:80])
        if name.lower().endswith(_XML):
            _check_xml(name, part)
        if name.lower().endswith(".rels"):
            _check_targets(name, part)


def _check_xml(name: str, part: bytes) -> None:
    """UTF-8 without a DTD: what is counted in bytes here is what others read."""
    found = _ENCODING.match(part.removeprefix(b"\xef\xbb\xbf"))
    if (found is not None and found[1].lower() not in (b"utf-8", b"us-ascii")) or b"\0" in part:
        raise FormError("damaged", name[:80])
    if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
        raise FormError("damaged", name[:80])
    try:
        ParserCreate().Parse(part, True)
    except ExpatError as wrong:
        raise FormError("damaged", name[:80]) from wrong


def _check_targets(name: str, part: bytes) -> None:
    """Nothing is fetched from elsewhere when the form is opened; a link that somebody may click stays."""
    for each in _TARGETS.findall(part):
        if b"external" in each.lower() and not (b"/hyperlink" in each.lower() and _LINK.search(each)):
            raise FormError("external", name[:80])
