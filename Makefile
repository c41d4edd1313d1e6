# make book [PROFILE=paper DATA=DIR] | make test | make test-keras3 | make lint | make mutants | make lab | make publish [OWN_NIGHTS=1] | make clean
# Each sets up .venv from requirements.lock first (.venv-keras3 from its own); nothing is installed outside it.
PROFILE ?= demo
SHELL := /bin/bash
.DEFAULT_GOAL := help

# $(call python,3.13 3.12,names): the first of the names that runs as such a Python; pyenv leaves names that do not run.
python = $(shell for name in $(2); do \
	if $$name -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] not in "$(1)".split())' >/dev/null 2>&1; then command -v $$name; break; fi; done)

# iNNvestigate, the reference, needs Python 3.11; where there is none, all but the check against it runs on Keras 3.
PYTHON_311 := $(call python,3.11,.venv/bin/python python3.11 python3 python)
VENV := $(if $(PYTHON_311),.venv,.venv-keras3)

.PHONY: help book test test-keras3 lint mutants lab publish clean what-is-left-out

help:
	@echo "make book                          the demo report, in _build/html/index.html"
	@echo "make book PROFILE=paper DATA=DIR   the same on the 44 telemetry nights, fetched into DIR if they are not there"
	@echo "make test                          every test that needs neither the demo report nor minutes of its own"
	@echo "make test-keras3                   the tests of data, model and relevance, under Keras 3 on current TensorFlow"
	@echo "make lint                          ruff on the code and its tests"
	@echo "make mutants                       faults put into a copy of the code one at a time: which ones no test sees"
	@echo "make lab                           JupyterLab on notebooks/"
	@echo "make publish                       put the built book on the branch gh-pages of the git remote origin"
	@echo "make publish OWN_NIGHTS=1          the same where the book shows nights of your own, which become public"
	@echo "make clean                         remove _build/; results stay in artifacts/, which python -m helpers prune clears"

.venv/.ready: PYTHON = $(PYTHON_311)
.venv/.ready: requirements.lock
.venv-keras3/.ready: PYTHON = $(call python,3.13 3.12 3.11,.venv-keras3/bin/python python3.13 python3.12 python3 python python3.11)
.venv-keras3/.ready: requirements-keras3.lock
.venv/.ready .venv-keras3/.ready: pyproject.toml
	@python="$(PYTHON)"; if [ -z "$$python" ]; then \
	echo "Python 3.11 was not found, nor 3.12 or 3.13: install one (apt install python3.11, brew install python@3.11, pyenv install 3.11) or use conda env create -f environment.yml" >&2; exit 2; fi; \
	echo "Setting up $(@D) (a few minutes, once)" && \
	"$$python" -m venv $(@D) && \
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check -r $(filter %.lock,$^) && \
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . && \
	touch $@

what-is-left-out:
	@$(if $(PYTHON_311),,echo "Python 3.11 was not found: using Keras 3 in $(VENV), which leaves out the check against iNNvestigate" >&2)

book: $(VENV)/.ready what-is-left-out
	@$(VENV)/bin/python -m helpers run --profile $(PROFILE) $(if $(DATA),--data "$(DATA)") $(if $(COHORT),--cohort "$(COHORT)")

test: $(VENV)/.ready what-is-left-out
	@$(VENV)/bin/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

test-keras3: .venv-keras3/.ready
	@.venv-keras3/bin/python -m pytest -rs tests/data tests/model tests/relevance

lint: $(VENV)/.ready
	@$(VENV)/bin/ruff check --quiet

mutants: $(VENV)/.ready
	@$(VENV)/bin/python tests/mutants.py

lab: $(VENV)/.ready what-is-left-out
	@$(VENV)/bin/jupyter lab --ServerApp.root_dir="$(CURDIR)" --LabApp.default_url=/lab/tree/notebooks

publish: $(VENV)/.ready
	@$(VENV)/bin/python -m helpers publish $(if $(filter 1,$(OWN_NIGHTS)),--own-nights)

clean:
	rm -rf _build
