"""Every word the pages and the refusals say, in Chinese and English; the terms are those of docs/术语.md. A file a room.

A placeholder in braces is filled by ``say``, or in the browser by the same name.
"""

from __future__ import annotations

from typing import Final

from gateway.web.words.accounts import ACCOUNT_WORDS
from gateway.web.words.area import AREA_WORDS
from gateway.web.words.audit import AUDIT_WORDS
from gateway.web.words.calls import CALL_WORDS
from gateway.web.words.desk import DESK_WORDS
from gateway.web.words.facilities import FACILITY_WORDS
from gateway.web.words.facility_use import FACILITY_USE_WORDS
from gateway.web.words.figures import FIGURES_WORDS
from gateway.web.words.frame import FRAME_WORDS
from gateway.web.words.handing import HANDING_WORDS
from gateway.web.words.heat import HEAT_WORDS
from gateway.web.words.help import HELP_WORDS
from gateway.web.words.home import HOME_WORDS
from gateway.web.words.install import INSTALL_WORDS
from gateway.web.words.keys import KEY_WORDS
from gateway.web.words.links import LINK_WORDS
from gateway.web.words.privacy import PRIVACY_WORDS
from gateway.web.words.reports import REPORT_WORDS
from gateway.web.words.rules import RULE_WORDS
from gateway.web.words.steps import STEP_WORDS

LANGUAGES: Final = ("zh", "en")

WORDS: Final[dict[str, tuple[str, str]]] = {
    **ACCOUNT_WORDS,
    **AREA_WORDS,
    **AUDIT_WORDS,
    **CALL_WORDS,
    **DESK_WORDS,
    **FACILITY_WORDS,
    **FACILITY_USE_WORDS,
    **FIGURES_WORDS,
    **FRAME_WORDS,
    **HANDING_WORDS,
    **HEAT_WORDS,
    **HELP_WORDS,
    **HOME_WORDS,
    **INSTALL_WORDS,
    **KEY_WORDS,
    **LINK_WORDS,
    **PRIVACY_WORDS,
    **REPORT_WORDS,
    **RULE_WORDS,
    **STEP_WORDS,
}


def say(key: str, **values: object) -> dict[str, str]:
    """Give a text in every language, its placeholders filled; KeyError for a key that is not there."""
    texts = WORDS[key]
    return {language: text.format(**values) for language, text in zip(LANGUAGES, texts, strict=True)}
