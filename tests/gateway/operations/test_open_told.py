"""The number of open alerts that everybody may know: none of a community that is 1 to 4."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from gateway.alerts.own import HUB_PLACE
from gateway.operations.database import open_database
from gateway.operations.new_alert import write_new
from gateway.operations.open_told import open_told
from gateway.operations.tables import Alert, Place


def raises(engine: Engine, place: str, many: int, *, kind: str = "care", severity: str = "urgent") -> None:
    words = {"zh": "警情", "en": "Alert"}
    with Session(engine) as session, session.begin():
        for number in range(many):
            assert write_new(
                session,
                {
                    "id": f"{place}-{kind}-{severity}-{number}", "rule": "r", "kind": kind, "severity": severity,
                    "title": words, "why": words, "todo": {}, "evidence": {}, "place_id": place, "device_id": "", "room": "",
                    "active_at": 1, "raised_at": 1, "raised_wall_ms": 1,
                },
            )  # fmt: skip


def test_what_is_hidden_of_a_community_is_not_in_the_sum(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "operations.sqlite")
    with Session(engine) as session, session.begin():
        for place, path in (("H1", "区/街/甲/一村"), ("H2", "区/街/甲/二村"), ("H3", "区/街/乙/三村")):
            session.add(
                Place(id=place, kind="home", site="s", path=path, name="", address="", access_note="")
            )
    assert open_told(engine) == 0
    raises(engine, "H1", 3)
    raises(engine, "H3", 4)
    assert open_told(engine) == 0
    raises(engine, "H2", 2)  # five of one community
    assert open_told(engine) == 5
    raises(engine, "H1", 4, severity="critical")
    raises(engine, "H1", 4, kind="device", severity="urgent")
    assert open_told(engine) == 5
    raises(engine, HUB_PLACE, 1, kind="device", severity="notice")  # the hub's own is nobody's
    assert open_told(engine) == 6
    with Session(engine) as session, session.begin():
        for alert in session.query(Alert).where(Alert.place_id == "H2"):
            alert.state = "closed"
    assert open_told(engine) == 1
    engine.dispose()
