# The commands of this repository. Everything is installed into .venv; nothing else on the machine is touched.
#
#   make demo      a month of real trade, from a simulated Cin7 Core to a simulated Xero   (ARGS="--once --json" or --review)
#                  or to a simulated QuickBooks Desktop                                    (ARGS="--quickbooks")
#   make test      everything that is checked: style, types, and all tests on SQLite and PostgreSQL
#   make lint      style and types alone
#   make pytest    the tests alone                                                          (ARGS="tests/test_store.py")
#   make bench     the benchmarks
#   make screenshots  the pictures of docs/pictures, taken of the demo's pages
#   make clean     remove what these commands made
#
# PYTHON chooses another interpreter (3.11 or newer) for .venv: make test PYTHON=python3.12

PYTHON ?=
ARGS ?=
VENV := .venv
RUN := $(VENV)/bin/python
STAMP := $(VENV)/installed
SETUPS := $(wildcard setup.cfg plugins/*/setup.cfg simulators/*/setup.cfg demo/setup.cfg)
SHIPPED := hub plugins/cin7core/hub_cin7core plugins/qbdesktop/hub_qbdesktop plugins/xero/hub_xero demo/hub_demo
SOURCES := $(SHIPPED) simulators/cin7core/sim_cin7core simulators/qbdesktop/sim_qbdesktop simulators/xero/sim_xero $(wildcard bench)

.DEFAULT_GOAL := help
.PHONY: help install demo test lint pytest bench screenshots clean constraints

help:
	@sed -n 's/^# \{0,1\}//p; /^$$/q' Makefile

install: $(STAMP)

# Progress goes to standard error, so that `make demo ARGS="--once --json"` prints nothing but JSON.
$(STAMP): requirements.txt constraints.txt $(SETUPS)
	@.ci/install "$(VENV)" $(PYTHON) >&2
	@touch "$(STAMP)"

# The demo hears Ctrl-C and ends in order; make would complain of the shell between them if that died of it. The shell must
# not ignore it either: what it ignores, the demo ignores as long as it is being loaded.
demo: $(STAMP)
	@trap : INT; "$(RUN)" -m hub_demo $(ARGS)

test: $(STAMP)
	@$(MAKE) --no-print-directory --keep-going lint pytest

# Each folder of tests is checked by itself: several of them have a conftest.py.
lint: $(STAMP)
	"$(RUN)" -m ruff check .
	"$(RUN)" -m ruff format --check .
	"$(RUN)" -m mypy $(SOURCES)
	"$(RUN)" -m bandit --quiet --recursive --configfile .bandit.yaml $(SHIPPED)
	@set -e; for folder in tests plugins/*/tests simulators/*/tests; do \
		echo "mypy $$folder"; "$(RUN)" -m mypy "$$folder"; \
	done

pytest: $(STAMP)
	"$(RUN)" -m pytest $(if $(ARGS),$(ARGS),-n 2 --dist worksteal)

bench: $(STAMP)
	"$(RUN)" -m bench $(ARGS)

screenshots: $(STAMP)
	PYTHONPATH=tests "$(RUN)" -m browser.screenshots $(ARGS)

clean:
	rm -rf "$(VENV)" demo-data demo-quickbooks demo-review .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find . -name '*.egg-info' -type d -prune -exec rm -rf {} +

constraints:
	@.ci/constraints "$(VENV)"
