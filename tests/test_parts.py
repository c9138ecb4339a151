from parts import Broker, Influx, answers, listens


def test_a_broker_keeps_its_port_over_a_restart(mosquitto: Broker) -> None:
    mosquitto.stop()
    assert not listens(mosquitto.port)
    mosquitto.start()
    assert listens(mosquitto.port)


def test_influx_answers(influxd: Influx) -> None:
    assert answers(influxd.url + "/ping")
