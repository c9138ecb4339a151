"""The shell: MQTT in, journal, stores, alerts, channels, HTTP API, console, commands."""
