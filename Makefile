# make demo · make test (WORKERS=3) · make check · make bench (BENCH=latency, BENCH=all) · make test-deep; options for the command in ARGS="…".
# Needs Python 3.11 or newer, make and git; everything else goes into .venv.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
WORKERS ?= 3
BENCH ?= ingest

# BENCH=all is a look at everything in about five minutes; a bench by its own name is its whole self.
BENCHES := ingest latency recover rules store soak
SHORT_ingest := --messages 200000 --no-peers
SHORT_latency := --devices 10000 --rate 2000 --falls 100 --for 20s
SHORT_recover := --devices 5000 --hours 0.5
SHORT_rules := --homes 200 --hours 2
SHORT_store := --rows 300000
SHORT_soak := --minutes 1.2 --devices 5000 --rate 1000

.PHONY: demo test test-deep check bench format screenshots clean

demo: $(VENV)/.ready
	@$(BIN)/carehub demo $(ARGS)

test: $(VENV)/.ready-dev .real-parts
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal $(ARGS)

# One at a time and on the disk: some of it holds figures of a machine with nothing else to do.
test-deep: $(VENV)/.ready-dev .real-parts
	@CAREHUB_DEEP=1 $(BIN)/pytest $(ARGS)

check: $(VENV)/.ready-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/.ready .real-parts
	@$(foreach name,$(if $(filter all,$(BENCH)),$(BENCHES),$(BENCH)),echo "bench $(name)" >&2; \
		$(BIN)/carehub bench $(name) $(if $(filter all,$(BENCH)),$(SHORT_$(name))) $(ARGS) || exit $$?;)

format: $(VENV)/.ready-dev
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

screenshots: $(VENV)/.ready-dev .real-parts
	@$(BIN)/python docs/screenshots.py

clean:
	rm -rf $(VENV) .real-parts

$(VENV)/.ready: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or say make PYTHON=/path/to/python3"; exit 2; }
	@echo "setting up $(VENV) (once) …" >&2
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e . >&2
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready
	@echo "adding what the tests need (once) …" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]' >&2
	@touch $@

# Real brokers, databases and browsers for the tests, where they may be installed; the suite says what was missing.
.real-parts: deploy/test-parts.sh
	@sh deploy/test-parts.sh
	@touch $@
