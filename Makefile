# The two commands: `make run` and `make test`. They need Python 3.11 or newer and make only.
SHELL := /bin/sh
PYTHON := $(shell for name in python3 python3.11 python3.12 python3.13 python; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done)
BIN := .venv/bin
INSTALLED := .venv/installed
PORT ?= 8000
DEBUG ?= 1
export PORT

.PHONY: run test lint bench install lock audit clean
.DEFAULT_GOAL := run

install: $(INSTALLED)

# With hashes and from the lock alone, so that every machine gets the very same files.
$(INSTALLED): requirements.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { \
		echo "Python cannot make a virtual environment (on Debian: apt install python3-venv)." >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		--requirement requirements.lock
	@touch $@

run: export DEBUG := $(DEBUG)
run: $(INSTALLED)
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py demo
	@echo "The portal: http://localhost:$(PORT)/  (Ctrl-C stops it)"
	@exec $(BIN)/python manage.py portal --port $(PORT)

test: $(INSTALLED)
	@$(BIN)/python .ci/checks.py

lint: $(INSTALLED)
	@$(BIN)/python .ci/checks.py --lint

bench: $(INSTALLED)
	@$(BIN)/python -m bench

# Pins anew what pyproject.toml allows; the lock holds no index address and no path.
lock: $(INSTALLED)
	@.ci/lock

audit: $(INSTALLED)
	$(BIN)/pip-audit --requirement requirements.lock --require-hashes

clean:
	rm -rf .venv var staticfiles test-results
