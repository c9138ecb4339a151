"""What the console says of rules, laid on what the files say: who wins, what is shown, and that nothing is lost."""

from __future__ import annotations

import dataclasses
import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rulebook.layer import Apart, Files, Laid, Said, lay
from gateway.rulebook.load import load_rules
from gateway.rulebook.numbers import fault_of, numbers_of
from gateway.rulebook.parameters import rebuilt, values
from rules.rule import Rule
from rules.world import Override, Place

RULES = load_rules()
BY_ID = {rule.id: rule for rule in RULES}
PLACES = {f"H{n}": Place(f"H{n}", "home", site="s") for n in range(3)} | {
    "F1": Place("F1", "facility", 20, "s")
}
STAY, FOR = "bathroom_too_long", "stay.for_s"


def files(*overrides: Override, rules: tuple[Rule, ...] = RULES) -> Files:
    return Files(rules, overrides)


def said(of: Files, rule: str = STAY, place: str = "", *, off: bool = False, **numbers: object) -> Said:
    named = {name.replace("__", "."): value for name, value in numbers.items()}
    return Said(rule=rule, place=place, off=off, numbers=named, base=of.say(place, rule))


def has(laid: Laid, place: str, rule: str = STAY, name: str = FOR) -> object:
    """The number that holds there; None where the rule is off."""
    common = next((one for one in laid.rules if one.id == rule), None)
    here = next((o.instead for o in laid.overrides if (o.key, o.rule) == (place, rule)), common)
    return None if here is None else values(here)[name]


def own(place: str, seconds: int) -> Override:
    return Override(place, STAY, rebuilt(BY_ID[STAY], {FOR: seconds}))


def test_number_by_number_the_more_particular_word_holds_and_of_two_the_console_s() -> None:
    given_files = files(own("H1", 3000))
    words = [
        said(given_files, stay__for_s=2700, shape__rises__1__after_s=600),
        said(given_files, place="H2", stay__for_s=3600),
    ]
    laid = lay(given_files, words, PLACES)
    assert [has(laid, place) for place in ("H0", "H1", "H2")] == [2700, 3000, 3600]
    rises = [has(laid, place, name="shape.rises.1.after_s") for place in ("H0", "H1", "H2")]
    assert rises == [600, 600, 600], "a place's own number does not take the others from the whole hub's"
    assert (
        has(lay(given_files, [*words, said(given_files, place="H1", stay__for_s=1800)], PLACES), "H1") == 1800
    )
    assert laid.apart == ()


def test_off_for_the_whole_hub_is_off_everywhere_and_one_place_can_be_on_against_its_file() -> None:
    given_files = files(own("H1", 3000), Override("H2", STAY, None))
    off = lay(
        given_files, [said(given_files, off=True), said(given_files, place="H0", stay__for_s=1200)], PLACES
    )
    assert STAY not in {rule.id for rule in off.rules}
    assert STAY not in {override.rule for override in off.overrides}, (
        "an override of no rule would be a fault"
    )
    on = lay(given_files, [said(given_files, place="H2", stay__for_s=1200)], PLACES)
    assert has(on, "H2") == 1200
    assert has(lay(given_files, [], PLACES), "H2") is None


def test_a_file_that_changes_the_rule_later_is_shown_and_does_not_take_the_console_s_word() -> None:
    word = said(files(), stay__for_s=2700)
    later = files(rules=tuple(rebuilt(r, {FOR: 3000}) if r.id == STAY else r for r in RULES))
    laid = lay(later, [word], PLACES)
    assert has(laid, "H0") == 2700
    assert laid.apart == (Apart(word, "files_changed", holds=True),)
    kept = dataclasses.replace(word, base=later.say("", STAY))
    assert lay(later, [kept], PLACES).apart == ()
    renamed = tuple(msgspec.structs.replace(r, title=r.todo and BY_ID["fall"].title) for r in RULES)
    assert lay(files(rules=renamed), [word], PLACES).apart == (), "other words are no other rule"


def test_a_word_that_fits_no_more_is_left_aside_and_shown() -> None:
    word = said(files(), stay__for_s=2700)
    there_not = files(rules=tuple(rule for rule in RULES if rule.id != STAY))
    assert lay(there_not, [word], PLACES).apart == (Apart(word, "no_rule", holds=False),)
    other = tuple(msgspec.structs.replace(BY_ID["fall"], id=STAY) if r.id == STAY else r for r in RULES)
    laid = lay(files(rules=other), [word], PLACES)
    assert laid.apart == (Apart(word, "does_not_fit", holds=False),)
    assert laid.rules == other


def test_what_is_about_life_is_never_off_for_the_whole_hub_whatever_a_file_makes_of_it() -> None:
    off = said(files(), off=True)
    grave = tuple(msgspec.structs.replace(r, kind="life_safety") if r.id == STAY else r for r in RULES)
    laid = lay(files(rules=grave), [off], PLACES)
    assert has(laid, "H0") == 2400
    assert laid.apart == (Apart(off, "life_safety", holds=False),)


words_of = st.builds(
    lambda rule, place, off, stretch: (rule, place, off, stretch),
    st.sampled_from([rule.id for rule in RULES]), st.sampled_from(["", "H0", "H1", "H2", "F1", "gone"]), st.booleans(),
    st.floats(0.5, 2.0),
)  # fmt: skip
overrides_of = st.lists(
    st.tuples(st.sampled_from(["H0", "H1"]), st.sampled_from([STAY, "fall", "battery_low"]), st.booleans()),
    max_size=4, unique_by=lambda one: one[:2],
)  # fmt: skip


def drawn(of: Files, rule: str, place: str, stretch: float, *, off: bool) -> Said:
    numbers = {
        number.name: int(number.value * stretch) or 1
        for number in numbers_of(BY_ID[rule])
        if number.unit == "s" and isinstance(number.value, int)
    }
    return Said(rule=rule, place=place, off=off, numbers=numbers, base=of.say(place, rule))


@given(
    st.lists(words_of, max_size=8, unique_by=lambda word: word[:2]),
    overrides_of,
    st.randoms(use_true_random=False),
)
def test_the_laws_of_the_layer(
    drawn_words: list[tuple[str, str, bool, float]],
    drawn_overrides: list[tuple[str, str, bool]],
    chance: random.Random,
) -> None:
    by_file = [
        Override(
            place,
            rule,
            None if off else rebuilt(BY_ID[rule], {next(n.name for n in numbers_of(BY_ID[rule])): 2}),
        )
        for place, rule, off in drawn_overrides
        if rule != "fall"
    ]
    given_files = Files(RULES, by_file)
    words = [drawn(given_files, rule, place, stretch, off=off) for rule, place, off, stretch in drawn_words]
    laid = lay(given_files, words, PLACES)

    untouched = lay(given_files, [], PLACES)
    assert untouched.rules == RULES
    assert set(untouched.overrides) == set(by_file), "without a word the files hold, and only they"
    shuffled = list(words)
    chance.shuffle(shuffled)
    assert lay(given_files, shuffled, PLACES).rules == laid.rules
    assert lay(given_files, shuffled, PLACES).overrides == laid.overrides, "the order of words says nothing"
    grave = {rule.id for rule in RULES if rule.kind == "life_safety"}
    assert grave <= {rule.id for rule in laid.rules}, "life safety stands, whatever is said"
    named = {(word.place, word.rule) for word in words}
    everywhere = {word.rule for word in words if not word.place}
    for override in laid.overrides:
        assert override.key in PLACES
        assert (override.key, override.rule) in named | {(o.key, o.rule) for o in by_file}
    for rule in laid.rules:
        assert rule.id in everywhere or rule is BY_ID[rule.id], "what nobody speaks of is the very same rule"
    for word in words:
        if word.place == "gone":
            assert lay(given_files, [w for w in words if w is not word], PLACES) == laid


def test_numbers_stay_near_what_the_files_say() -> None:
    stay, quiet = BY_ID[STAY], BY_ID["no_activity"]
    assert fault_of(stay, {FOR: 9600}) == ""
    assert fault_of(stay, {FOR: 9601}).endswith("from 600 to 9600")
    assert fault_of(stay, {FOR: 2400.5}).endswith("a whole number")
    assert fault_of(stay, {FOR: True}).endswith("a number")
    assert fault_of(stay, {"severity": "notice"}).startswith("severity: not one of")
    assert fault_of(quiet, {"absence.for_s": 21_601}).endswith("from 5400 to 21600"), "life safety: to twice"
    assert fault_of(quiet, {"absence.from_time": "05:00"}) == ""
    assert fault_of(quiet, {"absence.from_time": "04:59"}).endswith("within 3 hours of 08:00")
    assert fault_of(quiet, {"absence.from_time": "8 Uhr"}).endswith("like 22:00")
    assert fault_of(BY_ID["door_open_at_night"], {"all.of.2.during.from_time": "01:30"}) == "", (
        "around midnight too"
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_what_a_field_allows_makes_a_rule_again(rule: Rule) -> None:
    for number in numbers_of(rule):
        assert number.name in values(rule)
        assert number.label.zh
        assert number.label.en
        for end in (number.least, number.most):
            if end is not None and not number.name.endswith("absence.for_s"):  # bounded by its window as well
                whole = int(end) if isinstance(values(rule)[number.name], int) else end
                assert fault_of(rule, {number.name: whole}) == ""
                assert values(rebuilt(rule, {number.name: whole}))[number.name] == whole
