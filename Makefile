# Two commands on a fresh machine: `make run` and `make test`. Needs Python 3.11 to 3.14 and make, nothing else.
# The steps are stamps inside .venv, so a second call starts at once.

VENV := .venv
PY := $(VENV)/bin/python
PACKAGES := app widgets engine resources
SHOTS ?= out
RESULTS ?= docs/results
SHARE ?= 1
WORKERS ?= 2
ROUNDS ?= 5

# a run must leave bytecode behind, or every start compiles the program anew
unexport PYTHONDONTWRITEBYTECODE
unexport PYTHONPATH PYTHONHOME
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

.DELETE_ON_ERROR:
.PHONY: run test setup clients full package release docs lint bench shots pictures clean

## run: open the terminal in demo mode; without a display, run the same session offscreen and save pictures
run: $(VENV)/.core $(VENV)/.compiled
	@packaging/run.sh $(SHOTS) $(ARGS)

## test: format, lint, types, import contracts, then the suite on WORKERS cores, files kept together; coverage stands
## above pytest's closing line
test: lint $(VENV)/.compiled
	QT_QPA_PLATFORM=offscreen $(PY) -m pytest -n $(WORKERS) --dist loadfile --cov --cov-report=term:skip-covered $(ARGS)

## setup: the environment for running and for developing, into .venv
setup: $(VENV)/.dev
	@echo "Ready: make run, make test"

## clients: the venues' official clients, each in an environment of its own; their tests skip without
clients: $(VENV)/.clients
	@echo "Ready: $(PY) -m pytest tests/clients"

## peers: other engines, in an environment of their own, and this program over the same events; docs/results/peers.md
peers: $(VENV)/.dev .venv-peers/.done
	@mkdir -p $(RESULTS)
	$(PY) packaging/peers/run.py .venv-peers/bin/python $(RESULTS) $(ROUNDS)

## lint: what `make test` checks before the suite
lint: $(VENV)/.dev
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

## full: the long suites at their full numbers and the benchmarks, one after the other; each piece runs alone too.
## SHARE=0.01 runs a hundredth of them, RESULTS=out leaves docs/results as it is
FULL_PIECES := full-kill full-powercut full-tamper full-disk full-durable full-orders full-conformance full-strategies full-soak full-engine full-rfq full-fast \
    full-screen full-bench full-package full-mutation
.PHONY: $(FULL_PIECES)
full:
	@$(MAKE) --no-print-directory -k $(FULL_PIECES) # all of them, also when one says no

RESULT := packaging/result.sh $(RESULTS)
PROOF := env ATMX_FULL=1 ATMX_SHARE=$(SHARE) QT_QPA_PLATFORM=offscreen $(PY) -m pytest -q --no-header -p no:cacheprovider

full-kill: $(VENV)/.dev
	@$(RESULT)/kill.txt $(PROOF) -rP tests/faults/test_kill9.py

full-powercut: $(VENV)/.dev
	@$(RESULT)/powercut.txt $(PROOF) -rP tests/faults/test_powercut.py

full-tamper: $(VENV)/.dev
	@$(RESULT)/tamper.txt $(PROOF) -rP tests/faults/test_tamper.py

full-disk: $(VENV)/.dev
	@$(RESULT)/disk.txt $(PROOF) -rP tests/faults/test_diskfull.py tests/faults/test_starts.py

full-durable: $(VENV)/.dev
	@$(RESULT)/durable.txt env QT_QPA_PLATFORM=offscreen $(PY) -m app bench trade_durable trade_durable_rate \
	    trade_durable_accounts trade_durable_accounts_rate

ORDER_FAULTS := tests/engine/kernel/test_order_faults.py tests/engine/kernel/test_book_faults.py \
    tests/engine/kernel/test_venue_limits.py tests/engine/kernel/test_paper_day.py
full-orders: $(VENV)/.dev
	@$(RESULT)/orders.txt $(PROOF) -rP --durations=10 $(ORDER_FAULTS)

full-conformance: $(VENV)/.dev $(VENV)/.clients
	@$(RESULT)/conformance.txt $(PROOF) -o faulthandler_timeout=0 --durations=10 tests/conformance tests/clients tests/engine/venues

full-strategies: $(VENV)/.dev
	@$(RESULT)/strategies.txt $(PROOF) -o faulthandler_timeout=0 -rP tests/faults/test_strategy_day.py

full-soak: $(VENV)/.dev
	@$(RESULT)/soak.txt $(PROOF) -o faulthandler_timeout=0 -rP tests/faults/test_soak.py

full-engine: $(VENV)/.dev
	@$(RESULT)/engine.txt $(PROOF) --durations=10 tests/engine tests/resources --ignore=tests/engine/venues --ignore=tests/engine/research/fast \
	    $(ORDER_FAULTS:%=--ignore=%)

full-rfq: $(VENV)/.dev
	@$(RESULT)/rfq.txt $(PROOF) -o faulthandler_timeout=0 -rP tests/engine/kernel/rfq/test_faults.py

full-fast: $(VENV)/.dev
	@$(RESULT)/fast.txt $(PROOF) -o faulthandler_timeout=0 -rP tests/engine/research/fast

full-screen: $(VENV)/.dev
	@$(RESULT)/screen.txt $(PROOF) --durations=10 tests --ignore=tests/faults --ignore=tests/engine --ignore=tests/resources \
	    --ignore=tests/conformance --ignore=tests/clients

full-bench: $(VENV)/.dev
	@mkdir -p $(RESULTS)
	QT_QPA_PLATFORM=offscreen $(PY) -m app bench --json $(BENCHES) >$(RESULTS)/bench.json

full-mutation: $(VENV)/.dev
	@$(RESULT)/mutation.txt env QT_QPA_PLATFORM=offscreen nice $(PY) packaging/mutation.py

full-package: package
	@$(RESULT)/package.txt packaging/check.sh
	@$(RESULT)/bare.txt packaging/bare.sh

## bench: the project's own benchmarks, for reading
bench: $(VENV)/.core
	QT_QPA_PLATFORM=offscreen $(PY) -m app bench $(ARGS)

## shots: the pictures of the README, made by the program itself
shots: $(VENV)/.core
	packaging/shots.sh docs/shots
	$(PY) packaging/scenes.py docs/shots

## pictures: small ones of every workspace for docs/look.md, all docks in all states, and those of the guide; ten minutes
pictures: $(VENV)/.dev
	$(PY) packaging/pictures.py

## package: the frozen program, and what installs it on this system, into dist/
package: $(VENV)/.dev
	packaging/build.sh

## release: whether a release could be made now; makes none
release: $(VENV)/.dev
	packaging/release.sh

## docs: the site of docs/, into build/site
docs: $(VENV)/.dev
	packaging/site.sh

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

.venv-peers/.done: locks/peers.txt | $(PY)
	rm -rf .venv-peers
	$(PY) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --no-compile --require-hashes -r locks/peers.txt
	@touch $@

$(VENV)/.clients: tests/clients/make.sh $(wildcard tests/clients/locks/*.txt) | $(PY)
	tests/clients/make.sh $(VENV) $(PY)
	@touch $@

$(VENV)/.compiled: $(VENV)/.core $(shell find $(PACKAGES) -name '*.py' 2>/dev/null)
	@$(PY) -m compileall -q -j 0 $(PACKAGES)
	@touch $@
