# Everything below needs only Python >= 3.11 and make: each target makes the virtual environment it needs.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check
CONSTRAINTS := .constraints.txt
PORT   ?= 8765
OUT    ?= demo-pages

.PHONY: help demo test nights check bench serve clean
help:  ## list the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(VENV)/.base: pyproject.toml $(CONSTRAINTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "timbre needs Python 3.11 or newer; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --constraint $(CONSTRAINTS) --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	$(PIP) install --quiet --constraint $(CONSTRAINTS) --editable '.[dev]'
	@touch $@

demo: $(VENV)/.base  ## analyse the shipped calls, print where they land, serve the pages on localhost
	$(BIN)/timbre demo --out $(OUT) --port $(PORT)

serve: $(VENV)/.base  ## serve the pages written by the last demo again
	$(BIN)/timbre demo --out $(OUT) --port $(PORT) --pages-only

test: $(VENV)/.dev  ## run all tests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --dist loadfile

nights: $(VENV)/.dev  ## whole nights of calls, killed and out of room, on both engines; about half an hour
	$(BIN)/python -m pytest -m nights -s

check: $(VENV)/.dev  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.dev  ## print speed, memory and accuracy figures
	$(BIN)/python -m tests.bench

clean:  ## remove the virtual environment and what the demo wrote
	rm -rf $(VENV) $(OUT)
