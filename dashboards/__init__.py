"""Grafana dashboards as code: the queries they ask, the pages built from them, their JSON, the push to a Grafana."""
