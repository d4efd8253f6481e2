# Everything a newcomer needs: `make demo`, `make test`. Only Python 3.11 and make must be there (Maven is fetched for root).
PYTHON ?= python3.11
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help setup demo test check faults faults-sabotage faults-campaign bench flow texts lock clean-local

help: ## List these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 20

setup: .venv/.servers ## Make .venv from requirements.lock and fetch the servers; nothing to do when up to date

demo: setup ## Show the system at work on local servers
	@$(BIN)/dfdg demo

test: setup ## Run all tests, on servers of their own
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

check: setup ## Lint, format, types and the house rules
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/pytest tests/tidy

faults: setup ## Every failpoint and every scripted fault once, then random mixes: 20 minutes
	@$(BIN)/python -m tests.faults all --minutes 20

faults-sabotage: setup ## Break the code in one line at a time, and see each break caught by its test
	@$(BIN)/python -m tests.faults.sabotage

faults-campaign: setup ## Random faults, one line a run: make faults-campaign MINUTES=60 SEED=1
	@$(BIN)/python -m tests.faults campaign --minutes $(or $(MINUTES),60) --seed $(or $(SEED),1)

bench: setup ## Measure, against what else one would pick
	@$(BIN)/python -m bench

flow: setup ## Draw docs/flow.md from the code
	@$(BIN)/dfdg flow --into docs/flow.md

clean-local: setup ## Stop the local servers and delete their data (the fetched programs stay)
	@$(BIN)/python -c "from pathlib import Path; from infra.local import Stack; [Stack(file.parent).remove() for file in [*Path('.local').rglob('state.json')]]"

texts: setup ## Write docs/texts.md from schemas/texts/
	@$(BIN)/dfdg texts > docs/texts.md

lock: ## Write requirements.lock anew from pyproject.toml
	@tools=$$(mktemp -d) && trap 'rm -rf "$$tools"' EXIT && $(PYTHON) -m venv "$$tools" && \
	"$$tools/bin/python" -m pip install --quiet --disable-pip-version-check pip-tools && \
	CUSTOM_COMPILE_COMMAND="make lock" PIP_FIND_LINKS= "$$tools/bin/pip-compile" --quiet --generate-hashes --all-extras \
	  --all-build-deps --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links \
	  --output-file requirements.lock pyproject.toml

.venv/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing. Install Python 3.11 (Debian: apt-get install python3.11-venv)," \
	  "or say which one to take: make setup PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "$(PYTHON) is not Python 3.11, for which" \
	  "requirements.lock was made: say make setup PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "$(PYTHON) cannot make a virtual environment (Debian: apt-get install" \
	  "python3.11-venv)"; exit 1; }

.venv/.locked: requirements.lock | .venv/bin/python
	@echo "Installing Python packages ..."
	@$(PIP) --require-hashes -r requirements.lock
	@touch $@

.venv/.installed: pyproject.toml .venv/.locked
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

.venv/.servers: infra/local/pom.xml infra/local/fetch.py .venv/.installed
	@$(BIN)/python -c "from infra.local.fetch import main; main()"
	@touch $@
