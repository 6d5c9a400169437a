# `make` prints what there is. ARGS goes on to the command: make build ARGS=--why, make test ARGS='-k footnote'.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -q
# Wheels only: no compiler, and nothing that runs while it is installed.
LOCKED := $(PIP) install --require-hashes --only-binary :all: -r

# Set PYTHON to choose another interpreter; without it, the first of these that is new enough.
IS_NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c '$(IS_NEW_ENOUGH)' 2>/dev/null && echo $$python && break; done)

.PHONY: help
help: ## Print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "More for authors, such as a new notebook: .venv/bin/nbpress --help"

.PHONY: build
build: .venv/build.stamp ## Run what is not fresh, write the posts
	@$(BIN)/nbpress build $(ARGS)

.PHONY: check
check: .venv/build.stamp ## Are the posts what the notebooks say?
	@$(BIN)/nbpress check $(ARGS)

.PHONY: serve
serve: .venv/build.stamp ## Preview the blog; it follows every save
	@$(BIN)/nbpress serve $(ARGS)

.PHONY: site
site: .venv/build.stamp ## Build all that is published into _site: posts, pages, search
	@$(BIN)/nbpress site $(ARGS)

.PHONY: test
test: .venv/test.stamp ## Run the tests (REQUIRE_ALL=1: a missing Jekyll or Chromium is a failure)
	@$(BIN)/pytest $(ARGS)

.PHONY: lint
lint: .venv/test.stamp ## Style and spelling
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/codespell

.PHONY: types
types: .venv/test.stamp ## Check the types
	@$(BIN)/mypy

.PHONY: goldens
goldens: .venv/test.stamp ## Rewrite the expected outputs of the tests, for review
	@if [ -n "$$CI" ]; then echo "make goldens: not in CI; expected outputs are reviewed before they are committed" >&2; exit 1; fi
	@$(BIN)/python -m tests.goldens $(ARGS)
	@git --no-pager diff --stat -- tests

.PHONY: screenshots
screenshots: .venv/test.stamp ## Take the pictures of the README anew
	@$(BIN)/python -m tests.browser.screenshots

.PHONY: wheel
wheel: .venv/test.stamp ## Build the wheel and the source distribution into dist/
	@rm -rf dist
	@$(BIN)/python -m build --no-isolation

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --only-binary :all: \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' $(ARGS) pyproject.toml

.PHONY: lock
lock: .venv/bin/uv ## Solve the dependencies anew (ARGS=--upgrade: take the newest)
	@$(COMPILE) --extra notebooks --extra search --extra word --group backend -o requirements/build.txt
	@$(COMPILE) --extra notebooks --extra search --extra word --extra dev -c requirements/build.txt -o requirements/test.txt

.PHONY: clean
clean: ## Forget what can be made again, but neither posts nor .venv
	@if [ -x $(BIN)/nbpress ]; then $(BIN)/nbpress clean; fi
	@rm -rf _site .jekyll-cache .sass-cache dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find converter tests bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

.PHONY: distclean
distclean: ## As clean, and .venv
	@rm -rf .venv tests/tools/node_modules
	@$(MAKE) --no-print-directory clean

.venv/bin/python:
	@if [ -z "$(PYTHON)" ] || ! $(PYTHON) -c '$(IS_NEW_ENOUGH)' 2>/dev/null; then \
		echo "nbpress needs Python 3.11 or newer: install it (Debian, Ubuntu: apt install python3 python3-venv)" \
			"or name it: make PYTHON=/path/to/python3" >&2; exit 1; fi
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make environments: install its venv module (Debian, Ubuntu: apt install python3-venv)" >&2; exit 1; }
	@$(PYTHON) -m venv --clear .venv

# A stamp is touched when all is installed, so a repeated `make build` spends no time here.
.venv/build.stamp: .venv/bin/python requirements/build.txt pyproject.toml
	@echo "Setting up .venv (once; takes a few minutes)" >&2
	@$(LOCKED) requirements/build.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q converter  # where Python may not write what it has compiled, as in many containers
	@touch $@

# The solver alone: whoever adds a package needs no test tools.
.venv/uv.txt: requirements/test.txt
	@mkdir -p $(@D)
	@awk '/^[^ #]/ { is_uv = /^uv==/ } is_uv && !/^ *#/' $< >$@

.venv/bin/uv: | .venv/bin/python
	@$(MAKE) --no-print-directory .venv/uv.txt
	@$(LOCKED) .venv/uv.txt

# The validators that come from npm are used where npm is; tests that miss them skip and say so.
.venv/test.stamp: requirements/test.txt tests/tools/package-lock.json .venv/build.stamp
	@echo "Adding the test tools to .venv (once)" >&2
	@$(LOCKED) requirements/test.txt
	@if command -v npm >/dev/null; then npm ci --silent --prefix tests/tools; fi
	@touch $@
