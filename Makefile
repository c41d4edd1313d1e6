# make book [PROFILE=paper DATA=DIR] | make test | make lab | make clean
# Each sets up .venv from requirements.lock first; nothing is installed outside it.
PROFILE ?= demo
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .venv/bin

FIND_PYTHON = for name in python3.11 python3 python; do \
	if $$name -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' >/dev/null 2>&1; then command -v $$name; break; fi; done

.PHONY: help book test lab clean

help:
	@echo "make book                          the demo report, in _build/html/index.html"
	@echo "make book PROFILE=paper DATA=DIR   the same on the 44 telemetry nights, fetched into DIR if they are not there"
	@echo "make test                          every test"
	@echo "make lab                           JupyterLab on notebooks/"
	@echo "make clean                         remove _build/ and artifacts/"

.venv/.ready: requirements.lock pyproject.toml
	@python=$$($(FIND_PYTHON)); if [ -z "$$python" ]; then \
	echo "Python 3.11 was not found: install it (apt install python3.11, brew install python@3.11, pyenv install 3.11) or use conda env create -f environment.yml" >&2; exit 2; fi; \
	echo "Setting up .venv (a few minutes, once)" && \
	"$$python" -m venv .venv && \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock && \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . && \
	touch $@

book: .venv/.ready
	@$(BIN)/python -m helpers run --profile $(PROFILE) $(if $(DATA),--data "$(DATA)") $(if $(COHORT),--cohort "$(COHORT)")

test: .venv/.ready
	@$(BIN)/python -m pytest

lab: .venv/.ready
	@$(BIN)/jupyter lab --notebook-dir=notebooks

clean:
	rm -rf _build artifacts
