# Everything a clone needs, from a Debian or Ubuntu with Python 3.11 or later and nothing else of ours.
# The interpreter: the first of 3.11, 3.12, 3.13 and python3 that is new enough, or make PYTHON=/path/to/python.

PYTHON ?=
VENV ?= .venv
FUZZ_SECONDS ?= 10
PYTEST_ARGS ?=
VERSIONS ?= 3.11 3.12 3.13

BIN := $(VENV)/bin
RUN := $(VENV)/.has-iochan
HAS := $(VENV)/.has-
SOURCES := $(wildcard iochan iochan_ext tests tools fuzz benchmarks examples)

.DELETE_ON_ERROR:
.PRECIOUS: $(HAS)%
.PHONY: help demo test suite test-all peers check format bench fuzz docs clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' Makefile | while IFS='|' read -r target what; do \
	  printf '%-14s %s\n' "$$target" "$$what"; done

demo: $(RUN) ## serve a shell over TLS and as a screen, talk to it, measure every stack
	$(BIN)/iochan demo

test: $(HAS)test ## the whole suite with coverage
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n 2 $(PYTEST_ARGS)
	$(BIN)/coverage combine -q
	$(BIN)/coverage report

suite: $(HAS)test ## the suite without coverage; PYTEST_ARGS='...' chooses a part
	$(BIN)/python -m pytest -n 2 $(PYTEST_ARGS)

test-all: ## the suite on each of 3.11, 3.12 and 3.13 that is here
	@for version in $(VERSIONS); do \
	  if python=$$(tools/interpreter $$version); then \
	    echo "== Python $$version: $$python"; \
	    $(MAKE) --no-print-directory suite VENV=.venv-$$version PYTHON=$$python || exit 1; \
	  else \
	    echo "== Python $$version: absent, skipped"; \
	  fi; \
	done

peers: ## install the programs that the interop tests talk to (root or sudo)
	@python=$$(tools/interpreter $(PYTHON)) && missing=$$($$python tools/peers.py --packages) || exit 1; \
	if [ -n "$$missing" ]; then \
	  as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; set -ex; \
	  $$as_root apt-get update -q; \
	  $$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $$missing; \
	fi
	@$$(tools/interpreter $(PYTHON)) tools/peers.py --require

check: $(HAS)test $(HAS)lint ## format, lint, types, import contracts, spelling, layout
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(SOURCES)
	$(BIN)/lint-imports --no-logo
	$(BIN)/codespell
	$(BIN)/python tools/check_ops.py
	$(BIN)/python tools/check_layout.py

format: $(HAS)lint ## put the source into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(HAS)bench ## compare with the peers, interleaved; prints ratios, writes JSON
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.crypto
	$(BIN)/python -m benchmarks.frames
	$(BIN)/python -m benchmarks.handshakes
	$(BIN)/python -m benchmarks.luks
	$(BIN)/python -m benchmarks.pieces
	$(BIN)/python -m benchmarks.vnc

fuzz: $(HAS)fuzz ## each fuzz target for FUZZ_SECONDS
	$(BIN)/python fuzz/run.py --seconds $(FUZZ_SECONDS)

docs: $(HAS)docs ## the manual, into docs/_build/html; a warning fails
	$(BIN)/sphinx-build -q -n -W --keep-going docs docs/_build/html

clean: ## remove what was made here, the environments too
	rm -rf .venv .venv-* build dist docs/_build .coverage .coverage.* .hypothesis
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment that was cut short in the making is made anew; pip 25.1 is the first that knows --group.
$(RUN): pyproject.toml
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
	  python=$$(tools/interpreter $(PYTHON)) && echo "making $(VENV) with $$python" && \
	  $$python -m venv --clear $(VENV); }
	$(BIN)/python -m pip install -q --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install -q -e '.[all]'
	@touch $@

$(HAS)%: $(RUN)
	$(BIN)/python -m pip install -q --group $*
	@touch $@
