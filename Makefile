# Two commands on a fresh machine: `make run` and `make test`. Needs Python 3.11 to 3.14 and make, nothing else.
# The steps are stamps inside .venv, so a second call starts at once.

VENV := .venv
PY := $(VENV)/bin/python
PACKAGES := app widgets engine resources
SHOTS ?= out
RESULTS ?= docs/results

# a run must leave bytecode behind, or every start compiles the program anew
unexport PYTHONDONTWRITEBYTECODE
unexport PYTHONPATH PYTHONHOME
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

.DELETE_ON_ERROR:
.PHONY: run test setup full package lint bench shots clean

## run: open the terminal in demo mode; without a display, run the same session offscreen and save pictures
run: $(VENV)/.core $(VENV)/.compiled
	@packaging/run.sh $(SHOTS) $(ARGS)

## test: format, lint, types, import contracts, then the suite
test: lint
	QT_QPA_PLATFORM=offscreen $(VENV)/bin/coverage run -m pytest $(ARGS)
	@mkdir -p out && $(VENV)/bin/coverage report >out/coverage.txt
	@echo "coverage of lines and branches: $$(tail -n 1 out/coverage.txt | awk '{print $$NF}') (out/coverage.txt)"

## setup: the environment for running and for developing, into .venv
setup: $(VENV)/.dev
	@echo "Ready: make run, make test"

## lint: what `make test` checks before the suite
lint: $(VENV)/.dev
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

## full: the long suites at their full numbers, and the benchmarks
full: $(VENV)/.dev
	@mkdir -p $(RESULTS)
	ATMX_FULL=1 ATMX_RESULTS=$(RESULTS) QT_QPA_PLATFORM=offscreen $(PY) -m pytest -m full $(ARGS) 2>&1 | tee $(RESULTS)/full.txt; \
		tail -n 1 $(RESULTS)/full.txt | grep -q passed && ! tail -n 1 $(RESULTS)/full.txt | grep -Eq 'failed|error'
	QT_QPA_PLATFORM=offscreen $(PY) -m app bench --json >$(RESULTS)/bench.json

## bench: the project's own benchmarks, for reading
bench: $(VENV)/.core
	QT_QPA_PLATFORM=offscreen $(PY) -m app bench $(ARGS)

## shots: the pictures of the README, made by the program itself
shots: $(VENV)/.core
	QT_QPA_PLATFORM=offscreen $(PY) -m app --demo --headless --shots docs/shots $(ARGS)

## package: the frozen program, and what installs it on this system, into dist/
package: $(VENV)/.dev
	packaging/build.sh

clean:
	rm -rf build dist out .coverage .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(PY):
	packaging/venv.sh $(VENV)

$(VENV)/.system: packaging/system.sh | $(PY)
	packaging/system.sh
	@touch $@

# pip compiles one file after the other; compileall takes every core
$(VENV)/.core: locks/core.txt | $(PY) $(VENV)/.system
	$(PY) -m pip install --quiet --no-compile --require-hashes -r locks/core.txt
	@$(PY) -m compileall -qq -j 0 $(VENV)/lib || true # some packages ship templates named .py
	@touch $@

$(VENV)/.dev: locks/dev.txt $(VENV)/.core
	$(PY) -m pip install --quiet --no-compile --require-hashes -r locks/dev.txt
	@$(PY) -m compileall -qq -j 0 $(VENV)/lib || true # some packages ship templates named .py
	@touch $@

$(VENV)/.compiled: $(VENV)/.core $(shell find $(PACKAGES) -name '*.py' 2>/dev/null)
	@$(PY) -m compileall -q -j 0 $(PACKAGES)
	@touch $@
