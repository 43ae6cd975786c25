# Each target prepares what it needs: a clone, make and Python 3.11 are enough.
# `.venv/.ready-*` remember which sets of dependencies are installed.

VENV := .venv
BIN := $(VENV)/bin
INI ?= config/example.ini
# Where PYTHONDONTWRITEBYTECODE is set, each start would compile all modules.
COMPILE = $(BIN)/python -m compileall -q -x /templates/ cliquet
# Whatever the shell has, our own virtual environment is the one that counts.
unexport PYTHONHOME

.DEFAULT_GOAL := help
.PHONY: help install serve migrate cluster tests tests-long tests-all tests-hostile tests-without-triggers tests-redis tests-intermediaries tests-conformance bench lint format types docs viewer dist clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-22s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.ready-runtime  ## Install the package in .venv, in editable mode

serve: $(VENV)/.ready-runtime  ## Serve the sample of config/example.ini, PORT=8890 on another port
	$(BIN)/cliquet --ini $(INI) migrate
	$(BIN)/cliquet --ini $(INI) serve --reload $(if $(PORT),--port $(PORT))

migrate: $(VENV)/.ready-runtime  ## Create or update the schemas of the backends of $(INI)
	$(BIN)/cliquet --ini $(INI) migrate

cluster: $(VENV)/.ready-tests  ## Start two machines, a pooler, a balancer and their databases on this one
	$(BIN)/python -m tests.intermediaries.cluster

tests: $(VENV)/.ready-tests  ## Run the tests on all the engines, with private servers
	$(BIN)/python -m pytest -n 2 --dist loadfile -m 'not long and not intermediaries' $(ARGS)
	@$(BIN)/python -m tests.programs

# Those of the conformance kit, and behind proxies, are targets of their own.
tests-long: $(VENV)/.ready-tests  ## Run those that tests leaves out: each pair of engines, drivers
	$(BIN)/python -m pytest -n 2 --dist loadfile -m 'long and not intermediaries' \
	    --ignore=tests/conformance $(ARGS)

tests-all: $(VENV)/.ready-browser $(VENV)/.ready-npm  ## Run the tests, measure coverage, replay HTTP on each engine
	$(BIN)/python -m pytest --cov --cov-report=term --conformance=all $(ARGS)
	for engine in sqlite postgresql redis; do \
	    $(BIN)/python -m pytest tests/http tests/compat --app-backend=$$engine $(ARGS) || exit 1; \
	done

# What is run again on other servers, of the tests over HTTP.
HTTP = tests/http
# Of a server: whose it is, and the driver that reaches it.
HOSTILE = hostile:psycopg2 pooled:psycopg2 pooled:psycopg

tests-hostile: $(VENV)/.ready-tests  ## Run them on a PostgreSQL with odd defaults, and behind PgBouncer
	@for each in $(HOSTILE); do \
	    case $$each in pooled:*) command -v pgbouncer > /dev/null || { \
	        echo "$$each is left out: apt-get install pgbouncer"; \
	        [ -z "$$CLIQUET_TEST_COMPLETE" ] || exit 1; continue; };; esac; \
	    echo "--- $$each"; \
	    $(BIN)/python -m pytest -n 2 --dist loadfile tests/contract/storage tests/contract/cache \
	        tests/contract/permission $(HTTP) \
	        tests/postgresql/test_waits.py --backends=postgresql --app-backend=postgresql \
	        --fuzz-examples=100 --postgresql=$${each%:*} --driver=$${each#*:} $(ARGS) || exit 1; \
	done

tests-without-triggers: $(VENV)/.ready-tests  ## Run them on a PostgreSQL whose tables have no triggers
	$(BIN)/python -m pytest -n 2 --dist loadfile tests/contract tests/sync $(HTTP) \
	    tests/postgresql/test_waits.py tests/postgresql/test_replicas.py \
	    --backends=postgresql --app-backend=postgresql --without-triggers -m 'not long' $(ARGS)

# What is asked of all engines; how single servers keep their data is asked of them alone.
tests-redis: $(VENV)/.ready-tests  ## Run them on a Redis that Sentinels look after, and on a cluster
	for each in sentinel cluster; do \
	    $(BIN)/python -m pytest -n 2 --dist loadfile tests/contract/storage tests/contract/cache \
	        tests/contract/permission tests/contract/test_live.py tests/sync --ignore-glob='*test_redis_*' \
	        --backends=redis --redis=$$each $(ARGS) || exit 1; \
	done

tests-intermediaries: $(VENV)/.ready-browser $(VENV)/.ready-npm  ## Run those behind real proxies and caches, and in a browser
	$(BIN)/python -m pytest -n 2 --dist loadfile tests/intermediaries $(ARGS)

tests-conformance: $(VENV)/.ready-tests  ## Check the sample against the specification, on each server and engine
	$(BIN)/python -m pytest -n 2 --dist load tests/conformance --conformance=all $(ARGS)

bench: $(VENV)/.ready-tests  ## Measure side by side with other applications
	$(BIN)/python -m benchmarks.run $(ARGS)

lint: $(VENV)/.ready-dev  ## Check style, format and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

format: $(VENV)/.ready-dev  ## Rewrite the files in the style that lint wants
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: $(VENV)/.ready-dev  ## Check the annotations of the package, and those that applications see
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/typed

docs: $(VENV)/.ready-docs  ## Build the documentation in docs/_build/html
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "See docs/_build/html/index.html"

viewer:  ## Take another version of Swagger UI into the package: VERSION=5.35.0
	.ci/viewer $(VERSION)

dist: $(VENV)/.ready-dev  ## Build the source and binary archives in dist/
	$(BIN)/python -m build

clean:  ## Remove what the other targets made, the virtual environment included
	rm -rf $(VENV) build dist docs/_build *.egg-info .coverage
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find cliquet tests docs config -name __pycache__ -type d -prune -exec rm -rf {} +

# --- set-up ----------------------------------------------------------------------

$(BIN)/python:
	@for candidate in $(PYTHON) python3.11 python3.12 python3.13 python3; do \
	    if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        found=$$candidate; break; \
	    fi; \
	done; \
	if [ -z "$$found" ]; then \
	    echo "Cliquet needs Python 3.11 or later, none was found." >&2; \
	    echo "Install it, or tell where it is: make PYTHON=/path/to/python3.11" >&2; \
	    exit 1; \
	fi; \
	echo "Making a virtual environment in $(VENV) with $$($$found --version)"; \
	rm -rf $(VENV) && $$found -m venv $(VENV)

$(VENV)/.ready-runtime: setup.py setup.cfg pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[sqlite,openapi]'
	@$(COMPILE)
	@touch $@

$(VENV)/.ready-tests $(VENV)/.ready-browser $(VENV)/.ready-dev $(VENV)/.ready-docs: $(VENV)/.ready-%: setup.py setup.cfg pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@$(COMPILE)
	@touch $@ $(VENV)/.ready-runtime

# What makes TypeScript clients; without npm, the test of them is left out.
GENERATED := tests/intermediaries/generated
$(VENV)/.ready-npm: $(GENERATED)/package.json $(GENERATED)/package-lock.json | $(VENV)/.ready-tests
	@mkdir -p $(VENV)/npm && cp $(GENERATED)/package*.json $(VENV)/npm
	@if command -v npm > /dev/null; then \
	    cd $(VENV)/npm && npm ci --silent --no-audit --no-fund && touch ../$(@F); \
	fi
