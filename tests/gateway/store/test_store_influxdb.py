"""What is InfluxDB's own: the wire, its refusals, its absence, the cursor beside it."""

from __future__ import annotations

import json
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from parts import free_port
from store_rows import EVERYTHING, NOW, columns, row

from gateway.bench.influx_proxy import FORM, InfluxProxy
from gateway.store import influxql
from gateway.store.halving import HALVINGS_MAX
from gateway.store.influxdb import LINES_MAX, InfluxStore
from gateway.store.readings import Query, StoreRefused, StoreUnavailable

TOKEN = "a-token-nobody-may-see"
GOLDEN = Path(__file__).with_name("golden_influxdb_exchange.json")
TOLD = ("Accept", "Authorization", "Content-Encoding", "Content-Type")


class Recorder:
    """Answers every request alike and keeps what was asked."""

    def __init__(self, status: int, answer: str) -> None:
        self.status, self.answer = status, answer
        self.asked: list[dict[str, Any]] = []
        self.more: dict[str, str] = {}
        self.slow_above: int | None = None  # lines of a request beyond which no answer comes in time
        self.over = threading.Event()


@contextmanager
def answering(status: int, answer: str = "") -> Iterator[tuple[str, Recorder]]:
    recorder = Recorder(status, answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            split = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            recorder.asked.append(
                {
                    "method": self.command,
                    "path": split.path,
                    "query": dict(parse_qsl(split.query)),
                    "headers": {name: self.headers[name] for name in TOLD if name in self.headers},
                    "body": body.split("\n"),
                }
            )
            if recorder.slow_above is not None and len(recorder.asked[-1]["body"]) > recorder.slow_above:
                recorder.over.wait(10)
                self.close_connection = True
                return
            said = recorder.answer.replace("AUTHORIZATION", self.headers["Authorization"] or "").encode()
            self.send_response(recorder.status)
            for name, value in recorder.more.items():
                self.send_header(name, value)
            if recorder.status != 204:
                self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", recorder
    finally:
        recorder.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def influx_store(
    url: str, folder: Path, *, org: str = "carehub", token: str = TOKEN, timeout_s: float = 5
) -> Iterator[InfluxStore]:
    store = InfluxStore(
        url=url, org=org, token=token, cursor_file=folder / "cursor.json", timeout_s=timeout_s
    )
    try:
        yield store
    finally:
        store.close()


def test_it_sends_the_recorded_requests_to_the_byte(tmp_path: Path):
    # as InfluxDB 2.7's published API wants them; Debian's 1.6.7 never sees /api/v2/write itself
    rows = [
        row(seq=1, metric="event.fall", value=0.93, text='他说 "疼"\\', device="pendant 1"),
        row(seq=2),
        row(seq=None, place="F01", home=False, metric="in", value=12.0, boot=None),
    ]
    with answering(204) as (url, recorder), influx_store(url, tmp_path) as store:
        store.write(columns(rows), cursor=1)
        recorder.status, recorder.answer = 200, '{"results":[{"statement_id":0}]}\n'
        asked = Query(NOW, NOW + 1000, device="it's", metric='a "b"', home=True, limit=5, newest_first=True)
        assert store.read(asked) == []
    assert recorder.asked == json.loads(GOLDEN.read_text())


def test_buckets_keep_homes_and_facilities_apart(influx_v2: InfluxProxy, tmp_path: Path):
    with influx_store(influx_v2.url, tmp_path) as store:
        store.write(columns([row(), row(place="F01", home=False)]), cursor=1)
    found = {bucket: real_answer(influx_v2, bucket) for bucket in ("care_homes", "care_places")}
    assert [series["values"] for series in found["care_homes"]] == [[[1763900000000000007, "H0001"]]]
    assert [series["values"] for series in found["care_places"]] == [[[1763900000000000007, "F01"]]]


def real_answer(proxy: InfluxProxy, bucket: str) -> list[dict[str, Any]]:
    form = {"db": proxy.database(bucket), "epoch": "ns", "q": "SELECT place, value FROM contact"}
    _, _, body = proxy.forward("POST", "/query", urlencode(form).encode(), {"Content-Type": FORM})
    series: list[dict[str, Any]] = json.loads(body)["results"][0]["series"]
    for one in series:
        one["values"] = [values[:2] for values in one["values"]]
    return series


def test_points_of_others_in_the_same_bucket_are_left_out(influx_v2: InfluxProxy, tmp_path: Path):
    with influx_store(influx_v2.url, tmp_path) as store:
        store.write(columns([row()]), cursor=1)
        path = f"/write?db={influx_v2.database('care_homes')}"
        assert influx_v2.forward("POST", path, b"contact,device=x,place=y value=1 1", {})[0] == 204
        assert influx_v2.forward("POST", path, b"cpu load=1 1", {})[0] == 204
        assert store.read(EVERYTHING) == [row()]


def test_rows_that_influxdb_refuses_are_found_and_the_rest_is_written(influx_v2: InfluxProxy, tmp_path: Path):
    with influx_store(influx_v2.url, tmp_path) as store:
        path = f"/write?db={influx_v2.database('care_homes')}"
        assert influx_v2.forward("POST", path, b'smoke value="a word" 1763900000000000000', {})[0] == 204
        rows = columns(row(seq=seq, metric="smoke" if seq in {33, 77} else "contact") for seq in range(100))
        with pytest.raises(StoreRefused, match=r"2 row\(s\) cannot be stored") as refused:
            store.write(rows, cursor=4)
        assert set(refused.value.rows) == {33, 77}
        assert "400: partial write: field type conflict" in refused.value.rows[33]
        assert store.cursor() == 0
        store.write(rows.without(refused.value.rows), cursor=4)
        assert store.cursor() == 4
        assert len(store.read(EVERYTHING)) == 98


def test_a_server_that_refuses_everything_is_not_asked_for_ever(tmp_path: Path):
    with answering(422, '{"code":"unprocessable entity","message":"beyond retention"}') as (url, recorder):
        rows = columns(row(seq=seq) for seq in range(LINES_MAX + 500))
        with influx_store(url, tmp_path) as store, pytest.raises(StoreRefused) as refused:
            store.write(rows, cursor=1)
    assert set(refused.value.rows) == set(range(LINES_MAX + 500))
    assert refused.value.rows[0] == "422: beyond retention"
    assert len(recorder.asked) <= 2 * HALVINGS_MAX + 2


@pytest.mark.parametrize(
    ("status", "answer", "said"),
    [
        (401, '{"code":"unauthorized","message":"no such AUTHORIZATION"}', "check the token"),
        (403, "AUTHORIZATION", "must be allowed to read and write"),
        (
            404,
            '{"message":"bucket \\"care_homes\\" not found"}',
            "create the buckets care_homes and care_places",
        ),
        (429, "slow down AUTHORIZATION", "429: slow down"),
        (500, '{"error":"AUTHORIZATION"}', "500"),
        (503, "", "503"),
    ],
)
def test_what_is_not_the_rows_fault_is_unavailable_and_never_tells_the_token(
    tmp_path: Path, status: int, answer: str, said: str
):
    with answering(status, answer) as (url, _), influx_store(url, tmp_path) as store:
        for ask in (lambda: store.write(columns([row()]), cursor=1), lambda: store.read(EVERYTHING)):
            with pytest.raises(StoreUnavailable) as unavailable:
                ask()
            assert said in str(unavailable.value)
            assert url in str(unavailable.value)
            assert TOKEN not in "".join(traceback.format_exception(unavailable.value))
        assert store.cursor() == 0


@pytest.mark.parametrize("answer", ["<html>AUTHORIZATION</html>", "[1]", '{"error":"AUTHORIZATION"}', "\n"])
def test_an_answer_that_is_no_influxdbs_is_unavailable(tmp_path: Path, answer: str):
    with answering(200, answer) as (url, _), influx_store(url, tmp_path) as store:
        with pytest.raises(StoreUnavailable, match="not the answer of an InfluxDB") as unavailable:
            store.read(EVERYTHING)
        assert TOKEN not in "".join(traceback.format_exception(unavailable.value))


def test_refused_rows_never_tell_the_token(tmp_path: Path):
    with answering(400, "bad line from AUTHORIZATION") as (url, _), influx_store(url, tmp_path) as store:
        with pytest.raises(StoreRefused) as refused:
            store.write(columns([row()]), cursor=1)
        assert refused.value.rows == {0: "400: bad line from Token ***"}


def test_an_absent_influxdb_is_unavailable_until_it_is_there(influx_v2: InfluxProxy, tmp_path: Path):
    port = free_port()
    with influx_store(f"http://127.0.0.1:{port}", tmp_path) as store:
        with pytest.raises(StoreUnavailable, match=f"InfluxDB at http://127.0.0.1:{port} cannot be reached"):
            store.write(columns([row()]), cursor=1)
        with pytest.raises(StoreUnavailable, match="cannot be reached"):
            store.read(EVERYTHING)
        with InfluxProxy(f"http://{influx_v2.target}", port=port, prefix=influx_v2.prefix):
            store.write(columns([row()]), cursor=1)
            assert store.read(EVERYTHING) == [row()]
            assert store.cursor() == 1


@pytest.mark.parametrize(
    ("status", "header", "wait_s"),
    [(429, "7", 7), (503, "100000", 300), (503, "Wed, 21 Oct 2026 07:28:00 GMT", 0), (503, "", 0)],
)
def test_it_says_how_long_influxdb_wants_to_be_left_alone(
    tmp_path: Path, status: int, header: str, wait_s: int
) -> None:
    with answering(status) as (url, recorder), influx_store(url, tmp_path) as store:
        recorder.more = {"Retry-After": header} if header else {}
        for ask in (lambda: store.write(columns([row()]), cursor=1), lambda: store.read(EVERYTHING)):
            with pytest.raises(StoreUnavailable) as unavailable:
                ask()
            assert unavailable.value.retry_after_s == wait_s


def test_an_influxdb_too_slow_for_a_whole_request_gets_smaller_ones(tmp_path: Path) -> None:
    rows = columns(row(seq=seq) for seq in range(4_000))
    with answering(204) as (url, recorder), influx_store(url, tmp_path, timeout_s=0.2) as store:
        recorder.slow_above = 2_500
        for _ in range(5):
            try:
                store.write(rows, cursor=1)
                break
            except StoreUnavailable as error:
                assert "cannot be reached" in str(error)  # noqa: PT017 it may be raised, or not
        assert store.cursor() == 1
        assert max(len(each["body"]) for each in recorder.asked[-2:]) <= 2_500


def test_removal_is_asked_of_2_x_in_its_own_words(tmp_path: Path) -> None:
    with answering(204) as (url, recorder), influx_store(url, tmp_path) as store:
        store.delete("care_homes", 1_763_900_000_000_000_007)
        store.delete("care_homes_summary", 1_763_900_000_000_000_000, span="1h")
        recorder.status = 500
        with pytest.raises(StoreUnavailable, match="500"):
            store.delete("care_homes", 5)
    assert [(each["path"], each["query"], json.loads(each["body"][0])) for each in recorder.asked[:2]] == [
        (
            "/api/v2/delete",
            {"org": "carehub", "bucket": "care_homes"},
            {"start": "1677-09-21T00:12:44Z", "stop": "2025-11-23T12:13:20.000000007Z"},
        ),
        (
            "/api/v2/delete",
            {"org": "carehub", "bucket": "care_homes_summary"},
            {
                "start": "1677-09-21T00:12:44Z",
                "stop": "2025-11-23T12:13:20.000000000Z",
                "predicate": 'span="1h"',
            },
        ),
    ]


def test_a_wrong_token_is_unavailable(influx_v2: InfluxProxy, tmp_path: Path):
    said = pytest.raises(StoreUnavailable, match="401: unauthorized access; check the token")
    with influx_store(influx_v2.url, tmp_path, token="wrong") as store, said:
        store.write(columns([row()]), cursor=1)


def test_another_influxdb_gets_everything_from_the_start(influx_v2: InfluxProxy, tmp_path: Path):
    with influx_store(influx_v2.url, tmp_path) as store:
        store.write(columns([row()]), cursor=9)
    with influx_store(influx_v2.url, tmp_path, org="another") as store:
        assert store.cursor() == 0
    with influx_store(influx_v2.url, tmp_path) as store:
        assert store.cursor() == 9


def test_a_damaged_cursor_file_is_named_with_its_remedy(tmp_path: Path):
    (tmp_path / "cursor.json").write_text("{")
    with pytest.raises(StoreUnavailable, match=r"cursor\.json holds no cursor: delete it"):
        InfluxStore(url="http://127.0.0.1:1", org="o", token="t", cursor_file=tmp_path / "cursor.json")


def test_a_cursor_that_cannot_be_kept_is_not_promised(tmp_path: Path):
    with answering(204) as (url, _), influx_store(url, tmp_path) as store:
        (tmp_path / "cursor.json.new").mkdir()
        with pytest.raises(StoreUnavailable, match=r"cursor\.json cannot be written"):
            store.write(columns([row()]), cursor=1)
        assert store.cursor() == 0


def test_an_address_with_a_password_is_never_shown(tmp_path: Path):
    with influx_store(f"http://hub:secret@127.0.0.1:{free_port()}", tmp_path) as store:
        with pytest.raises(StoreUnavailable) as unavailable:
            store.read(EVERYTHING)
        assert "secret" not in str(unavailable.value)


@pytest.mark.parametrize(
    ("word", "name", "text"),
    [
        ("plain", '"plain"', "'plain'"),
        ("it's", '"it\'s"', r"'it\'s'"),
        ('a "b"', r'"a \"b\""', "'a \"b\"'"),
        ("back\\slash", r'"back\\slash"', r"'back\\slash'"),
        ("two\nlines", r'"two\nlines"', r"'two\nlines'"),
        ("' OR 1=1; --", '"\' OR 1=1; --"', r"'\' OR 1=1; --'"),
    ],
)
def test_words_in_queries_stay_in_their_quotes(word: str, name: str, text: str):
    assert influxql.identifier(word) == name
    assert influxql.string(word) == text
