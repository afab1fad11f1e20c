# The one command surface, for people and CI alike. `make` lists the targets.

PYTHON ?= python3
STACK  ?= dev

PULUMI := .venv/bin/pulumi
VENV   := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup doctor up preview down passphrase images lessons lesson test verify-all test-current lint unit bench rollout-bench faults golden lock clean-cache
MAKEFLAGS += --no-print-directory

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  Settings: STACK=dev|staging|prod (now: $(STACK)), PYTHON=python3.11 (now: $(PYTHON))"

setup: ## install what is missing: Python environment, Pulumi, stacks, Docker engine, base images
	@$(PYTHON) -m toolchain setup

doctor: ## show what was found, and what to do for what is missing
	@$(PYTHON) -m toolchain doctor

up: setup ## preview and deploy STACK, then print its address
	$(PULUMI) up --yes --stack $(STACK)
	@$(PYTHON) -m toolchain address $(STACK)

preview: setup ## show what `make up` would change
	$(PULUMI) preview --stack $(STACK)

down: setup ## remove STACK from the engine; its volumes stay (VOLUMES=remove takes them too)
	@.venv/bin/causeway down --yes $(if $(filter remove,$(VOLUMES)),--volumes) --stack $(STACK)
	@echo "Stack $(STACK) is removed. What remains: its empty record in .pulumi-state, and base images$(if $(filter remove,$(VOLUMES)),, and volumes with data)."

passphrase: ## give STACK a passphrase of its own, for secrets
	@$(PYTHON) -m toolchain passphrase $(STACK)

lessons: tools ## list the lessons on Docker networks
	@$(VENV) -m cli.lesson

images: setup ## where no registry answers: stand-ins for all images, also those of the lessons
	@test ! -f causeway.local.yaml || $(PYTHON) -m toolchain images > /dev/null

lesson: setup ## deploy lesson N on a stack of its own, show expected and seen, clean up
	@test ! -f causeway.local.yaml || $(PYTHON) -m toolchain images debian:12-slim > /dev/null
	@$(VENV) -m cli.lesson $(N)

test: tools lint unit ## lint, types and all tests; they start engines of their own
	$(VENV) -m pytest -m engine

verify-all: tools ## try every cell of the isolation stack, and 42 changes to a living one, on two engines
	CAUSEWAY_LIVE=all $(VENV) -m pytest tests/live

test-current: tools ## the engine's tests on a current Docker engine instead of Debian's
	$(VENV) -m pytest -m engine tests/engine tests/provider --engine current

lint: environment ## ruff and mypy --strict
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

unit: environment ## the tests that need no engine, no browser and no root
	$(VENV) -m pytest -m "not engine" -n auto --dist loadfile

faults: tools ## 100 kills of pulumi and 20 engine restarts at random moments (40 minutes)
	$(VENV) -m bench.faults

bench: tools ## measure against the raw API and docker-compose; writes docs/benchmark.*
	$(VENV) -m bench

rollout-bench: tools ## count lost requests during changes, beside docker-compose; writes docs/rollout.*
	$(VENV) -m bench.rollout

golden: environment ## rewrite the expected texts of the tests; review them as a diff
	CAUSEWAY_GOLDEN=rewrite $(VENV) -m pytest -k golden

lock: ## resolve requirements*.in anew into the hash-locked requirements*.txt
	@$(PYTHON) -m toolchain lock

clean-cache: ## remove the built CLI and base images from the user's cache
	@$(PYTHON) -m toolchain clean

.PHONY: environment tools
environment:
	@$(PYTHON) -m toolchain environment

tools:
	@$(PYTHON) -m toolchain setup --for-tests
