"""The HTTP API and the live console: FastAPI, Jinja2, server-sent events and plain ES modules."""
