# The commands for people and CI alike. `make` lists the targets.

PYTHON ?= python3
STACK  ?= dev

PULUMI := .venv/bin/pulumi
VENV   := .venv/bin/python
# Each worker of the tests takes whole files, and starts engines of its own.
WORKERS := -n auto --maxprocesses 4 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help setup doctor up preview down passphrase images lessons lesson test verify-all test-current test-plain lint unit bench rollout-bench faults golden lock clean-cache
MAKEFLAGS += --no-print-directory

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  Settings: STACK=dev|staging|prod (now: $(STACK)), PYTHON=python3.11 (now: $(PYTHON))"

setup: ## install what is missing: Python environment, Pulumi, stacks, Docker engine, base images
	@$(PYTHON) -m toolchain setup

doctor: ## show what is installed, and how to install what is missing
	@$(PYTHON) -m toolchain doctor

up: setup ## preview and deploy STACK, then print its address
	$(PULUMI) up --yes --stack $(STACK)
	@$(PYTHON) -m toolchain address $(STACK)

preview: setup ## show what `make up` would change
	$(PULUMI) preview --stack $(STACK)

down: setup ## remove STACK from the engine; keep its volumes (VOLUMES=remove removes them too)
	@.venv/bin/causeway down --yes $(if $(filter remove,$(VOLUMES)),--volumes) --stack $(STACK)
	@echo "Stack $(STACK) is removed. Its empty state in .pulumi-state remains, and so do base images$(if $(filter remove,$(VOLUMES)),, and volumes with data)."

passphrase: ## give STACK its own passphrase, for secrets
	@$(PYTHON) -m toolchain passphrase $(STACK)

lessons: tools ## list the lessons on Docker networks
	@$(VENV) -m causeway.cli.lesson

images: setup ## if no registry can be reached: build stand-ins for all images, lessons included
	@test ! -f causeway.local.yaml || $(PYTHON) -m toolchain images > /dev/null

lesson: setup ## deploy lesson N on its own stack, show expected and actual results, clean up
	@test ! -f causeway.local.yaml || $(PYTHON) -m toolchain images debian:12-slim > /dev/null
	@$(VENV) -m causeway.cli.lesson $(N)

test: tools lint ## lint, type checks and all tests, which start their own engines
	$(VENV) -m pytest $(WORKERS)

verify-all: tools ## probe every cell of the isolation stack, and 42 changes to a running stack, on two engines
	CAUSEWAY_LIVE=all $(VENV) -m pytest tests/live

test-current: tools ## run the engine tests on a current Docker engine instead of Debian's
	$(VENV) -m pytest -m engine tests/engine tests/provider --engine current

test-plain: tools ## run the end-to-end tests with all shortcuts off (docs/profile.md)
	CAUSEWAY_SHORTCUTS=off $(VENV) -m pytest -m engine $(WORKERS) tests/end_to_end

lint: environment ## run ruff and mypy --strict
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

unit: environment ## the tests that need no engine, no browser and no root
	$(VENV) -m pytest -m "not engine" $(WORKERS)

faults: tools ## kill pulumi 100 times and restart the engine 20 times at random moments (40 minutes)
	$(VENV) -m bench.faults

bench: tools ## compare with the raw Engine API and docker-compose; write docs/benchmark.*
	$(VENV) -m bench

rollout-bench: tools ## count lost requests during changes, compared with docker-compose; write docs/rollout.*
	$(VENV) -m bench.rollout

golden: environment ## rewrite the expected texts of the tests; review them as a diff
	CAUSEWAY_GOLDEN=rewrite $(VENV) -m pytest -k golden

lock: ## resolve requirements*.in again into requirements*.txt, locked by hash
	@$(PYTHON) -m toolchain lock

clean-cache: ## remove the built Pulumi CLI and base images from the user's cache
	@$(PYTHON) -m toolchain clean

.PHONY: environment tools
environment:
	@$(PYTHON) -m toolchain environment

tools:
	@$(PYTHON) -m toolchain setup --for-tests
