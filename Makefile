# Each verb sets itself up: it asks the doctor, installs what is not there yet, then works.
#
#   make repro                          the whole pipeline on the embedded photos
#   make repro SETUP=name REAL=path     the same with setups/name.yaml on your own photos
#   make test | make check              all tests | format, lint and types
#   make doctor                         what this machine lacks, and the command that mends it

SETUP ?= boards
REAL ?=

INSTALLED := .venv/.installed
UNFINISHED := .venv/.unfinished
DOCTOR := python3 pipeline/doctor.py
# Only the work gets this PATH: the doctor looks for the system's own Python.
WORK := PATH="$(CURDIR)/.venv/bin:$$PATH" DVC_NO_ANALYTICS=1

.PHONY: repro test check doctor healthy

repro: $(INSTALLED)
	@$(WORK) python -m pipeline.choose "$(SETUP)" $(if $(REAL),"$(REAL)")
	@$(WORK) python -m pipeline.check
	@$(WORK) dvc repro report
	@echo "The page is $(CURDIR)/reports/index.html"

test: $(INSTALLED)
	@$(WORK) pytest

check: $(INSTALLED)
	@$(WORK) ruff format --check
	@$(WORK) ruff check
	@$(WORK) mypy

doctor:
	@$(DOCTOR)

healthy:
	@command -v python3 > /dev/null || { echo "python3 is missing: apt-get install python3.11 python3.11-venv" >&2; exit 2; }
	@$(DOCTOR) --quiet

# An installation that was cut short is begun anew; a newer pyproject.toml or constraints.txt only adds to it.
$(INSTALLED): pyproject.toml constraints.txt | healthy
	@echo "Installing into .venv: once, about 3 minutes and 7 GB"
	@if [ -e $(UNFINISHED) ]; then rm -rf .venv; fi
	@"$$($(DOCTOR) --python)" -m venv .venv
	@touch $(UNFINISHED)
	@PIP_CONSTRAINT=constraints.txt .venv/bin/pip install --disable-pip-version-check -e ".[dev]"
	@rm $(UNFINISHED)
	@touch $@
