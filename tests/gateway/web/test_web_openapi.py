"""The API held to its own description, on a hub at work: schemathesis asks what the description allows, and what it forbids."""

from __future__ import annotations

import copy
import json
import os
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlencode

import jsonschema
import pytest
import requests
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from web_cases import DEMO
from web_hub import SIGNED_IN, TOKEN, Answer, LivingHub

from gateway.web.app import create_app
from gateway.web.settings import WebSettings

DEEP = bool(os.environ.get("CAREHUB_DEEP"))
EXAMPLES = 100 if DEEP else 3
API: dict[str, Any] = create_app(SimpleNamespace(engine=None), WebSettings()).openapi()  # type: ignore[arg-type]
ADDRESS = "http://127.0.0.1:8080"
# What is answered never ends: what it declares is looked at by hand, below.
ENDLESS = "/api/v1/stream"
ALL = [(method, path) for path, methods in API["paths"].items() for method in methods]
OPERATIONS = [(method, path) for method, path in ALL if path != ENDLESS]
# As schemathesis sees it: without credentials of its own making. Who comes in is part of each test.
ASKED = copy.deepcopy(API)
for _method, _path in ALL:
    del ASKED["paths"][_path][_method]["security"]
SCHEMA = schemathesis.openapi.from_dict(ASKED)
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
STABLE = Path(__file__).parents[2] / "golden" / "api-operations.txt"

operations = pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda part: part)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivingHub]:
    made = LivingHub(tmp_path_factory.mktemp("hub"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def app(hub: LivingHub) -> FastAPI:
    return hub.app(WebSettings(demo=DEMO))


def known(hub: LivingHub) -> dict[str, list[str]]:
    """Names that stand for something, by the parameter that takes them."""
    return {
        "alert_id": hub.alerts,
        "place_id": ["H0001", "H0003", "F01"],
        "silence_id": ["s1"],
        "scenario": [entry.scenario for entry in DEMO],
    }


def asked(
    hub: LivingHub,
    app: FastAPI,
    case: Any,  # noqa: ANN401 a case of schemathesis
    headers: dict[str, str],
    *,
    forbidden: bool = False,
) -> None:
    """Ask, and hold the answer to the description; no 5xx but the 503 that is declared."""
    case.cookies = {}  # whoever comes in comes by a cookie of ours
    given = case.as_transport_kwargs(base_url=ADDRESS)
    given.pop("cookies", None)
    wanted = ("method", "url", "headers", "params", "data", "json", "files")
    request = requests.Request(**{name: given[name] for name in wanted if name in given}).prepare()
    body = request.body or b""
    answer = hub.asks(
        app,
        str(request.method),
        str(request.url),
        dict(request.headers) | headers,
        body.encode() if isinstance(body, str) else body,
    )
    assert answer.status < 500 or answer.status == 503, answer
    response = schemathesis.Response(
        status_code=answer.status,
        headers=answer.headers,
        content=answer.body,
        request=request,
        elapsed=0.0,
        verify=False,
    )
    case.validate_response(response, checks=[*CHECKS, *[negative_data_rejection] * forbidden])


def held(
    operation: Any,  # noqa: ANN401 an operation of schemathesis
    ask: Callable[[Any], None],
    *,
    mode: GenerationMode,
    count: int,
    names: dict[str, list[str]] | None = None,
) -> None:
    """Ask what the description allows (or, in the other mode, forbids), so many times; every other time of a known name."""

    @seed(20_260_302)
    @settings(
        max_examples=count, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def run(case: Any, data: st.DataObject) -> None:  # noqa: ANN401 a case of schemathesis
        for name in set(case.path_parameters or ()) & set(names or ()):
            if data.draw(st.booleans()):
                assert names
                case.path_parameters[name] = data.draw(st.sampled_from(names[name]))
        ask(case)

    run()


@operations
def test_what_the_description_allows_is_answered_as_it_says(
    hub: LivingHub, app: FastAPI, method: str, path: str
) -> None:
    operation = SCHEMA[path][method.upper()]
    cookie = {"cookie": hub.signed_in(app)}
    names = known(hub)
    held(
        operation,
        lambda case: asked(hub, app, case, cookie),
        mode=GenerationMode.POSITIVE,
        count=EXAMPLES,
        names=names,
    )


@operations
def test_what_it_forbids_is_refused_as_it_says(hub: LivingHub, app: FastAPI, method: str, path: str) -> None:
    operation = SCHEMA[path][method.upper()]
    cookie = {"cookie": hub.signed_in(app)}
    try:
        held(
            operation,
            lambda case: asked(hub, app, case, cookie, forbidden=True),
            mode=GenerationMode.NEGATIVE,
            count=EXAMPLES,
        )
    except Unsatisfiable:
        about = API["paths"][path][method]
        assert "requestBody" not in about
        assert not about.get("parameters"), "something is given, and nothing of it is forbidden"


@operations
def test_strangers_are_refused_as_it_says(hub: LivingHub, app: FastAPI, method: str, path: str) -> None:
    operation = SCHEMA[path][method.upper()]
    beyond = hub.app(WebSettings(host="0.0.0.0", token=TOKEN))  # noqa: S104 the case in question
    strangers: list[tuple[FastAPI, dict[str, str]]] = [
        (app, {}),
        (app, {"host": "evil.example"}),
        (app, {"origin": "https://evil.example"}),
        (app, {"content-length": "99999999999"}),
        (beyond, {"accept": "*/*"}),
        (beyond, {"authorization": f"Bearer {TOKEN}"}),
    ]
    for where, headers in strangers:
        held(
            operation,
            lambda case, where=where, headers=headers: asked(hub, where, case, headers),  # type: ignore[misc]
            mode=GenerationMode.POSITIVE,
            count=max(EXAMPLES // 5, 1),
            names=known(hub),
        )


# Values that a schema of strings and integers lets somebody think of; 2**63 is one more than SQLite can hold.
ODD = (
    '"\\u0000"', '"\\ud800"', f'"{"x" * 40_000}"', '"\\u202e\\ufeff"', "-1", "0", str(2**63), str(-(2**63) - 1), "1e400",
    "NaN", "-Infinity", "1.5", '"2026-02-30T25:61"', '"99999999999999999999999"', "null", "[]", "{}", "true",
    "[" * 3_000 + "]" * 3_000,
)  # fmt: skip


@operations
def test_odd_values_are_refused_and_break_nothing(
    hub: LivingHub, app: FastAPI, method: str, path: str
) -> None:
    about = API["paths"][path][method]
    cookie = {"cookie": hub.signed_in(app)}
    names = known(hub)
    real = re.sub("{(.*?)}", lambda found: names.get(found[1], ["x"])[0], path)
    query = {
        each["name"]: "x"
        for each in about.get("parameters", ())
        if each["in"] == "query" and each["required"]
    }
    content = about.get("requestBody", {}).get("content", {})
    media = next(iter(content), "application/json")
    good = content.get(media, {}).get("example")
    if path == "/api/v1/filed-reports" and good and not DEEP:
        good = good | {
            "at": "福田区/无"
        }  # there is nobody: not every question is worth a report in four formats
    asks: list[tuple[str, bytes]] = []
    # In the ordinary run each route is given every fourth of them, other routes others.
    mine = ODD if DEEP else ODD[zlib.crc32(f"{method} {path}".encode()) % 4 :: 4]
    for odd in mine:
        word = quote(json.loads(odd) if odd.startswith('"') and "ud800" not in odd else odd)[:4_000]
        asks += [
            (
                f"{real}?{urlencode(query | {each['name']: 'ODD'}).replace('ODD', word)}",
                json.dumps(good).encode(),
            )
            for each in about.get("parameters", ())
            if each["in"] == "query"
        ]
        asks.append((re.sub("{.*?}", word, path), json.dumps(good).encode()))
        asks.append((real, odd.encode()))
        if isinstance(good, dict):
            fields = (
                {**good, "until": 0, "ids": 0, "after": 0} if path.startswith("/api/v1/quarantine") else good
            )
            asks.append(
                (f"{real}?{urlencode(query)}", json.dumps(good).replace("{", f"{{{odd}: 1, ", 1).encode())
            )
            for name in fields:
                body = json.dumps(good | {name: "ODD"}).replace('"ODD"', odd)
                asks.append((f"{real}?{urlencode(query)}", body.encode()))
    for url, body in asks:
        answer = hub.asks(app, method.upper(), url, cookie | {"content-type": media}, body)
        # "/", "%00" and the like lead to other addresses; there as well nothing may break.
        assert answer.status < 500 or answer.status == 503, (url[:200], body[:200], answer)


def beginning(hub: LivingHub, app: FastAPI, url: str, headers: dict[str, str] | None = None) -> Answer:
    """The stream's first answer; then its reader goes away."""
    return hub.asks(app, "GET", url, headers, until=b"event: hello")


def test_the_stream_answers_as_it_says(hub: LivingHub, app: FastAPI) -> None:
    declared = API["paths"][ENDLESS]["get"]["responses"]
    assert set(declared) == {"200", "401", "403", "413", "422", "503"}
    answer = beginning(hub, app, ENDLESS)
    assert (answer.status, answer.headers["content-type"][0].partition(";")[0]) == (
        200,
        *declared["200"]["content"],
    )
    assert b"event: hello" in answer.body
    for ask in (
        lambda: hub.asks(app, "GET", f"{ENDLESS}?after=-1"),
        lambda: hub.asks(app, "GET", f"{ENDLESS}?after={2**63}"),
        lambda: hub.asks(app, "GET", ENDLESS, {"last-event-id": "9" * 33}),
        lambda: hub.asks(app, "GET", ENDLESS, {"host": "evil.example"}),
    ):
        refused = ask()
        assert str(refused.status) in declared
        jsonschema.validate(refused.json(), API["components"]["schemas"]["Problem"])
    for odd in ("0", "x", "9" * 32, "²"):
        assert beginning(hub, app, ENDLESS, {"last-event-id": odd}).status == 200


def test_the_hub_behind_these_tests_is_one(hub: LivingHub, app: FastAPI) -> None:
    """What is done here is journalled, applied and read back."""
    cookie = {"cookie": hub.signed_in(app), "content-type": "application/json"}
    alert = hub.alerts[-1]
    for what in ("accept", "close"):  # whoever asked before may have done it
        answer = hub.asks(app, "POST", f"/api/v1/alerts/{alert}/{what}", cookie, b'{"verdict":"test"}')
        assert answer.status in (200, 409), answer
    assert hub.asks(app, "GET", f"/api/v1/alerts/{alert}").json()["closed_by"] == SIGNED_IN


# how it reads


def test_every_route_says_what_it_is_for() -> None:
    names = []
    tags = {tag["name"] for tag in API["tags"] if len(tag["description"]) > 20}
    for method, path in ALL:
        about = API["paths"][path][method]
        names.append(about["operationId"])
        assert re.fullmatch("[a-z_]+", about["operationId"]), path
        assert len(about["summary"].split()) >= 3, (path, about["summary"])
        assert about["description"].startswith(about["summary"]), path
        assert set(about["tags"]) <= tags, f"{path}: a tag without words in gateway/web/description.py"
    assert len(names) == len(set(names))


def test_every_body_and_every_answer_has_an_example_that_fits() -> None:
    for method, path in ALL:
        about = API["paths"][path][method]
        for where, holder in [("body", about.get("requestBody", {})), *about["responses"].items()]:
            for kind, media in holder.get("content", {}).items():
                if media.get("schema", {}).get("format") == "binary":
                    continue
                said = f"{method} {path} {where} {kind}: gateway/web/examples.py has no example"
                assert "example" in media, said
                jsonschema.validate(media["example"], media["schema"] | {"components": API["components"]})


def test_what_the_guard_may_answer_is_said_of_every_route() -> None:
    for method, path in ALL:
        answers = API["paths"][path][method]["responses"]
        assert {"403", "413"} <= set(answers), path
        assert "HTTPValidationError" not in json.dumps(answers), path
        for status in set(answers) & {"401", "403", "404", "413", "429"}:
            schema = answers[status]["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}


def test_every_list_is_read_a_page_at_a_time() -> None:
    for method, path in ALL:
        about = API["paths"][path][method]
        names = {each["name"] for each in about.get("parameters", ())}
        if method == "get" and "limit" in names:
            answer = json.dumps(about["responses"]["200"]["content"]["application/json"]["example"])
            assert '"next"' in answer, path
            assert names & {"cursor", "before"}, path


def test_every_write_takes_a_key_but_coming_in_and_going_out() -> None:
    without = {
        path
        for method, path in ALL
        if method != "get"
        and "Idempotency-Key" not in {p["name"] for p in API["paths"][path][method].get("parameters", ())}
    }
    coming_and_going = {"/api/v1/signin", "/api/v1/signin/password", "/api/v1/signout", "/api/v1/enter"}
    ones_own = {"/api/v1/account/secrets", "/api/v1/account/sessions/{session_id}"}  # twice is the same
    ones_own |= {"/api/v1/heat/communities"}
    each_a_message = {"/api/v1/channels/{channel}/test"}
    assert without == coming_and_going | ones_own | each_a_message


def test_what_was_there_once_stays() -> None:
    """The promise of v1: no route goes, none changes its name."""
    there = {f"{method} {path} {API['paths'][path][method]['operationId']}" for method, path in ALL}
    promised = set(STABLE.read_text(encoding="utf-8").splitlines())
    assert promised <= there, sorted(promised - there)


def test_two_hubs_describe_themselves_the_same(hub: LivingHub) -> None:
    elsewhere = WebSettings(host="0.0.0.0", port=9_000, token=TOKEN, zone="Asia/Urumqi")  # noqa: S104 the case in question
    assert hub.app(elsewhere).openapi() == API
    assert "servers" not in API
