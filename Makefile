# Everything a person does here. `make` alone lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help

VENV := .venv
PY := $(VENV)/bin/python
FOLDERS := shared services/registry services/referrals services/notifications
LOCKED := requirements/dev.txt
SOURCES := $(FOLDERS) deploy docs requirements tests $(wildcard bench)
JOBS ?= 2
SBOM ?= dist/ihala.cdx.json

# The first Python 3.11 or newer that can make a virtual environment; PYTHON=… chooses another.
FIND_PYTHON := for p in python3.11 python3.12 python3.13 python3.14 python3; do \
	"$$p" -c "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))" >/dev/null 2>&1 \
	&& { echo "$$p"; break; }; done
PYTHON ?= $(shell $(FIND_PYTHON))

.PHONY: help .venv run up down test test-kills test-faults test-kafka test-compose test-cluster lint format docs bench sbom audit lock clean

help: ## List what can be done
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) \
		| awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/.ready: $(LOCKED) $(FOLDERS:%=%/pyproject.toml)
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with venv is needed:" \
		"make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Installing $(LOCKED) into $(VENV) …"
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCKED)
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
		$(FOLDERS:%=-e ./%)
	@touch $@

.venv: $(VENV)/.ready

run: $(VENV)/.ready ## Start everything, perform the main job, stay up until Ctrl-C
	@PYTHONPATH=deploy/local $(PY) -m ihala_local run

up: $(VENV)/.ready ## Start everything in the background and write .run/stack.json
	@PYTHONPATH=deploy/local $(PY) -m ihala_local up

down: $(VENV)/.ready ## Stop what `make up` started; the data stay in .run/
	@PYTHONPATH=deploy/local $(PY) -m ihala_local down

test: $(VENV)/.ready ## All tests, on real parts that they start themselves (ARGS=… to pytest)
	@$(PY) -m pytest -n $(JOBS) --dist=loadgroup -m "not kills and not faults and not compose and not cluster and not kafka" $(ARGS)

test-kills: $(VENV)/.ready ## Kill processes at random while referrals are made (IHALA_KILL_SEED=…)
	@$(PY) -m pytest -m kills $(ARGS)

test-faults: $(VENV)/.ready ## Everything fails in every way for ten minutes (root; IHALA_FAULT_SEED=…)
	@$(PY) -m tests.faults.alone -m faults tests/faults $(ARGS)

test-kafka: $(VENV)/.ready ## The event library on Apache Kafka, one broker and three (Java 17, mvn)
	@IHALA_TEST_BROKER=kafka $(PY) -m pytest tests/shared/events tests/kafka \
		tests/faults/test_rolling.py $(ARGS)

test-compose: $(VENV)/.ready ## docker-compose.yml on an engine of its own, from scratch (root)
	@$(PY) -m pytest -m compose $(ARGS) tests/compose

test-cluster: $(VENV)/.ready ## deploy/cluster.yml, three of each, on such an engine (root, 16 GB)
	@$(PY) -m pytest -m cluster $(ARGS) tests/compose/growing

lint: $(VENV)/.ready ## ruff, mypy --strict, import rules, OpenAPI and AsyncAPI documents
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy $(SOURCES)
	@$(VENV)/bin/lint-imports
	@$(PY) -m pytest --quiet tests/contracts

format: $(VENV)/.ready ## Format the code and sort the imports
	@$(PY) -m ruff check --fix --select I .
	@$(PY) -m ruff format .

docs: $(VENV)/.ready ## Write docs/events/ from the contracts, and the page of settings
	@$(PY) docs/make_events.py
	@$(PY) docs/make_settings.py

bench: $(VENV)/.ready ## Both sides of each ratio, measured in one run
	@PYTHONPATH=deploy/local $(PY) -m bench $(ARGS)

sbom: $(VENV)/.ready ## What the services are made of, from the lock: dist/ihala.cdx.json (CycloneDX)
	@mkdir -p $(dir $(SBOM))
	@$(VENV)/bin/cyclonedx-py requirements --pyproject shared/pyproject.toml --output-reproducible \
		--output-file $(SBOM) requirements/runtime.txt
	@echo "$(SBOM)"

audit: $(VENV)/.ready ## Ask PyPI, else OSV, whether anything in the locks is known to be vulnerable
	@$(PY) requirements/audit.py

lock: $(VENV)/.ready ## Resolve requirements/*.in into pinned, hashed locks (ARGS=--upgrade)
	@cd requirements && for name in runtime build dev; do CUSTOM_COMPILE_COMMAND="make lock" \
		../$(VENV)/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
		$(ARGS) --output-file $$name.txt $$name.in || exit 1; done

clean: ## Remove what was made here, with the data of .run/
	@if [ -x $(PY) ] && [ -e .run/stack.pid ]; then $(MAKE) --no-print-directory down; fi
	@rm -rf $(VENV) .run .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
