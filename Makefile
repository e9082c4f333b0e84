# Two commands: `make demo` shows pxctl at work, `make test` passes the tests. Each makes its own environment.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.DEFAULT_GOAL := help
.PHONY: help demo test check bench soak extras clean

help: ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "pxctl needs Python 3.11 or newer; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { echo "making a virtual environment failed; on Debian: apt-get install python3-venv"; exit 2; }

$(VENV)/.demo: pyproject.toml constraints.txt | $(BIN)/python
	@echo "setting up $(VENV) (once) ..."
	@$(PIP) install -c constraints.txt -e '.[demo]'
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(BIN)/python
	@echo "setting up $(VENV) for the tests (once) ..."
	@$(PIP) install -c constraints.txt -e '.[test,demo,parquet,aws,keyring]'
	@touch $@ $(VENV)/.demo

demo: $(VENV)/.demo ## the main job, end to end, on a scratch copy: lint to rollback in about a minute
	@$(BIN)/python demo/run.py

extras: $(VENV)/.test
	@sh tests/extras.sh

test: $(VENV)/.test extras ## every test; what this machine lacks is skipped with its reason
	@$(BIN)/python -m pytest -n auto --dist loadfile $(PYTEST_ARGS)

check: $(VENV)/.test ## ruff, mypy strict, import floors
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

soak: $(VENV)/.test extras ## the long runs whose figures stand in docs/
	@$(BIN)/python -m pytest -m soak --timeout 7200 -s $(PYTEST_ARGS)

bench: $(VENV)/.test ## us and the peers, side by side in one run
	@$(BIN)/python -m benchmarks $(BENCH_ARGS)

clean: ## remove what the other targets made
	rm -rf $(VENV) .bench-venv tests/node/node_modules build dist
