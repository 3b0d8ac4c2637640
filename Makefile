# Each verb sets itself up: it asks the doctor, installs what is not there yet, then works.
#
#   make repro                          the whole pipeline on the embedded photos
#   make repro SETUP=name REAL=path     the same with setups/name.yaml on your own photos
#   make assets                         check every asset, render it, and write reports/assets.html
#   make bench                          how fast rendering is against BlenderProc's examples, and what each teaches
#   make bench-train | make bench-mix   training against a plain loop | a million samples read, split, searched, composed
#   make bench-leaks APART=tag          which planted copies the search for leaks finds, false alarms between the tag's values
#   make speedrun SETUP=name REAL=path  CPU seconds of a training to the same score as a plain loop's
#   make label [SETUP=name REAL=path]   what picking, proposing, auditing and routing labels saves on these photos
#   make bench-label REAL=folder        what each part of the label room saves, on the sets domino, balloon and qr in it
#   make bench-attribution              whether the estimate of which renders help ranks them as training does
#   make backtest SETUP=name REAL=path  labels are hidden, the page forecasts, the truth is trained: do forecasts hold?
#   make forecasts                      the same on the recorded backtests, without training
#   make grid SETUP=name REAL=path      every ratio trained with every seed: what a choice would have cost and lost
#   make policies                       what three ways to choose a mix cost and lose on the recorded grids
#   make bench-curve | make bench-long  what each quality costs and is worth | 500 scenes on one worker
#   make test | make test-fast          all tests | those without Blender, Ray and trainings
#   make check                          format, lint and types
#   make fuzz                           10,000 wrong files for everything that reads files; CASES=1000 for fewer
#   make docs                           the pictures of README.md and docs/ again
#   make doctor                         what this machine lacks, and the command that mends it

SETUP ?= boards
REAL ?=
SCENES ?=
CASES ?=
APART ?=
# As they were given: else make, and then the shell, would run what stands in $$(...) in the name of a folder.
override SETUP := $(value SETUP)
override REAL := $(value REAL)
override SCENES := $(value SCENES)
override CASES := $(value CASES)
override APART := $(value APART)
export SETUP REAL SCENES CASES APART
CHOOSE = python -m pipeline.choose "$$SETUP" $(if $(REAL),"$$REAL")

INSTALLED := .venv/.installed
UNFINISHED := .venv/.unfinished
DOCTOR := python3 pipeline/doctor.py
# Only the work gets this PATH: the doctor looks for the system's own Python. Tools run as modules: the scripts in
# .venv/bin hand the project's own path to a shell, which would run what stands in it. Bytecode is kept, though
# containers often forbid it: each stage is a process of its own, and would compile all it imports once more.
WORK := PATH="$$PWD/.venv/bin:$$PATH" DVC_NO_ANALYTICS=1 PYTHONDONTWRITEBYTECODE=

.PHONY: repro assets bench backtest forecasts grid policies bench-train speedrun bench-mix bench-leaks bench-attribution bench-curve bench-long bench-label label photos test test-fast docs check fuzz doctor healthy

repro: $(INSTALLED)
	@$(WORK) $(CHOOSE)
	@$(WORK) python -m pipeline.check
	@$(WORK) python -m dvc repro report
	@printf 'The page is %s\n' "$$PWD/reports/index.html"

assets: $(INSTALLED)
	@$(WORK) python -m admix assets

BENCH := --assets assets --real "data/$$SETUP" --out reports/bench.json

bench: photos
	@$(WORK) python -m benchmarks.render.speed $(BENCH) --work data/bench/sides --scenes "$${SCENES:-48}"

bench-train: photos
	@$(WORK) python -m benchmarks.training --real "data/$$SETUP" --out reports/bench.json

speedrun: photos
	@$(WORK) python -m dvc repro --quiet compose
	@$(WORK) python -m benchmarks.speedrun --real "data/$$SETUP" --ratio 0.5 --seeds 3 --out reports/bench.json

backtest: photos
	@$(WORK) python -m dvc repro --quiet compose
	@$(WORK) python -m benchmarks.backtest --setup "$$SETUP" --cases benchmarks/backtests.yaml --real "data/$$SETUP" \
	    --out "benchmarks/backtests/$$SETUP.json"
	@$(WORK) $(FORECASTS)

FORECASTS := python -m benchmarks.forecasts --studies benchmarks/backtests --out benchmarks/backtests.json

forecasts: $(INSTALLED)
	@$(WORK) $(FORECASTS)

grid: photos
	@$(WORK) python -m dvc repro --quiet compose
	@$(WORK) python -m benchmarks.grid --real "data/$$SETUP" --steps 240 --side 128 --out "benchmarks/grids/$$SETUP.json"

policies: $(INSTALLED)
	@$(WORK) python -m benchmarks.policies --grids benchmarks/grids --out reports/bench.json

bench-attribution: photos
	@$(WORK) python -m dvc repro --quiet compose
	@$(WORK) python -m benchmarks.attribution --real "data/$$SETUP" --work data/bench/planted --out reports/bench.json

bench-mix: $(INSTALLED)
	@$(WORK) python -m benchmarks.mix --out reports/bench.json

bench-leaks: photos
	@$(WORK) python -m benchmarks.leaks --photos "data/$$SETUP/photos" --apart "$$APART" --out reports/bench.json

label: photos
	@$(WORK) python -m benchmarks.label.effects --photos "data/$$SETUP/photos/samples.jsonl" --name "$$SETUP" \
	    --work "data/bench/label/$$SETUP" --out reports/label.json --site reports/label.html

bench-label: $(INSTALLED)
	@$(WORK) python -m benchmarks.label.measured --real "$$REAL" --work data/bench/label --out reports/bench-label.json \
	    --site reports/bench-label.html

bench-curve: photos
	@$(WORK) python -m benchmarks.render.curve $(BENCH) --work data/bench/curve --scenes "$${SCENES:-96}"

bench-long: photos
	@$(WORK) python -m benchmarks.render.long $(BENCH) --work data/bench/long --scenes "$${SCENES:-500}"

# The real photos, divided into train, val and test.
photos: $(INSTALLED)
	@$(WORK) $(CHOOSE)
	@$(WORK) python -m pipeline.check
	@$(WORK) python -m dvc repro --quiet split

# Three processes, since some wait for others to start; a file's tests all in one, since they share what is slow to start.
# Passive: with more threads than cores, those of a training that wait for each other would else keep the cores busy.
TESTS := OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive python -m pytest

test: $(INSTALLED)
	@$(WORK) $(TESTS) -n 3 --dist loadfile --no-loadscope-reorder

# What needs no Blender, no Ray and no training: for every change; `make test` is for every commit.
test-fast: $(INSTALLED)
	@$(WORK) $(TESTS) -n 2 --dist loadfile -m "not (blender or fuzz or slow or training)"

# The pictures of README.md and docs/, from the results of boards (make repro, make assets) and some renders of their own.
docs: $(INSTALLED)
	@$(WORK) python -m docs.pictures --data data/boards --reports reports --assets assets --grids benchmarks/grids \
	    --work data/docs --out docs/images

fuzz: $(INSTALLED)
	@$(WORK) python -m tests.fuzz --cases "$${CASES:-10000}" --out reports/fuzz.json

check: $(INSTALLED)
	@$(WORK) python -m ruff format --check
	@$(WORK) python -m ruff check
	@$(WORK) python -m mypy

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
	@PIP_CONSTRAINT=constraints.txt .venv/bin/python -m pip install --disable-pip-version-check -e ".[dev]"
	@rm $(UNFINISHED)
	@touch $@
