"""The API's description of itself: what all routes share is said here once, so that no route can forget it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from gateway.web.access import SAFE_METHODS
from gateway.web.examples import EXAMPLES
from gateway.web.needs import needs_of
from gateway.web.once import KEY_CHARS_MAX, is_kept, needs_person

KEY = "Idempotency-Key"
PROBLEM: Final = {"$ref": "#/components/schemas/Problem"}
TAGS: Final = {
    "alerts": "What has been raised: read, accepted (接警), closed (办结), shelved (暂缓提醒); the live stream of changes.",
    "duty": "Desks, whether they can hear, their hand-over (交接班); channels and their tests.",
    "homes": "What holds alerts of a home or facility back: its mode, silences, and what was held back meanwhile.",
    "agreements": "What homes have agreed to (同意书), and the links to their families' pages.",
    "follow_ups": "Whom to call or visit on the day after a true fall (次日回访).",
    "visits": "Visit records (探访记录): from one tick at the close of an alert, or from a home's page.",
    "data": "Places, devices, readings, and the registry they are entered by.",
    "facilities": "How full facilities are (在场人数), corrections, capacity and hours, their use. No resident's data.",
    "install": "Homes and devices entered by hand, devices to be claimed (待认领设备), agreed tests, ledger, jobs.",
    "quarantine": "Messages that could not be read or placed (无法识别的数据): shown, given again, dropped.",
    "rules": "The rule files of the hub, and what rules would have done over its history.",
    "reports": "Reports (自动报表): a station's, a facility's, an area's, as figures or as a file to hand in.",
    "performance": "The numbers of work (工作数据): how soon, how much, how right.",
    "operation": "For whoever runs the hub: signs of life, figures, backups.",
    "accounts": "Who may come in, what they may, where they are signed in.",
    "privacy": "What is kept of a resident (个人信息): a copy of it for them, its erasure.",
    "people": "Who is signed in: a person by name and PIN, a browser by the token.",
}
WORDS: Final = {
    "401": "The access token is missing or wrong, and nobody is signed in.",
    "403": "The role does not include it; or asked under another host's name, or from another site's page.",
    "404": "There is nothing of that name within reach.",
    "409": "It cannot be done as things stand: somebody was first, or another is at work.",
    "413": "The body is too long.",
    "422": "Something that was given is not valid; `words` say what.",
    "429": "Too many wrong PINs; `at` says until when.",
    "503": "Not done, or not confirmed: ask again, with the same Idempotency-Key.",
}
SCHEMES: Final = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "`[http] token` of the hub's settings. Not asked of programs on loopback.",
    },
    "person": {
        "type": "apiKey",
        "in": "cookie",
        "name": "carehub_person_8080",
        "description": "Who is signed in, from POST /api/v1/signin; the number is the hub's own port.",
    },
}


def describe(app: FastAPI) -> None:
    """Let the app describe itself at /openapi.json, made when it is first asked for."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _described(app: FastAPI) -> dict[str, Any]:
    tags = [{"name": name, "description": words} for name, words in TAGS.items()]
    api = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, tags=tags
    )
    for route in app.routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                _complete(api["paths"][route.path_format][method.lower()], route, method)
    schemas = api["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)  # FastAPI's own shape, which is not what is answered
    for media in _media(api):
        found = _example(media.get("schema", {}), schemas)
        if found is not None and "example" not in media:
            media["example"] = found
    api["components"]["securitySchemes"] = SCHEMES
    return api


def _complete(operation: dict[str, Any], route: APIRoute, method: str) -> None:
    """Add to a route what the guard and the whole app may do to it."""
    writes = method not in SAFE_METHODS
    operation["operationId"] = f"{operation['tags'][0]}_{route.name}"
    operation["description"] = operation.get("description", "").replace("``", "`")
    operation["summary"] = re.split(r"(?<=[.:;])\s", operation["description"], maxsplit=1)[0].rstrip(".:;")
    answers = operation["responses"]
    may = {403, 413}
    wanted = needs_of(route)
    allowed = wanted.may if wanted else ()
    if needs_person(route.dependant):
        operation["security"] = [{"person": []}]
    else:
        operation["security"] = [{"token": []}, {"person": []}] if allowed else [{}]
    if allowed:
        may |= {401, 404} if wanted and wanted.of not in ("", "everywhere") else {401}
        operation["description"] += f"\n\nNeeds: {', '.join(allowed)}."
    if writes:
        may.add(422)
    if is_kept(route, method):
        header = {"type": "string", "maxLength": KEY_CHARS_MAX, "title": KEY}
        operation.setdefault("parameters", []).append(
            {"name": KEY, "in": "header", "required": False, "schema": header}
        )
    for status in map(str, may):
        answers.setdefault(status, {"content": {"application/json": {"schema": PROBLEM}}})
    for status, answer in answers.items():
        _word(status, answer)
    operation["responses"] = dict(sorted(answers.items()))
    for parameter in operation.get("parameters", ()):
        _explain(parameter)


def _word(status: str, answer: dict[str, Any]) -> None:
    """Say of a refusal what it means, and that it is a Problem."""
    media = answer.get("content", {}).get("application/json", {})
    if media.get("schema", {}).get("$ref", "").endswith("HTTPValidationError"):
        media["schema"] = PROBLEM
    if status in WORDS and media.get("schema") == PROBLEM:
        answer["description"] = WORDS[status]


def _explain(parameter: dict[str, Any]) -> None:
    if parameter["name"] == KEY:
        parameter["description"] = "One key for one thing to be done: its repeat is not done again."
    elif parameter["name"] == "cursor":
        parameter["description"] = "`next` of the page before, as it stands there; of the same question."


def _media(api: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What goes in and out in each content type."""
    for methods in api["paths"].values():
        for operation in methods.values():
            for holder in (operation.get("requestBody", {}), *operation["responses"].values()):
                yield from holder.get("content", {}).values()


def _example(schema: dict[str, Any], schemas: dict[str, Any]) -> object:
    """The example of a schema by its name, of a choice the first that has one; those of the model itself come first."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        own = schemas[name].get("examples")
        return own[0] if own else EXAMPLES.get(name)
    if "examples" in schema:
        return schema["examples"][0]
    found = (_example(each, schemas) for each in schema.get("anyOf", ()))
    return next((each for each in found if each is not None), None)
