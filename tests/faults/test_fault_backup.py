"""A backup of a hub at work, the hub killed, the backup put back: only what came after it is missing, nothing comes twice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from hub_process import HubProcess, a_hub, carehub, channel, ids
from ledger_publisher import Publisher, flowing
from parts import Broker, wait_until
from receiver import receiving

from gateway.store.duckdb import DuckDBStore
from gateway.store.readings import Query, Reading

HOMES = 5
ARCHIVED = "archive/2026-03/places-2026-03-05.parquet"


def stored(hub: HubProcess) -> set[tuple[str, str, int, str]]:
    """Every reading with a number of its own in the store of a hub that does not run."""
    found = [(row.device, row.boot, row.seq or 0, row.metric) for row in rows_of(hub) if row.boot]
    assert len(found) == len(set(found)), "a reading stands twice"
    return set(found)


def rows_of(hub: HubProcess) -> Sequence[Reading]:
    """All of its rows, what the network says of devices included."""
    store = DuckDBStore(hub.data / "readings.duckdb")
    rows = store.read(Query(from_ms=0, to_ms=1 << 53, limit=1 << 31))
    store.close()
    return rows


def test_a_backup_of_a_hub_at_work_brings_everything_back_but_what_came_after_it(
    mosquitto: Broker, tmp_path: Path
) -> None:
    backup = tmp_path / "today.tar"
    with (
        receiving() as receiver,
        a_hub(tmp_path, mosquitto, homes=HOMES, more=channel(receiver.url)) as hub,
        Publisher(mosquitto) as publisher,
    ):
        added = carehub("staff", "add", "李敏", "-c", hub.config, CAREHUB_PIN="7294")
        assert added.returncode == 0, added.stderr
        with flowing(publisher, homes=HOMES) as flow:
            wait_until(lambda: flow.has_come_to(420), within_s=30, what="something to back up")
            wait_until(lambda: len(hub.alerts()) >= 2, within_s=30, what="alerts")
            before = hub.alerts()
            archived = hub.data / ARCHIVED
            archived.parent.mkdir(parents=True)
            archived.write_bytes(b"a day of long ago")
            done = carehub("backup", "-c", hub.config, "-o", backup, "--json")
            assert done.returncode == 0, done.stderr
            made = json.loads(done.stdout)
            after = flow.said
            wait_until(lambda: flow.has_come_to(after + 200), within_s=30, what="what will be missing")
        assert made["positions"]["engine"] <= made["positions"]["journal"]
        assert made["positions"]["store"] <= made["positions"]["journal"]
        assert made["counts"]["devices"] == 5 * HOMES + 2
        assert "处 places" in done.stderr
        assert made["counts"]["archive_files"] == 1
        wait_until(hub.has_drained, within_s=30, what="the store having everything")
        wait_until(
            lambda: {r.json["alert"]["id"] for r in list(receiver.requests)} >= set(ids(hub.alerts())),
            within_s=30,
            what="every alert being told",
        )
        lived = {alert["id"]: alert for alert in hub.alerts()}
        told = {request.id for request in list(receiver.requests)}
        refused = carehub("restore", backup, "-c", hub.config)
        assert refused.returncode == 2
        assert "another hub is at work" in refused.stderr
        hub.kill()
        all_rows = stored(hub)
        done = carehub("restore", backup, "-c", hub.config, "--force", "--json")
        assert done.returncode == 0, done.stderr
        assert list(Path(json.loads(done.stdout)["moved_aside"]).glob("journal.sqlite"))
        assert archived.read_bytes() == b"a day of long ago"
        hub.start()
        wait_until(hub.has_drained, within_s=30, what="the store catching up with the journal")
        back = {alert["id"]: alert for alert in hub.alerts()}
        assert back.keys() >= set(ids(before)), "an alert of before the backup is missing"
        assert back.keys() <= lived.keys(), "an alert was made up"
        assert hub.get("/api/v1/session")["names"] == ["李敏"]
        assert len(hub.get("/api/v1/places", limit=100)["places"]) == HOMES + 2
        publisher.fall("H0002-pendant")
        publisher.settled()
        wait_until(lambda: len(hub.alerts()) > len(back), within_s=30, what="it working on")
        assert len({r.json["alert"]["id"] for r in receiver.requests if r.id not in told} - lived.keys()) == 1
        hub.stop()
        rows, count = stored(hub), len(rows_of(hub))
    assert rows <= all_rows | {row for row in rows if row[0] == "H0002-pendant"}
    assert count >= made["counts"]["readings"]


def test_a_backup_of_a_hub_that_does_not_run_comes_from_its_files(mosquitto: Broker, tmp_path: Path) -> None:
    with a_hub(tmp_path, mosquitto, homes=1) as hub:
        hub.stop()
        target = tmp_path / "backups" / "folder"
        done = carehub("backup", "-c", hub.config, "-o", target, "--without-archive", "--json")
        assert done.returncode == 0, done.stderr
        assert "without the archive: copy the folder" in done.stderr
        assert {f.name for f in target.iterdir()} == {"manifest.json", *json.loads(done.stdout)["files"]}
        assert [f.name for f in target.parent.iterdir()] == ["folder"], "nothing is left beside it"
        again = carehub("backup", "-c", hub.config, "-o", target)
        assert (again.returncode, "it is there already" in again.stderr) == (2, True)
        new = {"CAREHUB_HUB__DATA": str(tmp_path / "new")}
        done = carehub("restore", target, "-c", hub.config, **new)
        assert done.returncode == 0, done.stderr
        assert f"put your copy of it into {tmp_path / 'new' / 'archive'}" in done.stderr
        hub.environment = new
        hub.start()
        assert len(hub.get("/api/v1/places", limit=100)["places"]) == 3
        damaged = bytearray((target / "operations.sqlite").read_bytes())
        damaged[len(damaged) // 2] ^= 1
        (target / "operations.sqlite").write_bytes(damaged)
        other = {"CAREHUB_HUB__DATA": str(tmp_path / "other")}
        done = carehub("restore", target, "-c", hub.config, **other)
        assert done.returncode == 2
        assert "operations.sqlite is damaged" in done.stderr
