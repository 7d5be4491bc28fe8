# `make demo` and `make test` install everything they need. They only require python3 (3.11 or newer), make and git.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test studio preview check bench soak golden gallery screenshots messages

help:
	@echo 'make demo         check, build and send the sample issue to about 200 sample readers (as files; nobody is mailed)'
	@echo 'make studio       open the sample newsletter in the studio'
	@echo 'make preview      preview the sample newsletter in a browser, reloading as you write'
	@echo 'make test         run all tests'
	@echo 'make check        run the linter, the format check, mypy and the import contracts'
	@echo 'make bench        measure the figures in docs/performance.md'
	@echo 'make soak         kill sends 200 times each and report the results'
	@echo 'make golden       update the golden files after an intended change of a theme'
	@echo 'make gallery      draw the pictures of all themes in docs/images/gallery'
	@echo 'make screenshots  draw every page of the studio in .screenshots, and the pictures of docs/studio.md'
	@echo 'make messages     collect the messages of pages, service mail and themes, and update the catalogues with them'

# Stamp files mark finished steps, so that pip runs again only when the package lists change.
.venv/.made:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("error: newsletter needs Python 3.11 or newer, but $(PYTHON) is " + sys.version.split()[0] + "; run: make PYTHON=python3.11 …")'
	@echo 'Creating .venv'
	@$(PYTHON) -m venv .venv
	@touch $@

# An old pip may not support dependency groups or build constraints.
.venv/.pip: .venv/.made constraints.txt
	@echo 'Updating pip'
	@$(PIP) install --constraint constraints.txt --upgrade pip
	@touch $@

.venv/.installed: .venv/.pip pyproject.toml constraints.txt
	@echo 'Installing newsletter and its dependencies; this can take a minute or two'
	@$(PIP) install --constraint constraints.txt --build-constraint constraints.txt --editable .
	@touch $@

.venv/.installed-dev: .venv/.installed pyproject.toml constraints.txt
	@echo 'Installing the test dependencies; this can take a minute or two'
	@$(PIP) install --constraint constraints.txt --group dev
	@touch $@

# The secret that signs readers' links. It is generated once and not stored in git.
.demo/secret:
	@mkdir -p .demo
	@umask 077 && $(PYTHON) -c 'import secrets; print(secrets.token_hex(32))' > $@

demo: .venv/.installed .demo/secret
	@NEWSLETTER_SECRET="$$(cat .demo/secret)" PATH="$(CURDIR)/$(BIN):$$PATH" sh docs/samples/demo.sh

studio: .venv/.installed
	@$(BIN)/newsletter studio

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

messages: .venv/.installed-dev
	@$(BIN)/python -m tests.translation.update_catalogues

gallery: .venv/.installed-dev
	@$(BIN)/python -m tests.browser install
	@$(BIN)/python -m tests.rendering.renew_gallery
	@git status --short -- docs/images/gallery

screenshots: .venv/.installed-dev
	@$(BIN)/python -m tests.browser install
	@$(BIN)/python -m tests.web.studio.renew_screenshots
	@git status --short -- docs/images/studio
