"""The proxy itself: what it changes, what it lets through, and as a program."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from parts import Influx

from gateway.bench import influx_proxy
from gateway.bench.influx_proxy import InfluxProxy


def ask(url: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    request = urllib.request.Request(url, body, headers)  # noqa: S310 a loopback address of our own
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 same
        return answer.status, answer.read()


def test_it_is_a_program(influxd: Influx):
    program = [
        sys.executable,
        str(Path(influx_proxy.__file__)),
        "--target",
        influxd.url,
        "--prefix",
        "program_",
    ]
    with subprocess.Popen(program, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        url = json.loads(child.stdout.readline())["url"]
        query = "/api/v2/write?org=o&bucket=b&precision=us"
        assert ask(url + query, b"m,device=d value=1 5") == (204, b"")
        status, body = ask(url + "/query?db=b&epoch=ns&q=SELECT+value+FROM+m")
        child.kill()
    assert status == 200
    assert json.loads(body)["results"][0]["series"][0]["values"] == [[5000, 1]]


def test_errors_come_through(influxd: Influx):
    with InfluxProxy(influxd.url, prefix="errors_") as proxy:
        with pytest.raises(urllib.error.HTTPError) as refused:
            ask(proxy.url + "/api/v2/write?org=o&bucket=b", b"no line protocol")
        with refused.value as answer:
            assert answer.status == 400
            assert b"unable to parse" in answer.read()
        assert ask(proxy.url + "/ping")[0] == 204
