"""The pages on which a station writes the steps of its cards: plain forms, in force as soon as they are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from gateway.accounts.roles import May
from gateway.accounts.who import Who
from gateway.alerts.card_steps import STEP_CHARS_MAX, STEPS_MAX, cleaned
from gateway.operations import card_steps
from gateway.web.access import APerson, reach_of
from gateway.web.context import Context
from gateway.web.home_port import CardRule
from gateway.web.homes import NAME_CHARS_MAX
from gateway.web.link_page import form_of
from gateway.web.needs import needs
from gateway.web.problems import refuse
from gateway.web.render import page

LANGUAGES = ("zh", "en")
PATH_CHARS_MAX = 256

router = APIRouter(include_in_schema=False)
RuleId = Annotated[str, Path(max_length=NAME_CHARS_MAX)]
Part = Annotated[str | None, Query(max_length=PATH_CHARS_MAX)]


@router.get("/steps")
@needs(May.RULES_SET)
def list_rules(request: Request, person: APerson) -> Response:
    """The rules in force, and which of them have steps of a station's own."""
    context = Context.of(request)
    return page(
        request, "steps.html", person=person, names=context.people.names(), rules=context.port.card_rules(),
        changed=card_steps.rules_with_own(context.engine),
    )  # fmt: skip


@router.get("/steps/{rule_id}")
@needs(May.RULES_SET)
def show_steps(request: Request, rule_id: RuleId, person: APerson, at: Part = None) -> Response:
    """One rule: its own steps, those of a part of the tree, and who wrote what."""
    return _shown(request, person, _rule(request, rule_id), at)


@router.post("/steps/{rule_id}")
@needs(May.RULES_SET, noted="write_steps")
async def write(request: Request, rule_id: RuleId, person: APerson) -> Response:
    """Write the steps for a part of the tree within reach, or go back to the rule's own."""
    rule, given = _rule(request, rule_id), await form_of(request)
    return await run_in_threadpool(_write, request, person, rule, given)


def _write(request: Request, person: Who, rule: CardRule, given: Mapping[str, str]) -> Response:
    context, at = Context.of(request), given.get("at", "")
    if at not in _parts(request):
        return _shown(request, person, rule, None, status=422, wrong="steps.not_there", given=given)
    try:
        steps = {language: cleaned(given.get(language, "").splitlines()) for language in LANGUAGES}
    except ValueError:
        steps = {"zh": []}
    back = given.get("do") == "reset"
    if not steps["zh"] and not back:
        return _shown(request, person, rule, at, status=422, wrong="steps.wrong", given=given)
    now = context.port.health().hub_now_ms
    written = {} if back else {language: lines for language, lines in steps.items() if lines}
    card_steps.write_steps(context.engine, rule.id, at, written, by=person.name, at=now)
    return RedirectResponse(f"{request.url.path}?{urlencode({'at': at, 'saved': 1})}", 303)


def _rule(request: Request, rule_id: str) -> CardRule:
    found = next((rule for rule in Context.of(request).port.card_rules() if rule.id == rule_id), None)
    if found is None:
        raise refuse(404, "unknown")
    return found


def _parts(request: Request) -> list[str]:
    return card_steps.parts_within(Context.of(request).engine, reach_of(request, May.RULES_SET))


def _shown(
    request: Request,
    person: Who,
    rule: CardRule,
    at: str | None,
    *,
    status: int = 200,
    wrong: str = "",
    given: Mapping[str, str] | None = None,
) -> Response:
    context, parts = Context.of(request), _parts(request)
    part = at if at in parts else next(iter(parts), "")
    past = card_steps.history(context.engine, rule.id, reach_of(request, May.RULES_SET))
    own = next((one.steps for one in past if one.path == part), {})
    begun = own or rule.todo  # whoever writes begins with what is there
    kept = {language: "\n".join(begun.get(language, [])) for language in LANGUAGES}
    answer = page(
        request, "steps_rule.html", person=person, names=context.people.names(), rule=rule, parts=parts, part=part,
        text=kept if given is None else {language: given.get(language, "") for language in LANGUAGES},
        is_own=bool(own), past=past, wrong=wrong, saved="saved" in request.query_params and not wrong,
        chars_max=STEP_CHARS_MAX, steps_max=STEPS_MAX,
    )  # fmt: skip
    answer.status_code = status
    return answer
