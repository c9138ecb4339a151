"""Renders the pages: language, hub time in the hub's zone, and templates in which everything is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gateway.accounts.roles import ROLES
from gateway.alerts import terms
from gateway.operations.link_views import BY_FAMILY
from gateway.web.access import who_of
from gateway.web.context import Context, is_held
from gateway.web.rooms import room_at, rooms_of
from gateway.web.script_words import words_asked_for
from gateway.web.words import LANGUAGES, WORDS

FOLDER = Path(__file__).parent
LANGUAGE_COOKIE_S = 365 * 86_400


def language_of(request: Request) -> str:
    """Give the page's language: asked for in the address, chosen before, the browser's, the hub's."""
    settings = Context.of(request).settings
    asked = request.query_params.get("lang", "")
    chosen = request.cookies.get(settings.cookie("lang"), "")
    for language in (asked, chosen, _browsers_language(request.headers.get("accept-language", ""))):
        if language in LANGUAGES:
            return language
    return settings.language


def page(request: Request, template: str, **values: Any) -> Response:  # noqa: ANN401 what a template takes is its own
    """Render a whole page; remembers a language that was asked for in the address."""
    context = Context.of(request)
    language = language_of(request)
    rooms = rooms_of(who_of(request))
    path = request.url.path
    text = render(
        context, language, template, path=path, rooms=rooms, room_here=room_at(path, rooms), **values
    )
    response = HTMLResponse(text, headers={"Content-Language": language, "Vary": "Accept-Language, Cookie"})
    if request.query_params.get("lang") == language:
        response.set_cookie(
            context.settings.cookie("lang"),
            language,
            max_age=LANGUAGE_COOKIE_S,
            samesite="strict",
            httponly=True,
            secure=context.settings.secure,
        )
    return response


def render(
    context: Context,
    language: str,
    template: str,
    *,
    data: Mapping[str, Any] | None = None,
    **values: Any,  # noqa: ANN401 see page
) -> str:
    """Render a template with the words of a language and the state of the hub; ``data`` is for the page's script."""
    health = context.port.health()
    zone = ZoneInfo(context.settings.zone)

    def clock(ms: int) -> str:
        return clock_time(ms, zone, health.hub_now_ms)

    at = LANGUAGES.index(language)
    words = {key: texts[at] for key, texts in WORDS.items()}

    def t(key: str, **filled: object) -> str:
        return words[key].format(**filled)

    return (
        _environment()
        .get_template(template)
        .render(
            t=t,
            terms=terms,
            gap="" if language == "zh" else " ",
            term=lambda group, key, spoken=language: term(group, key, spoken),
            own=lambda text: own_words(text, language),
            role=lambda name: _capital(ROLES[name].zh if language == "zh" else ROLES[name].en),
            grants_json=lambda grants: msgspec.json.encode(grants).decode(),
            span=lambda ms: span(ms, words),
            lasts=lambda ms: lasts(ms, words),
            by=lambda name: by_whom(name, words),
            now=health.hub_now_ms,
            clock=clock,
            words=words,
            language=language,
            other_language=LANGUAGES[1 - at],
            health=health,
            held=is_held(health),
            speed=f"{health.speed:g}",
            page_data={
                "words": {key: words[key] for key in sorted(words_asked_for(template))},
                "language": language,
                "zone": context.settings.zone,
                "desk_cookie": context.settings.cookie("desk"),
                "hub_now_ms": health.hub_now_ms,
                "speed": health.speed,
                **(data or {}),
            },
            **values,
        )
    )


def term(group: str, key: str | None, language: str) -> str:
    """Say a term of ``gateway.alerts.terms`` as it stands on a button, or the key itself where there is none."""
    known = getattr(terms, group).get(key)
    return _capital(known[language] if known else key or "")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def clock_time(ms: int, zone: ZoneInfo, now_ms: int) -> str:
    """Hour and minute in the hub's zone, with the date in front when it is not today's."""
    moment, today = datetime.fromtimestamp(ms / 1000, zone), datetime.fromtimestamp(now_ms / 1000, zone)
    return f"{moment:%H:%M}" if moment.date() == today.date() else f"{moment:%m-%d %H:%M}"


def span(ms: int, words: Mapping[str, str]) -> str:
    """Say a span of time in two units at most, as the pages' script does."""
    seconds = max(0, ms // 1000)
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if days:
        return words["days"].format(d=days, h=hours % 24)
    if hours:
        return words["hours"].format(h=hours, m=minutes % 60)
    if minutes:
        return words["minutes"].format(m=minutes, s=seconds % 60)
    return words["seconds"].format(s=seconds)


def lasts(ms: int, words: Mapping[str, str]) -> str:
    """Say how long something is to last, in the largest unit that fits."""
    for unit, name in ((86_400_000, "n_days"), (3_600_000, "n_hours"), (60_000, "n_minutes")):
        if ms % unit == 0:
            return words[name].format(n=ms // unit)
    return span(ms, words)


def by_whom(name: str, words: Mapping[str, str]) -> str:
    """Who set a mode: a member of staff by name, a family by the rank of the contact whose link it was."""
    if name.startswith(BY_FAMILY):
        return words["by_the_family"].format(n=name.removeprefix(BY_FAMILY))
    return name


def own_words(text: Mapping[str, Any], language: str) -> Any:  # noqa: ANN401 a text or a list of them
    """Give a two-language value in this language, or in the one it has."""
    return text.get(language) or next((words for words in text.values() if words), "")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["capital"] = _capital
    return made


def _browsers_language(accepted: str) -> str:
    """Give the first of our languages in the order the header lists them; browsers list by preference."""
    for part in accepted.split(","):
        language = part.split(";")[0].strip().lower().split("-")[0]
        if language in LANGUAGES:
            return language
    return ""
