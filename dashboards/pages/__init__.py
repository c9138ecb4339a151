"""One module for each dashboard; each needs grafana-foundation-sdk."""
