"""Settings: every mistake is named with its file, line and remedy; the environment comes first; secrets stay secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.settings import SettingsError, load_settings

CHANNEL = '[[channels]]\nname = "station"\nkind = "webhook"\nurl = "http://127.0.0.1:1/"\n'

MISTAKES = [
    ("[mqtt]\nhots = 'x'\n", ":2: mqtt.hots: unknown setting; did you mean 'host'?"),
    ("[mqtt]\nzzzz = 1\n", ":2: mqtt.zzzz: unknown setting; known are: ca_file, client_id,"),
    ("# a word\n\n[mqqt]\nhost = 'x'\n", ":3: mqqt: unknown setting; did you mean 'mqtt'?"),
    ("[hub]\nzone = 'UTC'\n[my-section]\nx = 1\n", ":3: my-section: unknown setting"),
    ("[mqtt]\nhost = 'x'\nport = 0\n", ":3: mqtt.port: Input should be greater than or equal to 1"),
    ("[mqtt]\nport = 'many'\n", ":2: mqtt.port: "),
    ("[mqtt]\nprotocol = '4'\n", ":2: mqtt.protocol: Input should be '5' or '3.1.1'"),
    ("[mqtt]\nclient_id = 'a/b'\n", ":2: mqtt.client_id: "),
    ("[mqtt]\ntls = true\nca_file = '/nowhere/ca.pem'\n", ":3: mqtt.ca_file: Value error, there is no file"),
    ("[hub]\nzone = 'Asia/Shenzhen'\n", ":2: hub.zone: Value error, 'Asia/Shenzhen' is no time zone"),
    ("[hub]\nzone = 'Asia'\n", ":2: hub.zone: Value error, 'Asia' is no time zone"),
    ("[hub]\nzone = ''\n", ":2: hub.zone: Value error, '' is no time zone"),
    ("[hub]\nlanguage = 'fr'\n", ":2: hub.language: "),
    ("[hub]\ncalendar = 'us'\n", ":2: hub.calendar: Input should be 'cn' or 'none'"),
    ("[store]\nkind = 'sqlite'\n", ":2: store.kind: "),
    ("[http]\nport = 70000\n", ":2: http.port: "),
    (CHANNEL + '[[channels]]\nname = "b"\nkind = "pigeon"\nurl = "x"\n', ":7: channels.1.kind: "),
    (CHANNEL + '[[channels]]\nname = "b"\n', ":5: channels.1.kind: Field required"),
    (
        CHANNEL + 'secret = "env:NOT_THERE_AT_ALL"\n',
        ":5: channels.0.secret: Value error, the environment has no",
    ),
    ("[[ladder]]\nafter_s = -1\nchannels = []\n", ":2: ladder.0.after_s: "),
    ("[targets]\naccept_share = 97.5\n", ":2: targets.accept_share: Input should be less than or equal to 1"),
    ("[targets]\non_site_s = 0\n", ":2: targets.on_site_s: "),
    ("mqtt.port = 0\n", ":1: mqtt.port: "),
    ("mqtt = { port = 0 }\n", ":1: mqtt.port: "),
    ("[mqtt\n", ":1: "),
    ("[mqtt]\nhost = \n", ":2: "),
    ("[mqtt]\nhost = 'x", ":2: "),
    ("[mqtt]\nhost = 'x'\nhost = 'y'\n", ":3: Cannot overwrite a value"),
]


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os  # noqa: PLC0415 only this fixture looks at it

    for name in [name for name in os.environ if name.startswith("CAREHUB_")]:
        monkeypatch.delenv(name)


def written(folder: Path, text: str) -> Path:
    path = folder / "carehub.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("text", "word"), MISTAKES)
def test_a_mistake_is_named_with_file_and_line(tmp_path: Path, text: str, word: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SettingsError) as told:
        load_settings(path)
    assert str(told.value).startswith(f"{path}{word}"), told.value


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as told:
        load_settings(written(tmp_path, "[mqtt]\nhots = 'x'\nport = 0\n[hub]\nzone = 'Mars'\n"))
    assert sorted(line.split(":")[1] for line in str(told.value).splitlines()) == ["2", "3", "5"]


def test_a_missing_and_an_unreadable_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(
        SettingsError, match=r"nowhere\.toml: No such file or directory; give the settings file"
    ):
        load_settings(tmp_path / "nowhere.toml")
    with pytest.raises(SettingsError, match="Is a directory"):
        load_settings(tmp_path)
    path = tmp_path / "carehub.toml"
    path.write_bytes(b"[hub]\nzone = '\xff'\n")
    with pytest.raises(SettingsError, match=r"carehub\.toml:2: not UTF-8"):
        load_settings(path)


def test_the_environment_comes_before_the_file_and_leaves_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAREHUB_MQTT__HOST", "broker.lan")
    monkeypatch.setenv("CAREHUB_HTTP__TOKEN", "t0k3n")
    settings = load_settings(written(tmp_path, "[mqtt]\nhost = 'file'\nport = 1884\n[http]\nport = 9000\n"))
    assert (settings.mqtt.host, settings.mqtt.port) == ("broker.lan", 1884)
    assert (settings.http.port, settings.http.token.get_secret_value()) == (9000, "t0k3n")


def test_a_mistake_in_the_environment_is_not_blamed_on_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "[mqtt]\nport = 1883\n")
    monkeypatch.setenv("CAREHUB_MQTT__PORT", "many")
    with pytest.raises(SettingsError, match=r"^CAREHUB_MQTT__PORT: mqtt\.port: "):
        load_settings(path)
    monkeypatch.delenv("CAREHUB_MQTT__PORT")
    monkeypatch.setenv("CAREHUB_HTTP__TOKN", "x")
    with pytest.raises(SettingsError, match=r"^CAREHUB_HTTP__TOKN: http\.tokn: .*did you mean 'token'"):
        load_settings(path)


def test_a_list_in_the_environment_that_is_no_json_is_told_without_its_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CAREHUB_CHANNELS", "[s3cret")
    with pytest.raises(SettingsError, match=r"environment: .*channels.*JSON") as told:
        load_settings(None)
    assert "s3cret" not in str(told.value)


def test_a_secret_is_read_from_the_variable_it_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATION_SECRET", "0pen-sesame")
    settings = load_settings(written(tmp_path, CHANNEL + 'secret = "env:STATION_SECRET"\n'))
    assert settings.channels[0].secret.get_secret_value() == "0pen-sesame"


def test_secrets_show_in_no_word_about_the_settings(tmp_path: Path) -> None:
    text = (
        "[mqtt]\npassword = 's3cret'\n[store]\ntoken = 's3cret'\n[http]\ntoken = 's3cret'\n"
        + CHANNEL.replace("http://127.0.0.1:1/", "https://hook/s3cret")
        + "secret = 's3cret'\n"
    )
    settings = load_settings(written(tmp_path, text))
    assert "s3cret" not in repr(settings) + str(settings)
    with pytest.raises(SettingsError) as told:
        load_settings(written(tmp_path, text.replace("password = 's3cret'", "password = ['s3cret']")))
    assert "s3cret" not in str(told.value)
    assert "s3cret" not in str(told.value.__context__ if told.value.__suppress_context__ is False else "")


def test_without_file_and_environment_the_hub_keeps_to_itself() -> None:
    settings = load_settings(None)
    assert (settings.http.host, settings.mqtt.host, settings.store.kind) == (
        "127.0.0.1",
        "127.0.0.1",
        "duckdb",
    )
    assert not settings.simulation.enabled
