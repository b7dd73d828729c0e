# Fieldstone on one machine. `make run` does everything; `make help` lists the rest.
# GNU make 3.81 (macOS) and later; nothing here needs GNU tools.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed

# A pyenv shim may stand for a Python that isn't there, so each candidate has to run.
SUITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c '$(SUITS)' 2>/dev/null && echo $$p && break; done)

ifdef ENGINE
export FIELDSTONE_ENGINE := $(ENGINE)
endif
# where a source is read from instead of files: SOURCE_BANK=postgres, SOURCE_FARM=api, SOURCE_HOUSING=api
$(foreach source,$(filter SOURCE_%,$(.VARIABLES)),$(eval export FIELDSTONE_$(source) := $($(source))))
COUNTY := $(if $(HOUSEHOLDS),--households $(HOUSEHOLDS)) $(if $(MONTHS),--months $(MONTHS)) \
	$(if $(SEED),--seed $(SEED)) $(if $(DEFECTS),--defects $(DEFECTS)) $(if $(THIN_FILES),--thin-files $(THIN_FILES))

.PHONY: help install run up down status notebook notebook-pages test coverage nightly bench bench-chain bench-truth audit docs site lint clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

install: $(STAMP) ## make .venv from requirements.lock

# one line that counts, where pip would write one or two for each package; its errors are on stderr as ever
COUNT_PACKAGES = -v all="$$(grep -c '^[a-z0-9].*==' requirements.lock)" \
	'/^Collecting / { printf "\r%d of at most %d packages fetched", ++n, all; fflush() } \
	/^Installing collected/ { printf "; installing"; fflush() } END { print "" }'

$(STAMP): SHELL := bash
# --no-deps: the lock has the indirect ones too, but for those that pyproject.toml excludes. --compile-bytecode, as pip does:
# where PYTHONDONTWRITEBYTECODE is set, each process would else compile for itself, which takes as long again as importing
$(STAMP): requirements.lock setup.cfg pyproject.toml
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(SUITS)' || { \
		echo "Fieldstone needs Python 3.11, 3.12 or 3.13, and found '$(PYTHON)'." >&2; \
		echo "Install one (Debian: apt install python3 python3-venv; macOS: brew install python@3.13)," >&2; \
		echo "or name it: make install PYTHON=/path/to/python3.12" >&2; exit 1; }
	@if uv --version >/dev/null 2>&1; then \
		echo "Making $(VENV) with $$(uv --version) on $$($(PYTHON) --version); about 3 GB, some minutes the first time."; \
		uv venv --quiet --allow-existing --python "$$(command -v $(PYTHON))" $(VENV) && \
		uv pip install --quiet --compile-bytecode --python $(BIN)/python --no-deps \
			-r requirements.lock && \
		uv pip install --quiet --python $(BIN)/python --no-deps -e .; \
	else \
		echo "Making $(VENV) with pip on $$($(PYTHON) --version); about 3 GB, some minutes the first time (uv is faster)."; \
		set -o pipefail; $(PYTHON) -m venv $(VENV) && \
		$(BIN)/python -m pip install --disable-pip-version-check --no-deps -r requirements.lock | awk $(COUNT_PACKAGES) && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .; \
	fi
	@touch $@

# The sandbox reviewer may approve in this run; FIELDSTONE_SANDBOX_APPROVAL=false leaves it to a person.
run: $(STAMP) ## everything from end to end [HOUSEHOLDS= MONTHS= SEED= DEFECTS= THIN_FILES= ENGINE=sail|spark SOURCE_BANK=postgres SOURCE_FARM=api SOURCE_HOUSING=api]
	@FIELDSTONE_SANDBOX_APPROVAL=$${FIELDSTONE_SANDBOX_APPROVAL:-true} $(BIN)/python -m sandbox.stack run $(COUNTY)

up: $(STAMP) ## keep Airflow, MLflow and the reports running
	@$(BIN)/python -m sandbox.stack up

down: $(STAMP) ## stop them
	@$(BIN)/python -m sandbox.stack down

status: $(STAMP) ## what is running, and where
	@$(BIN)/python -m sandbox.stack status

# jupytext shows the files of notebooks/ as notebooks; outputs stay in the page and are in no file
notebook: $(STAMP) ## JupyterLab on notebooks/, which read what a run has made
	@JUPYTER_CONFIG_PATH=$(CURDIR)/notebooks/jupyter $(BIN)/python -m jupyterlab --notebook-dir notebooks

notebook-pages: $(STAMP) ## run notebooks/ on what a run has made, and keep them as pages of docs/ [NOTEBOOKS=]
	@$(BIN)/python docs/_site/notebooks.py $(NOTEBOOKS)

# Files come in the order of their folders, those of a real Airflow first. Coverage is measured of the unit tests alone:
# tracing takes 40 to 50% more processor time, and CI has no seven more minutes for the other tests.
test: $(STAMP) ## all tests but the slow ones of nightly, and on a real lake each rule once; unit tests with branch coverage
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --cov --cov-report= tests/unit
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --ignore=tests/unit

coverage: $(STAMP) ## branch coverage of the same tests, without commands that run as processes of their own
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --cov --cov-report=term:skip-covered

nightly: $(STAMP) ## slow tests, bad nights on the real stack, ingest and refine killed at 100 seeded moments, memory at 15,000 households [SEEDS="7 0-99"]
	$(BIN)/python -m pytest -m nightly
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "further and not nightly"
	$(BIN)/python -m pytest -n 2 --hypothesis-profile thorough -m "hypothesis and not nightly and not further"
	FIELDSTONE_SEEDS="$(or $(SEEDS),0-99)" $(BIN)/python -m pytest -m "not nightly" tests/integration/test_faults.py
	$(BIN)/python -m tests.benchmarks.chain 15000

bench: $(STAMP) ## features, ingest, training and explaining against peers in the same run [SIZES="100000 1000000" TRAINING=100000]
	PYTHONPATH=tests/unit $(BIN)/python -m tests.benchmarks.run $(if $(SIZES),--sizes $(SIZES)) $(if $(TRAINING),--training $(TRAINING))

bench-chain: $(STAMP) ## each verb from generate to decide: seconds, and memory held against 8 GB at 50,000 [HOUSEHOLDS=50000]
	$(BIN)/python -m tests.benchmarks.chain $(HOUSEHOLDS)

bench-truth: $(STAMP) ## what is learnt from a county against the truth it was drawn from: calibration, AUC, coverage [HOUSEHOLDS=50000]
	$(BIN)/python -m tests.benchmarks.truth $(HOUSEHOLDS)

# strict: a package that the service doesn't know is a failure, else an empty service would look like a clean bill
audit: ## look up known vulnerabilities of the locked packages; needs the network
	@place=$$(mktemp -d) && $(PYTHON) -m venv $$place && $$place/bin/pip install --quiet pip-audit && \
		$$place/bin/pip-audit --strict --disable-pip --require-hashes -r requirements.lock; \
		code=$$?; rm -rf "$$place"; exit $$code

docs: $(STAMP) ## data dictionary and feature catalogue
	@$(BIN)/fieldstone docs

# the theme's notice is about a release of MkDocs that setup.cfg doesn't let in
site: $(STAMP) ## these docs as a site in English and Chinese, in site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet && echo "site/index.html; with search: $(BIN)/python -m http.server -d site"

lint: $(STAMP) ## style, which room may import which, and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/basedpyright

clean: ## stop everything and remove all state: lake, models, Airflow, keys, the trail's anchor, the sandbox county
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m sandbox.stack down; fi
	rm -rf .fieldstone .fieldstone-keys .fieldstone-anchor .sandbox
