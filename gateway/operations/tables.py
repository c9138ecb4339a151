"""The tables of the operational database.

Places and their modes, people, devices, alerts told and held back, silences, outbox, the engine's cursor and snapshots.
Times are epoch ms. Residents, contacts and staff live here and nowhere else.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, REAL, ForeignKey, Index, LargeBinary, Table, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Declarative base; its metadata is what the migrations are held to."""


def table_of(model: type[Base]) -> Table:
    """The table behind a model, for statements that go past the object mapper."""
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101 a mapped class is a table
    return table


class Place(Base):
    """A home or a facility: the key of the rules. ``path`` is 区/街道/社区/小区."""

    __tablename__ = "place"
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]  # home | facility
    site: Mapped[str]
    path: Mapped[str]
    name: Mapped[str]  # how the elder is addressed (称呼), or the facility's name
    address: Mapped[str]
    capacity: Mapped[int | None]
    access_note: Mapped[str]


class Contact(Base):
    """Somebody to call about a home, in order of ``rank`` (1 first)."""

    __tablename__ = "contact"
    place_id: Mapped[str] = mapped_column(ForeignKey("place.id", ondelete="CASCADE"), primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    phone: Mapped[str]


class Device(Base):
    """A registered device, the place and room it is in, and how often it reports at least."""

    __tablename__ = "device"
    id: Mapped[str] = mapped_column(primary_key=True)
    place_id: Mapped[str] = mapped_column(ForeignKey("place.id", ondelete="CASCADE"), index=True)
    site: Mapped[str]
    kind: Mapped[str]
    room: Mapped[str]
    heartbeat_s: Mapped[int]


class Staff(Base):
    """An account: a person's PIN and password as argon2 hashes ('' for none), and who they are to the single sign-on."""

    __tablename__ = "staff"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(unique=True)
    pin_hash: Mapped[str]
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[int] = mapped_column(default=0)
    password_hash: Mapped[str] = mapped_column(default="", server_default=text("''"))
    subject: Mapped[str | None] = mapped_column(unique=True)  # issuer and subject of the single sign-on
    ended_at: Mapped[int | None]  # wall clock ms: no longer comes in; the name stays with what they did


class Granted(Base):
    """A role that an account has (``gateway.accounts.roles``) at a place of the tree, '' for the whole of it."""

    __tablename__ = "granted"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[str] = mapped_column(primary_key=True, default="")


class SignIn(Base):
    """A browser signed in as a person; only the hash of its cookie is kept. Times are wall clock ms."""

    __tablename__ = "sign_in"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[int]
    made_at: Mapped[int] = mapped_column(default=0, server_default="0")
    how: Mapped[str] = mapped_column(default="pin", server_default=text("'pin'"))  # pin | password | sso
    device: Mapped[str] = mapped_column(
        default="", server_default=text("''")
    )  # what the browser calls itself


class Alert(Base):
    """An alert from raise to close. ``version`` guards every change of state: two people cannot both accept."""

    __tablename__ = "alert"
    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    rule: Mapped[str]
    kind: Mapped[str]  # life_safety | care | facility | device
    severity: Mapped[str]  # critical | urgent | notice
    title: Mapped[dict[str, str]] = mapped_column(JSON)
    why: Mapped[dict[str, str]] = mapped_column(JSON)
    todo: Mapped[dict[str, list[str]]] = mapped_column(JSON)
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON)
    place_id: Mapped[str]
    device_id: Mapped[str]
    room: Mapped[str]
    active_at: Mapped[int]  # the alert's own time: when its condition came true
    raised_at: Mapped[int] = mapped_column(index=True)  # hub time at which it was raised
    raised_wall_ms: Mapped[
        int
    ]  # wall clock, for measuring delivery; differs from raised_at in accelerated time
    recorded: Mapped[bool] = mapped_column(default=True)
    state: Mapped[str] = mapped_column(default="raised")  # gateway.alerts.lifecycle.STATES
    version: Mapped[int] = mapped_column(default=1)
    ended_at: Mapped[int | None]  # the condition no longer holds
    accepted_by: Mapped[str | None]
    accepted_at: Mapped[int | None]
    closed_by: Mapped[str | None]
    closed_at: Mapped[int | None]
    verdict: Mapped[
        str | None
    ]  # true | false | test | unconfirmed | merged | cleared (a device alarm that ended by itself)
    reason: Mapped[str | None]  # of a false alarm: gateway.alerts.lifecycle.REASONS
    outcome: Mapped[str | None]  # none_needed | assisted | family_came | hospital
    note: Mapped[str | None]
    settled_at: Mapped[int | None]  # a call or a visit has found out how the person is
    assigned_to: Mapped[str | None]  # who is asked to accept it
    merged_into: Mapped[str | None]  # the alert that it is part of
    reopened: Mapped[int] = mapped_column(default=0, server_default="0")  # how often
    rung: Mapped[int] = mapped_column(default=0)
    escalate_at: Mapped[int | None] = mapped_column(index=True)  # hub time of the next rung while unaccepted
    turn: Mapped[int] = mapped_column(default=0, server_default="0")  # how often it was told anew
    count: Mapped[int] = mapped_column(
        default=1, server_default="1"
    )  # how often it has come, the first time included
    last_at: Mapped[int | None]  # when it came again last
    group_id: Mapped[str] = mapped_column(
        default="", server_default=text("''")
    )  # the alert that leads its group
    severity_before: Mapped[str | None]  # what it was raised with, where that has changed
    changed_why: Mapped[dict[str, str] | None] = mapped_column(JSON)  # why it was changed, in words
    shelved_until: Mapped[int | None] = mapped_column(index=True)
    shelved_by: Mapped[str | None]
    shelved_why: Mapped[str | None]

    __table_args__ = (
        Index("alert_open", "state", "raised_at"),
        Index("alert_closed", "closed_at"),
        Index("alert_group", "group_id"),
    )


class AlertStep(Base):
    """What happened to an alert, in order: when, by whom, and from where (``via``: console, link, api, voice, a channel)."""

    __tablename__ = "alert_step"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alert.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]
    at: Mapped[int]
    by: Mapped[str]
    detail: Mapped[str] = mapped_column(default="")
    via: Mapped[str] = mapped_column(default="", server_default=text("''"))


class HeldAlert(Base):
    """An alert that was held back: recorded and told to nobody. ``held_by`` as ``rules.effects.Hold`` has it."""

    __tablename__ = "held_alert"
    id: Mapped[str] = mapped_column(primary_key=True)  # the id it has, or would have, as an alert
    rule: Mapped[str]
    kind: Mapped[str]
    severity: Mapped[str]
    title: Mapped[dict[str, str]] = mapped_column(JSON)
    why: Mapped[dict[str, str]] = mapped_column(JSON)
    todo: Mapped[dict[str, list[str]]] = mapped_column(JSON)
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON)
    place_id: Mapped[str]
    device_id: Mapped[str]
    room: Mapped[str]
    active_at: Mapped[int]
    held_at: Mapped[int] = mapped_column(index=True)
    held_by: Mapped[str]
    ended_at: Mapped[int | None]  # the condition no longer holds
    told_at: Mapped[int | None]  # nothing held it back any more and it still stood: it was raised

    __table_args__ = (Index("held_alert_place", "place_id", "held_at"),)


class HomeMode(Base):
    """A mode a home is or was in, from ``since`` until at most ``until``; the one without ``ended_at`` is in force."""

    __tablename__ = "home_mode"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    place_id: Mapped[str]
    kind: Mapped[str]
    since: Mapped[int]
    until: Mapped[int]
    by: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[int | None]
    ended_by: Mapped[str] = mapped_column(default="")
    ended_because: Mapped[str] = mapped_column(default="")  # command | time | activity | replaced

    __table_args__ = (Index("home_mode_place", "place_id", "since"), Index("home_mode_now", "ended_at"))


class Silence(Base):
    """What is not told until ``until``: alerts of a rule, a device or a place ('' stands for any), with owner and reason."""

    __tablename__ = "silence"
    id: Mapped[str] = mapped_column(primary_key=True)
    rule: Mapped[str]
    device_id: Mapped[str]
    place_id: Mapped[str]
    since: Mapped[int]
    until: Mapped[int]
    by: Mapped[str]
    reason: Mapped[str]
    ended_at: Mapped[int | None]  # ended by a person before its time
    ended_by: Mapped[str] = mapped_column(default="")

    __table_args__ = (Index("silence_place", "place_id", "until"),)


class Outbox(Base):
    """A message to be brought to a channel: at least once, under the same id each time.

    What one recipient is told on one rung is an ``errand``: when its channel fails, the next of ``ways`` is used, and what
    waits on others is withdrawn once one has taken it. A ``gathered`` message goes out within the message ``digest_id``.
    """

    __tablename__ = "outbox"
    id: Mapped[str] = mapped_column(primary_key=True)  # gateway.notify.channel.message_id
    alert_id: Mapped[str] = mapped_column(ForeignKey("alert.id", ondelete="CASCADE"), index=True)
    rung: Mapped[int]
    channel: Mapped[str]
    state: Mapped[str] = mapped_column(
        default="waiting"
    )  # waiting | sent | delivered | failed | withdrawn | gathered
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_ms: Mapped[int] = mapped_column(default=0)  # wall clock
    delivered_ms: Mapped[int | None]  # wall clock
    receipt: Mapped[str] = mapped_column(default="")
    error: Mapped[str] = mapped_column(default="")
    about: Mapped[str] = mapped_column(default="alert", server_default=text("'alert'"))
    person: Mapped[str] = mapped_column(default="", server_default=text("''"))  # '' for a group
    role: Mapped[str] = mapped_column(default="desk", server_default=text("'desk'"))  # desk | family | guard
    desk: Mapped[str] = mapped_column(default="", server_default=text("''"))
    turn: Mapped[int] = mapped_column(default=0, server_default="0")
    errand: Mapped[str] = mapped_column(default="", server_default=text("''"))
    ways: Mapped[str] = mapped_column(default="", server_default=text("''"))  # channels left, with commas
    proof: Mapped[str] = mapped_column(default="", server_default=text("''"))  # gateway.notify.channel.Proof
    digest_id: Mapped[str] = mapped_column(default="", server_default=text("''"))
    step_id: Mapped[int | None]  # the step that a following system is told of

    __table_args__ = (
        Index("outbox_waiting", "state", "next_try_ms"),
        Index("outbox_errand", "errand"),
        Index("outbox_digest", "digest_id"),
    )


class DutyPlan(Base):
    """A duty plan (``gateway.duty.plan.Plan`` as JSON); ``in_force_at`` is hub time, None before its command is applied."""

    __tablename__ = "duty_plan"
    version: Mapped[str] = mapped_column(primary_key=True)  # hash of the body
    body: Mapped[str]
    in_force_at: Mapped[int | None]


class DeskState(Base):
    """What is known of a desk by its commands: since when it cannot hear, whether that was told, who has taken it over."""

    __tablename__ = "desk_state"
    desk: Mapped[str] = mapped_column(primary_key=True)
    deaf_since: Mapped[int | None]
    handed_over_at: Mapped[int | None]
    handed_over_by: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")


class ChannelState(Base):
    """What the last message or test on a channel came to; wall clock."""

    __tablename__ = "channel_state"
    channel: Mapped[str] = mapped_column(primary_key=True)
    ok: Mapped[bool]
    at_ms: Mapped[int]
    tested_ms: Mapped[int | None]
    words: Mapped[str] = mapped_column(default="")


class Consent(Base):
    """What a home has agreed to: that a contact is told (``family``), that a guard is asked to knock (``guard``)."""

    __tablename__ = "consent"
    id: Mapped[str] = mapped_column(primary_key=True)
    place_id: Mapped[str] = mapped_column(index=True)
    scope: Mapped[str]  # family | guard
    contact: Mapped[int | None]  # the rank of the contact, for family
    since: Mapped[int]
    by: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[int | None]
    ended_by: Mapped[str] = mapped_column(default="")


class FollowUp(Base):
    """Somebody to be visited or called the day after (次日回访), from when on, and what came of it."""

    __tablename__ = "follow_up"
    id: Mapped[str] = mapped_column(primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alert.id", ondelete="CASCADE"))
    place_id: Mapped[str]
    due_at: Mapped[int] = mapped_column(index=True)
    done_at: Mapped[int | None]
    done_by: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")


class Link(Base):
    """A secret address given to somebody without an account; only the hash of its token is kept.

    ``purpose``: accept (of ``alert_id``), slip (a guard's, of ``alert_id``), family (of ``place_id``).
    """

    __tablename__ = "link"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    alert_id: Mapped[str] = mapped_column(default="")
    place_id: Mapped[str] = mapped_column(default="")
    holder: Mapped[str] = mapped_column(default="")  # a person, a contact, a desk
    made_at: Mapped[int]
    made_by: Mapped[str] = mapped_column(default="")
    ends_at: Mapped[int | None]
    ended_at: Mapped[int | None]
    ended_by: Mapped[str] = mapped_column(default="")

    __table_args__ = (Index("link_alert", "alert_id"), Index("link_place", "place_id"))


class Answered(Base):
    """The outcome of a command, so that its repeat gets the same answer."""

    __tablename__ = "answered"
    id: Mapped[str] = mapped_column(primary_key=True)
    outcome: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[int]


class Cursor(Base):
    """The journal position up to which a consumer's effects are committed here."""

    __tablename__ = "cursor"
    consumer: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]


class Snapshot(Base):
    """The state of one key at a journal position; ``version`` is the shape of the bytes."""

    __tablename__ = "snapshot"
    key: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    version: Mapped[int]
    body: Mapped[bytes] = mapped_column(LargeBinary)


class FacilitySetting(Base):
    """What people have set of a facility in the console (``gateway.operations.facility_settings``); hub time.

    Their capacity stands until the registry file says another one than it said then (``capacity_in_file``).
    """

    __tablename__ = "facility_setting"
    place_id: Mapped[str] = mapped_column(ForeignKey("place.id", ondelete="CASCADE"), primary_key=True)
    capacity: Mapped[int | None]
    capacity_set: Mapped[bool] = mapped_column(default=False)
    capacity_in_file: Mapped[int | None]
    hours: Mapped[list[dict[str, str]] | None] = mapped_column(JSON(none_as_null=True))
    public: Mapped[bool] = mapped_column(default=False)
    set_at: Mapped[int]
    set_by: Mapped[str]


class CountCorrection(Base):
    """Somebody has counted the people of a facility; ``before`` is what the hub had said, None where it knew nothing."""

    __tablename__ = "count_correction"
    id: Mapped[str] = mapped_column(primary_key=True)  # of the command
    place_id: Mapped[str]
    at: Mapped[int]
    by: Mapped[str]
    people: Mapped[int]
    before: Mapped[int | None]

    __table_args__ = (Index("count_correction_place", "place_id", "at"),)


class Operator(Base):
    """Who uses a room of a facility (``room`` '': all of it) in exchange for hours of service a month (以场地换服务)."""

    __tablename__ = "operator"
    id: Mapped[str] = mapped_column(primary_key=True)
    place_id: Mapped[str] = mapped_column(ForeignKey("place.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    room: Mapped[str]
    area_m2: Mapped[float | None] = mapped_column(REAL)
    hours_per_month: Mapped[float | None] = mapped_column(REAL)
    made_at: Mapped[int]
    made_by: Mapped[str]
    ended_at: Mapped[int | None]
    ended_by: Mapped[str] = mapped_column(default="")


class Look(Base):
    """Somebody looked into the rooms of a home: why, from when on, until when it stays open to them. Hub time."""

    __tablename__ = "look"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    place_id: Mapped[str]
    staff_id: Mapped[int]
    by: Mapped[str]
    at: Mapped[int]
    until: Mapped[int]
    reason: Mapped[str] = mapped_column(default="")  # '' where an open alert was the reason
    alert_id: Mapped[str] = mapped_column(default="")

    __table_args__ = (Index("look_place", "place_id", "at"),)


class CardSteps(Base):
    """What a part of the tree of places does about alerts of a rule; of one rule and path the newest counts. Hub time.

    Without steps the rule's own count again. Kept for who wrote what and when.
    """

    __tablename__ = "card_steps"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    rule: Mapped[str]
    path: Mapped[str]
    steps: Mapped[dict[str, list[str]]] = mapped_column(JSON)
    by: Mapped[str]
    at: Mapped[int]

    __table_args__ = (Index("card_steps_rule", "rule", "path"),)


class RuleChange(Base):
    """What somebody said of a rule on the console, for the whole hub (``place_id`` '') or one place; kept for ever.

    ``said`` is what the console says since (gateway.rulebook.layer.Said: off, numbers), None where the files hold again;
    ``base`` what the files said then. ``before`` and ``after`` are what held: off, and the numbers that differ.
    """

    __tablename__ = "rule_change"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[int]
    by: Mapped[str]
    rule: Mapped[str]
    place_id: Mapped[str]
    title: Mapped[dict[str, str]] = mapped_column(JSON)
    said: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    base: Mapped[str]
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
    reason: Mapped[str]
    undoes: Mapped[int | None]  # the change that this one takes back

    __table_args__ = (Index("rule_change_about", "place_id", "rule", "id"),)


class ByHand(Base):
    """A place or device that was entered, changed or taken out by hand, until a registry file says the same (ADR 0031)."""

    __tablename__ = "by_hand"
    what: Mapped[str] = mapped_column(primary_key=True)  # place | device
    id: Mapped[str] = mapped_column(primary_key=True)
    site: Mapped[str]
    act: Mapped[str]  # added | changed | removed
    at: Mapped[int]
    by: Mapped[str]


class RejectedDevice(Base):
    """A device that sends and is not ours, by whom it was said and why; in force while ``ended_at`` is None."""

    __tablename__ = "rejected_device"
    site: Mapped[str] = mapped_column(primary_key=True)
    device_id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[int]
    by: Mapped[str]
    reason: Mapped[str]
    ended_at: Mapped[int | None]
    ended_by: Mapped[str] = mapped_column(default="")


class HomeTest(Base):
    """An agreed test (约定测试) of a home or facility from ``since`` until at most ``until``."""

    __tablename__ = "home_test"
    id: Mapped[str] = mapped_column(primary_key=True)
    place_id: Mapped[str]
    kind: Mapped[str]  # walk: every point, by an installer | weekly: buttons and wearables
    since: Mapped[int]
    until: Mapped[int]
    by: Mapped[str]
    ended_at: Mapped[int | None]  # ended by a person, or by the next test, before its time
    ended_by: Mapped[str] = mapped_column(default="")

    __table_args__ = (Index("home_test_place", "place_id", "since"), Index("home_test_until", "until"))


class PointProven(Base):
    """A device was heard to do its work during a test; ``room`` and ``place_id`` are where it was then."""

    __tablename__ = "point_proven"
    test_id: Mapped[str] = mapped_column(primary_key=True)
    device_id: Mapped[str] = mapped_column(primary_key=True)
    place_id: Mapped[str]
    room: Mapped[str]
    at: Mapped[int]
    said: Mapped[str]  # a metric, or event.<type>

    __table_args__ = (Index("point_proven_device", "device_id", "at"),)


class LedgerItem(Base):
    """A line of the ledger (适老化改造台账): what was fitted in a home, when and by whom, and who has accepted it."""

    __tablename__ = "ledger_item"
    id: Mapped[str] = mapped_column(primary_key=True)
    place_id: Mapped[str] = mapped_column(index=True)
    item: Mapped[str]  # a kind of device, or words: 扶手, 防滑地面
    device_id: Mapped[str]  # '' for what is no device
    room: Mapped[str]
    day: Mapped[str]  # YYYY-MM-DD
    installer: Mapped[str]
    note: Mapped[str]
    entered_at: Mapped[int]
    entered_by: Mapped[str]
    accepted_at: Mapped[int | None]
    accepted_by: Mapped[str] = mapped_column(default="")


class SignOff(Base):
    """An installation was handed over: who accepted it, and why any point of it was not proven (reason by device)."""

    __tablename__ = "sign_off"
    id: Mapped[str] = mapped_column(primary_key=True)
    place_id: Mapped[str] = mapped_column(index=True)
    at: Mapped[int]
    by: Mapped[str]
    accepted_by: Mapped[str]
    open_points: Mapped[dict[str, str]] = mapped_column(JSON)
    note: Mapped[str]


class FaultJob(Base):
    """A fault of a device as a job (工单), named by the alert that opened it; over when proven by a message."""

    __tablename__ = "fault_job"
    alert_id: Mapped[str] = mapped_column(primary_key=True)
    device_id: Mapped[str]
    place_id: Mapped[str]
    device_kind: Mapped[str]
    rule: Mapped[str]
    opened_at: Mapped[int] = mapped_column(index=True)
    owner: Mapped[str] = mapped_column(default="")
    owned_at: Mapped[int | None]
    substitute: Mapped[str] = mapped_column(default="")  # what stands in for the device meanwhile
    substitute_at: Mapped[int | None]
    substitute_by: Mapped[str] = mapped_column(default="")
    fixed: Mapped[str] = mapped_column(default="")  # what was done
    fixed_at: Mapped[int | None]
    fixed_by: Mapped[str] = mapped_column(default="")
    proven_at: Mapped[int | None]  # heard well again; the job is over

    __table_args__ = (Index("fault_job_device", "device_id", "opened_at"),)


ERASED_PLACE = "erased-"  # how the pseudonym of a home begins


class Erasure(Base):
    """A resident's record that was erased; hub time. What stays of it in ``alert`` is under ``pseudonym``.

    Until ``done_at``: of which home, its devices and alerts, which parts are ``done``, and the journal's ``position`` behind
    which nothing of it stands. Then those are emptied: nothing leads from the pseudonym back to the home.
    """

    __tablename__ = "erasure"
    id: Mapped[str] = mapped_column(primary_key=True)  # of the command
    pseudonym: Mapped[str] = mapped_column(unique=True)
    path: Mapped[str]  # where in the tree of places the home was
    at: Mapped[int]
    by: Mapped[str]
    place_id: Mapped[str] = mapped_column(default="")
    names: Mapped[list[str]] = mapped_column(JSON)  # ids of its devices and, as they were, of its alerts
    devices: Mapped[list[str]] = mapped_column(JSON)
    done: Mapped[list[str]] = mapped_column(JSON)
    position: Mapped[int | None]
    done_at: Mapped[int | None]


class Visit(Base):
    """A visit record (探访记录): somebody was there, and said so; with the close of an alert, or by itself (``alert_id`` None).

    Struck out (``struck_at``) it no longer counts, and stays to be read. After an erasure ``place_id`` is the pseudonym.
    """

    __tablename__ = "visit"
    id: Mapped[str] = mapped_column(primary_key=True)  # of the command that wrote it
    alert_id: Mapped[str | None] = mapped_column(index=True)
    place_id: Mapped[str]
    path: Mapped[str]  # where in the tree of places it was then
    at: Mapped[int]
    by: Mapped[str]
    kind: Mapped[str]  # close | home
    note: Mapped[str]
    struck_at: Mapped[int | None]
    struck_by: Mapped[str] = mapped_column(default="")
    struck_why: Mapped[str] = mapped_column(default="")

    __table_args__ = (Index("visit_at", "at", "id"), Index("visit_place", "place_id", "at"))


class DenominatorEntry(Base):
    """What an indicator is divided by, as somebody entered it; the last one for (indicator, at) holds, ``value`` None: none."""

    __tablename__ = "denominator"
    id: Mapped[int] = mapped_column(primary_key=True)
    indicator: Mapped[str]
    at: Mapped[str]  # a path of the tree of places, '' the whole
    value: Mapped[int | None]
    source: Mapped[str]
    as_of: Mapped[str]  # YYYY-MM-DD
    by: Mapped[str]
    set_at: Mapped[int]

    __table_args__ = (Index("denominator_at", "at", "indicator", "id"),)


class FiledReport(Base):
    """A report that was made to be handed in: of what, over which period, from data up to ``until``; its files by digest."""

    __tablename__ = "filed_report"
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    period: Mapped[str]
    at: Mapped[str]  # a path of the tree of places
    facility: Mapped[str]  # of a facility's report, its id
    subject: Mapped[str]
    language: Mapped[str]
    until: Mapped[int]  # the hub's time when it was made: nothing later was known
    state: Mapped[str]  # made | checked | handed_in | returned
    version: Mapped[int]
    document: Mapped[str]  # digest of the document itself
    files: Mapped[dict[str, str]] = mapped_column(JSON)  # digest by file name

    __table_args__ = (
        Index("filed_report_of", "at", "kind", "period"),
        Index("filed_report_until", "until", "id"),
    )


class ReportSignature(Base):
    """A step of a report's way: made, checked, handed_in or returned, by whom, over which very files."""

    __tablename__ = "report_signature"
    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[str] = mapped_column(ForeignKey("filed_report.id", ondelete="CASCADE"), index=True)
    step: Mapped[str]
    at: Mapped[int]
    by: Mapped[str]
    by_id: Mapped[int]  # of the account, 0 the hub itself
    files: Mapped[dict[str, str]] = mapped_column(JSON)
    note: Mapped[str]


class ReportSchedule(Base):
    """A report that the hub makes by itself: each day or month, at an hour of the hub's zone; in force until ``ended_at``."""

    __tablename__ = "report_schedule"
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    every: Mapped[str]  # day | month
    day: Mapped[int]  # of the month, 1 to 28; 0 where it is daily
    hour: Mapped[int]
    at: Mapped[str]
    facility: Mapped[str]
    subject: Mapped[str]
    formats: Mapped[list[str]] = mapped_column(JSON)
    language: Mapped[str]
    channel: Mapped[str]  # '' where nobody is told outside
    person: Mapped[str]  # whom, where the channel reaches one at a time
    since: Mapped[int]
    by: Mapped[str]
    ended_at: Mapped[int | None]
    ended_by: Mapped[str] = mapped_column(default="")


class ReportRun(Base):
    """What became of a schedule's period: the report that was made, or why not yet; whether the note went out."""

    __tablename__ = "report_run"
    schedule_id: Mapped[str] = mapped_column(
        ForeignKey("report_schedule.id", ondelete="CASCADE"), primary_key=True
    )
    period: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[int]
    report_id: Mapped[str]  # '' while it could not be made
    tries: Mapped[int]
    error: Mapped[str]
    noted: Mapped[str]  # '' not told, or what became of it: sent, delivered, failed


class ReportForm(Base):
    """An office's own form: the file by its digest, and which figure goes into which cell (``Sheet!B3``)."""

    __tablename__ = "report_form"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    daily: Mapped[bool]
    at: Mapped[str]
    facility: Mapped[str]
    subject: Mapped[str]
    file: Mapped[str]
    mapping: Mapped[dict[str, str]] = mapped_column(JSON)
    version: Mapped[int]
    made_at: Mapped[int]
    by: Mapped[str]
    mapped_at: Mapped[int | None]
    mapped_by: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[int | None]
    ended_by: Mapped[str] = mapped_column(default="")


class Community(Base):
    """What people have brought of a community (区/街道/社区): where it lies, and seats that are in no facility."""

    __tablename__ = "community"
    path: Mapped[str] = mapped_column(primary_key=True)
    geometry: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # GeoJSON, WGS-84
    seats: Mapped[int | None]
    set_at: Mapped[int]  # hub time
    set_by: Mapped[str]


class FacilityRoom(Base):
    """A room of a facility as people have entered it: its area, and what it is for (gateway.occupancy.zones.PURPOSES)."""

    __tablename__ = "facility_room"
    place_id: Mapped[str] = mapped_column(ForeignKey("place.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    area_m2: Mapped[float | None] = mapped_column(REAL)
    purpose: Mapped[str] = mapped_column(default="")
    set_at: Mapped[int]
    set_by: Mapped[str]
