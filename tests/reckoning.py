"""The reckoning after a fault: what the broker acknowledged to the sender, against what the hub kept, raised and told.

Every fault test ends here. The sender's own ledger (``ledger_publisher``) is compared message by message and value by value
with the store and the quarantine; alerts are compared with what the ledger says must come, with what a hub says that heard
the same and was left in peace (``twin``), and with what reached the receiver.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from hub_process import SECRET, HubProcess, a_hub
from ledger_publisher import Identity, Publisher
from parts import Broker, wait_until
from receiver import Receiver, signed
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.operations.database import open_to_read
from gateway.operations.tables import Alert
from gateway.store.duckdb import DuckDBStore
from gateway.store.readings import Query, Store
from rules.effects import alert_id

EVERYTHING = Query(from_ms=0, to_ms=1 << 43, limit=10_000_000)
IDENTITY = re.compile(r'"boot": ?"([^"]*)", ?"seq": ?(\d+)')
Values = dict[str, float | str]


@contextmanager
def twin(folder: Path, broker: Broker, **as_the_other: Any) -> Iterator[HubProcess]:  # noqa: ANN401 as a_hub takes them
    """A second hub on the same broker, with the same registry and rules, which no fault touches."""
    mqtt = as_the_other.pop("mqtt", "") + '\nclient_id = "carehub-twin"'
    with a_hub(folder / "twin", broker, mqtt=mqtt, **as_the_other) as hub:
        yield hub


def drained(hub: HubProcess, publisher: Publisher, device: str = "H0001-sos", within_s: float = 60.0) -> None:
    """Wait until everything said until now was read, judged and stored; ``device`` says one more thing for it."""
    _, _, seq = publisher.telemetry(device, battery=77)
    publisher.settled()
    last = partial(hub.readings, device, "battery", 1)
    wait_until(
        lambda: any((row["boot"], row["seq"]) == (publisher.boot, seq) for row in last()),
        within_s=within_s,
        what="the last message stored",
    )
    wait_until(hub.has_drained, within_s=within_s, what="the store having everything")


# what came of it


def stored(store: Store) -> dict[Identity, Counter[tuple[str, float | str]]]:
    """What the store holds of each message that has a number: metric and value, and how often."""
    found: dict[Identity, Counter[tuple[str, float | str]]] = {}
    for row in store.read(EVERYTHING):
        if row.boot:
            value = row.text if row.text is not None and not row.metric.startswith("event.") else row.value
            found.setdefault((row.device, row.boot, row.seq or 0), Counter())[row.metric, value] += 1
    return found


def quarantined(hub: HubProcess) -> set[Identity]:
    """The numbered messages that were set aside for good (not those that were mended); while the hub runs."""
    found: set[Identity] = set()
    for message in hub.quarantine():
        named = IDENTITY.search(message["payload"])
        if named and not message["reason"].endswith("(repaired)"):
            found.add((message["topic"].split("/")[3], named[1], int(named[2])))
    return found


def raised(hub: HubProcess) -> list[Alert]:
    """Every alert in the hub's own table."""
    engine = open_to_read(hub.data / "operations.sqlite")
    with Session(engine, expire_on_commit=False) as session:
        found = list(session.scalars(select(Alert)))
    engine.dispose()
    return found


def told(receiver: Receiver) -> dict[str, str]:
    """Message id → alert of everything that came whole, signatures checked: at least once, so by id."""
    with receiver.lock:
        whole = [r for r in receiver.requests if len(r.body) == int(r.headers["content-length"])]
    assert all(signed(request, SECRET) for request in whole)  # the others: cut off amid the sending
    found: dict[str, str] = {}
    for request in whole:
        alert = request.json["alert"]["id"]
        assert found.setdefault(request.id, alert) == alert, f"{request.id} has stood for two alerts"
    return found


def falls_of(publisher: Publisher) -> set[str]:
    """The alert that each acknowledged fall must have become, by its id."""
    return {
        alert_id("fall", device.split("-")[0], device, f"{device}-{boot}-{seq}")
        for device, boot, seq in publisher.falls & publisher.acknowledged
    }


# the reckoning


def reckon_readings(publisher: Publisher, store: Store, *, aside: Iterable[Identity] = ()) -> int:
    """Every acknowledged message is in the store once with its values, or set aside; nothing else is. Gives their number."""
    held, put_aside = stored(store), set(aside)
    wrong = {
        identity: (publisher.said[identity], held.get(identity))
        for identity in publisher.acknowledged - put_aside
        if held.get(identity) != Counter(publisher.said[identity].items())
    }
    few = dict(sorted(wrong.items())[:20])
    assert not wrong, (
        f"{len(wrong)} of {len(publisher.acknowledged)}: what was said, and what is stored: {few}"
    )
    extra = {
        identity
        for identity, values in held.items()
        if identity not in publisher.acknowledged
        and values != Counter(publisher.said.get(identity, {}).items())
    }
    assert extra == set(), "stored and never said, or more than once"
    assert put_aside & held.keys() == set(), "set aside and stored as well"
    return len(publisher.acknowledged)


def reckon_alerts(
    publisher: Publisher,
    hub: HubProcess,
    *,
    undisturbed: HubProcess | None = None,
    receiver: Receiver | None = None,
    owed: Iterable[str] = (),
    until: int = 1 << 60,
) -> int:
    """Each fall once, nothing made up until then; the same as the hub that was left in peace; each told under one id.

    ``owed`` are alerts other than of falls that had to come, by id; what came true after ``until`` is no fault's.
    Both hubs have ended. Gives the number of alerts.
    """
    alerts = raised(hub)
    found = _of(alerts, until)
    assert len(found) == len({alert.number for alert in alerts if alert.active_at <= until})
    falls = falls_of(publisher)
    assert {name for name, rule in found.items() if rule == "fall"} == falls
    if undisturbed is None:
        others = {name for name, rule in found.items() if rule != "fall"}
        made_up = [_in_words(alert) for alert in alerts if alert.id in others - set(owed)]
        assert made_up == [], "raised by the fault"
    else:
        peaceful = _of(raised(undisturbed), until)
        made_up = [_in_words(alert) for alert in alerts if alert.id in found.keys() - peaceful.keys()]
        missed = [_in_words(a) for a in raised(undisturbed) if a.id in peaceful.keys() - found.keys()]
        assert (made_up, missed) == ([], []), (
            f"made up {made_up}, missed {missed}, beside the undisturbed hub"
        )
    if receiver is not None:
        messages = told(receiver)
        assert set(found) <= set(messages.values()), "raised and not told"
        assert len(messages) == len(set(messages.values())), "an alert was told under two ids"
    return len(found)


def _of(alerts: list[Alert], until: int) -> dict[str, str]:
    return {alert.id: alert.rule for alert in alerts if alert.active_at <= until}


def _in_words(alert: Alert) -> str:
    return f"{alert.rule} of {alert.device_id or alert.place_id}, true at {alert.active_at}, raised at {alert.raised_at}"


def reckon(
    publisher: Publisher,
    hub: HubProcess,
    *,
    undisturbed: HubProcess | None = None,
    receiver: Receiver | None = None,
    open_store: Callable[[], Store] | None = None,
    owed: Iterable[str] = (),
    until: int = 1 << 60,
) -> None:
    """Wait until all is done, end the hubs, and hold everything against the ledger."""
    for each in (hub, *([undisturbed] if undisturbed else ())):
        drained(each, publisher)
    if receiver is not None:
        due = falls_of(publisher) | _of(raised(hub), until).keys()
        wait_until(lambda: due <= set(told(receiver).values()), within_s=90, what="all being told")
    aside = quarantined(hub)
    hub.stop()
    if undisturbed is not None:
        undisturbed.stop()
    store = open_store() if open_store else DuckDBStore(hub.data / "readings.duckdb")
    try:
        messages = reckon_readings(publisher, store, aside=aside)
    finally:
        store.close()
    alerts = reckon_alerts(publisher, hub, undisturbed=undisturbed, receiver=receiver, owed=owed, until=until)
    print(f"reckoned: {messages} messages, {len(aside)} of them set aside, {alerts} alerts")  # noqa: T201 a figure of the run
