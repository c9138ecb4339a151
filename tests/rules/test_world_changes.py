"""Which rules start anew when one world follows another."""

from __future__ import annotations

import gc
import weakref

import msgspec

from rules.conditions.event import EventHappens
from rules.rule import Rule, Shape, Steps, Words
from rules.when import When
from rules.world import EMPTY, Definition, Device, Override, Place, World, changed_rules

FALL = Rule(
    "fall",
    "life_safety",
    "critical",
    When(event=EventHappens("fall")),
    Words("跌倒", "Fall"),
    Steps(("做",), ("Do",)),
)
SOS = msgspec.structs.replace(FALL, id="sos", when=When(event=EventHappens("sos")))
REWORDED = msgspec.structs.replace(FALL, title=Words("疑似跌倒", "Possible fall"))
URGENT = msgspec.structs.replace(FALL, severity="urgent")


def world(*rules: Rule, overrides: tuple[Override, ...] = ()) -> Definition:
    return msgspec.structs.replace(EMPTY, rules=rules, overrides=overrides)


def test_new_gone_and_different_rules_start_anew() -> None:
    assert changed_rules(None, world(FALL, SOS)) == ("fall", "sos")
    assert changed_rules(world(FALL, SOS), world(FALL)) == ("sos",)
    assert changed_rules(world(FALL, SOS), world(SOS, URGENT)) == ("fall",)
    shaped = msgspec.structs.replace(FALL, shape=Shape(inhibited_by=("sos",)))
    assert changed_rules(world(FALL, SOS), world(shaped, SOS)) == ("fall",)


def test_the_same_rules_in_another_order_go_on() -> None:
    assert changed_rules(world(FALL, SOS), world(SOS, FALL)) == ()


def test_a_rule_with_other_words_goes_on_and_is_named_where_words_count() -> None:
    assert changed_rules(world(FALL), world(REWORDED)) == ()
    assert changed_rules(world(FALL), world(REWORDED), in_words=True) == ("fall",)


def test_what_one_home_has_otherwise_starts_anew_there() -> None:
    urgent, off = (Override("H1", "fall", URGENT),), (Override("H1", "fall", None),)
    assert changed_rules(world(FALL), world(FALL, overrides=urgent)) == ("fall@H1",)
    assert changed_rules(world(FALL, overrides=urgent), world(FALL, overrides=off)) == ("fall@H1",)
    assert changed_rules(world(FALL, overrides=off), world(FALL)) == ("fall@H1",)
    assert changed_rules(world(FALL, overrides=urgent), world(FALL, overrides=urgent)) == ()


def test_a_home_that_has_the_rule_as_all_others_changes_nothing() -> None:
    same, reworded = (Override("H1", "fall", FALL),), (Override("H1", "fall", REWORDED),)
    assert changed_rules(world(FALL), world(FALL, overrides=same)) == ()
    assert changed_rules(world(FALL), world(FALL, overrides=reworded)) == ()
    assert changed_rules(world(FALL, overrides=same), world(URGENT, overrides=same)) == ("fall",)


def test_a_world_that_is_replaced_goes_at_once_with_all_its_plans() -> None:
    """A running hub freezes what it has built: a cycle would keep every world it ever had."""
    devices = (Device("pendant", "s", "H1", "pendant", "", 60),)
    definition = Definition(1, "UTC", (Place("H1", "home"),), devices, (FALL, SOS))
    gc.collect()
    gc.disable()
    try:
        world, later = World(definition), World(definition)
        assert set(world.plan("H1").by_event["pendant"]) == {"fall", "sos"}
        assert world.keys == ("H1",)
        gone = weakref.ref(world), weakref.ref(world.plans)
        world = later
        assert [ref() for ref in gone] == [None, None]
        assert world.plan("H1").key == "H1"
    finally:
        gc.enable()
