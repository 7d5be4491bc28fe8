# `make demo` and `make test` do all their own set-up: they need python3 (3.11 or newer), make and git, nothing else.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test preview check bench soak golden

help:
	@echo 'make demo      check, build and send the sample issue to about 200 sample readers, into a folder'
	@echo 'make preview   the sample newsletter in a browser, reloading as you write'
	@echo 'make test      all tests, with everything they need'
	@echo 'make check     lint, format, strict types, import contracts'
	@echo 'make bench     the figures of docs/performance.md'
	@echo 'make soak      sends that are killed 200 times each, and what came of them'
	@echo 'make golden    renew the golden files after a meant change of the theme'

# A stamp says that a step is done: pip is not asked again until the lists of packages change.
.venv/.made:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("error: newsletter needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + ": make PYTHON=python3.11 …")'
	@echo 'Making .venv'
	@$(PYTHON) -m venv .venv
	@touch $@

# A fresh machine's pip may know neither dependency groups nor build constraints.
.venv/.pip: .venv/.made constraints.txt
	@echo 'Updating pip'
	@$(PIP) install --constraint constraints.txt --upgrade pip
	@touch $@

.venv/.installed: .venv/.pip pyproject.toml constraints.txt
	@echo 'Installing newsletter and what it needs; on a fresh machine this takes a minute or two'
	@$(PIP) install --constraint constraints.txt --build-constraint constraints.txt --editable .
	@touch $@

.venv/.installed-dev: .venv/.installed pyproject.toml constraints.txt
	@echo 'Installing what the tests need; this takes a minute or two'
	@$(PIP) install --constraint constraints.txt --group dev
	@touch $@

# Readers' links are signed with it; made once, at random, and kept out of git.
.demo/secret:
	@mkdir -p .demo
	@umask 077 && $(PYTHON) -c 'import secrets; print(secrets.token_hex(32))' > $@

demo: .venv/.installed .demo/secret
	@NEWSLETTER_SECRET="$$(cat .demo/secret)" PATH="$(CURDIR)/$(BIN):$$PATH" sh docs/samples/demo.sh

preview: .venv/.installed
	@$(BIN)/newsletter preview

test: .venv/.installed-dev
	@$(BIN)/python -m tests.browser install
	$(BIN)/python -m pytest -n auto

check: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/.installed-dev
	@$(BIN)/python -m benchmarks

soak: .venv/.installed-dev
	@$(BIN)/python -m tests.sending.soak

golden: .venv/.installed-dev
	@$(BIN)/python -m tests.rendering.renew_golden
	@git status --short -- tests/rendering/golden
