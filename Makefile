# make demo: play the quickstart; make test: the tests. Both make .venv the first time and reuse it; an active environment that holds torch
# is used as it is.
PYTHON ?= python3
VENV ?= .venv
ACTIVE := $(shell $(PYTHON) -c 'import sys, os, importlib.util as u; inside = sys.prefix != sys.base_prefix or "CONDA_PREFIX" in os.environ; print(sys.executable if inside and u.find_spec("torch") else "")' 2>/dev/null)
PY := $(if $(ACTIVE),$(ACTIVE),$(VENV)/bin/python)
STAMP := $(if $(ACTIVE),.installed-active,$(VENV)/.installed)
DEMO_OPTIONS ?=
WORKERS ?= $(shell n=$$(nproc 2>/dev/null || echo 2); echo $$((n < 8 ? n : 8)))

.PHONY: demo test lint docs reference bench scale golden mutants clean
demo: $(STAMP)
	@$(PY) -m arena run scenarios/quickstart.yaml $(DEMO_OPTIONS)

# A worker a core, each with a core of its own; the longest tests begin first (tests/order.py).
test: $(STAMP)
	$(PY) -m pytest -n $(WORKERS) --dist worksteal

lint: $(STAMP)
	$(PY) -m ruff check . && $(PY) -m mypy

# The site, in build/site; a broken link fails.
docs: $(STAMP)
	@$(PY) -c 'import material' 2>/dev/null || $(PY) -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	$(PY) -m mkdocs build --strict --quiet && echo build/site/index.html

# Pages of the docs that are written from schema and docstrings.
reference: $(STAMP)
	@$(PY) -m arena.reference docs

# BENCH=--compare sets it against the run stored for this kind of machine, BENCH=--store stores it.
bench: $(STAMP)
	@mkdir -p build
	OMP_WAIT_POLICY=PASSIVE MALLOC_MMAP_THRESHOLD_=1073741824 MALLOC_TRIM_THRESHOLD_=1073741824 $(PY) -m pytest tests/benchmarks -o addopts= --benchmark-only --benchmark-disable-gc --benchmark-json build/bench.json -q --benchmark-columns=median,rounds
	@$(PY) -m tests.benchmarks.table build/bench.json $(BENCH)

scale: $(STAMP)
	$(PY) -m tests.benchmarks.scale build/scale

golden: $(STAMP)
	$(PY) -m tests.golden

# Hours for all; MODULES=rarity for those whose path has the word, MUTANTS="--sample 40" for some changes of each (docs/mutants.md).
mutants: $(STAMP)
	@$(PY) -c 'import cosmic_ray' 2>/dev/null || $(PY) -m pip install --quiet --disable-pip-version-check --editable '.[mutants]'
	OMP_WAIT_POLICY=PASSIVE $(PY) -m tests.mutants $(MUTANTS) $(MODULES)

# Installed again only when pyproject.toml changes or the checkout moved.
$(STAMP): pyproject.toml
	@test -n "$(ACTIVE)" || test -x $(PY) || $(PYTHON) -m venv $(VENV) || { echo "make: python3 -m venv failed; on Debian: apt-get install python3-venv"; exit 2; }
	$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

clean:
	rm -rf .venv .installed-active *.egg-info
