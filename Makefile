# `make html` builds the site and says where it is. `make test` proves it. Nothing else is needed first:
# .ci/venv makes .venv from requirements.txt, .ci/packages installs what apt.txt names.

# The Python that .venv is made with; where `make serve` serves; `make lock UPGRADE=--upgrade` takes newer versions.
PYTHON ?= python3
PORT ?= 8000
UPGRADE ?=

PY := .venv/bin/python -m

# Compiled modules are kept, whatever this shell says: without them every command compiles itself anew.
unexport PYTHONDONTWRITEBYTECODE
STRICT := --fail-on-warning --nitpicky --jobs auto

.PHONY: html test nightly prove check serve lock bench clean venv packages
.NOTPARALLEL:

# A failed build leaves no cache: Sphinx gives a page's warnings only when it reads the page.
html: venv
	@$(PY) sphinx --quiet $(STRICT) -d _build/doctrees . _build/html || { rm -rf _build/doctrees; exit 1; }
	@echo "The site is built: $(CURDIR)/_build/html/index.html"

test: packages check prove
	$(PY) pytest

# What takes too long for every change: which lines and branches no test runs, and a company that made the handbook
# its own. Measuring makes our own code slower by two thirds, which is why `make test` doesn't.
nightly: packages check prove
	@mkdir -p _build/coverage
	$(PY) coverage erase
	$(PY) coverage run -m pytest
	$(PY) coverage combine --quiet
	$(PY) coverage report
	.ci/adopted

# Each runbook against the fault that it is for. It comes before the tests and not among them: what it measures
# would be slower beside other work, and the sites that are built afterwards show it.
prove: venv packages
	.venv/bin/outage prove

check: venv
	$(PY) ruff check
	$(PY) ruff format --check
	$(PY) mypy
	.venv/bin/outage check

serve: venv
	$(PY) sphinx_autobuild --host 127.0.0.1 --port $(PORT) --ignore '.*' --ignore '*/__pycache__*' \
		--ignore _build --ignore proof --ignore runs --jobs auto --nitpicky -d _build/serve-doctrees . _build/serve

lock: venv
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(PY) uv pip compile --quiet --universal --python-version 3.11 \
		--fork-strategy fewest --generate-hashes --annotation-style line $(UPGRADE) \
		requirements.in --output-file requirements.txt

bench: venv
	$(PY) benchmarks.cli_start
	$(PY) benchmarks.run_start
	$(PY) benchmarks.runner_cost
	$(PY) benchmarks.site_build
	$(PY) benchmarks.lab_up
	$(PY) benchmarks.fleet
	.venv/bin/outage prove && $(PY) benchmarks.proofs

clean:
	rm -rf _build .mypy_cache .pytest_cache .ruff_cache .hypothesis

venv:
	@PYTHON="$(PYTHON)" .ci/venv

packages:
	@.ci/packages
