"""Readings in InfluxDB: written through influxdb-client, read by InfluxQL over ``/query`` (1.x, 2.x, 3.x).

A point is (time, device, place, metric), so writing it again changes nothing: the cursor lies in a
small file of ours and may lag behind what InfluxDB holds, never run ahead of it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from gateway.store import halving, influxql, line_protocol
from gateway.store.cursor_file import CursorFile
from gateway.store.readings import Query, Reading, Readings, StoreRefused, StoreUnavailable, check

BUCKET_HOMES = "care_homes"  # apart from the facilities': a home's id with a time is personal data
BUCKET_PLACES = "care_places"
LINES_MAX = 10_000  # a request; 1.5 MB, InfluxDB 3 takes up to 10 MB
LINES_MIN = 250  # where a whole request was not answered in time
RETRY_AFTER_S_MAX = 300
REASON_CHARS_MAX = 400
NO_SUCH_REQUEST = frozenset({404, 405})
ROWS_AT_FAULT = frozenset({400, 413, 422})  # every other refusal is about the request's circumstances
REMEDIES = {
    401: "; check the token in the hub's [store] settings",
    403: "; the token must be allowed to read and write all buckets",
    404: f"; create the buckets {BUCKET_HOMES} and {BUCKET_PLACES}, each once more with _summary after it, and check org",
}


class InfluxStore:
    """A store in two buckets of an InfluxDB, homes apart from facilities.

    InfluxDB need not answer yet when this is made. ``timeout_s`` bounds each wait for an answer,
    ``connect_timeout_s`` that for a connection.
    """

    name = "influxdb"
    memory_bytes = 0  # it is another process's

    def __init__(
        self,
        *,
        url: str,
        org: str,
        token: str,
        cursor_file: Path,
        timeout_s: float = 10.0,
        connect_timeout_s: float = 3.0,
    ) -> None:
        self._token = token
        self._org = org
        parts = urlsplit(url)
        self._where = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"  # without any password
        self._cursor_file = CursorFile(cursor_file, target=f"{self._where} {org}")
        self._cursor = self._cursor_file.load()
        self._writing = threading.Lock()
        self._lines_max = LINES_MAX
        self._client = InfluxDBClient(
            url, token, org=org, timeout=(int(connect_timeout_s * 1000), int(timeout_s * 1000))
        )
        self._write_api = self._client.write_api(write_options=SYNCHRONOUS)
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Token {token}"} if token else {},
            timeout=httpx.Timeout(timeout_s, connect=connect_timeout_s),
            trust_env=False,  # as the writing client does
        )

    def cursor(self) -> int:
        """Journal position up to which InfluxDB has taken every row."""
        return self._cursor

    def write(self, rows: Readings, *, cursor: int) -> None:
        """Send the rows, then commit the cursor; rows of a failed batch may be there already."""
        with self._writing:
            if cursor <= self._cursor:
                return
            self.write_again(rows)
            self._cursor_file.save(cursor)
            self._cursor = cursor

    def read(self, query: Query) -> list[Reading]:
        """Find readings in the bucket asked for, or in both."""
        found: list[Reading] = []
        for home in (True, False):
            if query.home is None or query.home is home:
                found += self._read_bucket(query, home=home)
        found.sort(key=lambda r: (r.time_ns, r.device, r.metric, r.place), reverse=query.newest_first)
        return found[: query.limit]

    def write_again(self, rows: Readings) -> None:
        """Write rows beside the cursor: those that were refused before. Raises ``StoreRefused`` as ``write`` does."""
        check(rows)
        lines = list(enumerate(line_protocol.encode(rows)))
        refused = self._send(BUCKET_HOMES, [line for line in lines if rows.home[line[0]]])
        refused |= self._send(BUCKET_PLACES, [line for line in lines if not rows.home[line[0]]])
        if refused:
            raise StoreRefused(dict(sorted(refused.items())))

    def write_points(self, bucket: str, lines: Sequence[str]) -> None:
        """Write points of another kind; what is refused is ``StoreUnavailable``: it is a fault of the bucket."""
        for begin in range(0, len(lines), LINES_MAX):
            reason = self._post(bucket, list(enumerate(lines[begin : begin + LINES_MAX])))
            if reason is not None:
                raise StoreUnavailable(f"InfluxDB at {self._where}, bucket {bucket}, refused {reason}")

    def ask(self, bucket: str, question: str) -> list[dict[str, Any]]:
        """Ask a bucket in InfluxQL; the series of the answer, in ns."""
        answer = self._answer(bucket, question)
        try:
            return list(influxql.series(answer))
        except influxql.QueryFailed as error:
            raise self._unavailable(httpx.codes.OK, error) from None

    def measurements(self, bucket: str) -> list[str]:
        """Their names."""
        return [row[0] for one in self.ask(bucket, "SHOW MEASUREMENTS") for row in one["values"]]

    def delete(self, bucket: str, before_ns: int, *, measurement: str = "", **tags: str) -> None:
        """Remove a bucket's points before that time which carry these tags, of one measurement where it is named.

        By 2.x's own request; where there is none (1.x), by InfluxQL's DELETE. InfluxDB 3 has neither.
        """
        where = " AND ".join(f'"{name}"={influxql.string(value)}' for name, value in tags.items())
        body = {"start": "1677-09-21T00:12:44Z", "stop": influxql.instant(before_ns)}
        named = ({"_measurement": measurement} if measurement else {}) | tags
        if named:
            body["predicate"] = " AND ".join(f'{name}="{value}"' for name, value in named.items())
        try:
            done = self._http.post("/api/v2/delete", params={"org": self._org, "bucket": bucket}, json=body)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from None
        if done.is_success:
            return
        if done.status_code not in NO_SUCH_REQUEST:
            raise self._unavailable(done.status_code, done.text)
        source = f" FROM {influxql.identifier(measurement)}" if measurement else ""
        question = f"DELETE{source} WHERE time < {before_ns}" + (f" AND {where}" if where else "")
        self.ask(bucket, question)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()  # type: ignore[no-untyped-call]  # the client library is partly typed
        self._http.close()

    def _send(self, bucket: str, lines: list[tuple[int, str]]) -> dict[int, str]:
        """Write lines (row, text); returns the refused rows.

        InfluxDB names no row; writing the good ones again on the way changes nothing.
        """
        step = self._lines_max
        parts = (lines[i : i + step] for i in range(0, len(lines), step))
        return {
            row: reason for (row, _), reason in halving.refused(parts, lambda part: self._post(bucket, part))
        }

    def _post(self, bucket: str, lines: Sequence[tuple[int, str]]) -> str | None:
        """Write once; None, or why InfluxDB refused."""
        body = "\n".join(text for _, text in lines).encode()
        try:
            self._write_api.write(bucket, record=body)  # in ns unless told otherwise
        except ApiException as error:
            if error.status in ROWS_AT_FAULT:
                return self._reason(error.status, error.body)
            # from None: the original carries InfluxDB's answer as it came, which may hold the token
            after = error.headers.get("retry-after") if error.headers else None
            raise self._unavailable(error.status, error.body or error.reason, after) from None
        except HTTPError as error:
            self._lines_max = max(LINES_MIN, self._lines_max // 2)  # it may be slow: ask for less at a time
            raise self._unreachable(error) from None
        self._lines_max = min(LINES_MAX, self._lines_max + LINES_MIN)
        return None

    def _read_bucket(self, query: Query, *, home: bool) -> list[Reading]:
        found: list[Reading] = []
        for metric, rows in self._ask(influxql.select(query, sent=not home), home=home).items():
            if len(rows) < query.limit:
                found += rows
                continue
            last = rows[-1].time_ns  # the limit may have cut between the readings of this instant
            found += [row for row in rows if row.time_ns != last]
            found += self._ask(influxql.select_instant(query, metric, last), home=home).get(metric, [])
        return found

    def _ask(self, question: str, *, home: bool) -> dict[str, list[Reading]]:
        answer = self._answer(BUCKET_HOMES if home else BUCKET_PLACES, question)
        try:
            return influxql.readings(answer, home=home)
        except influxql.QueryFailed as error:
            raise self._unavailable(httpx.codes.OK, error) from None

    def _answer(self, bucket: str, question: str) -> bytes:
        # POST, so that ids of homes do not end up in the access logs on the way
        form = {"db": bucket, "epoch": "ns", "chunked": "true", "q": question}
        try:
            answer = self._http.post("/query", data=form)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from None
        if answer.status_code != httpx.codes.OK:
            raise self._unavailable(answer.status_code, answer.text, answer.headers.get("retry-after"))
        return answer.content

    def _unavailable(
        self, status: int | None, answer: object, retry_after: str | None = None
    ) -> StoreUnavailable:
        remedy = REMEDIES.get(status or 0, "")
        said = f"InfluxDB at {self._where} answered {self._reason(status, answer)}{remedy}"
        wait_s = (
            int(retry_after) if retry_after and retry_after.isdecimal() else 0
        )  # a date is not waited for
        return StoreUnavailable(said, retry_after_s=min(wait_s, RETRY_AFTER_S_MAX))

    def _unreachable(self, error: Exception) -> StoreUnavailable:
        return StoreUnavailable(f"InfluxDB at {self._where} cannot be reached: {self._clean(error)}")

    def _reason(self, status: int | None, answer: object) -> str:
        """InfluxDB's own words: 2.x says {"message": …}, 1.x {"error": …}, a proxy anything."""
        try:
            said = json.loads(str(answer))
            answer = said.get("message") or said.get("error") or answer
        except (ValueError, AttributeError):
            pass
        return f"{status}: {self._clean(answer)}"

    def _clean(self, said: object) -> str:
        text = str(said)
        if self._token:
            text = text.replace(self._token, "***")
        return text[:REASON_CHARS_MAX]
