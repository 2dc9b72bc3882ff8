# make replay                                   a sample county, made and paid, and a report of it
# make replay FROM=folder TO=folder UNTIL=date  your own facts
# make desk                                     the sample county on a page where a payroll officer works
# make live                                     the live job on a Pub/Sub server of its own, held to the replay (needs Go)
# make wheel                                    what `pip install` takes, into build/wheel
# make quick                                    rules, cases and style, in under a minute
# make test | engines | cluster | addresses | faults | lint | types | bench | docs | clean
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
PIP = PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet --constraint constraints.txt
SAMPLE := build/sample.made
MAKERS := $(wildcard pipelines/command/sample.py pipelines/sample/*.py pipelines/sample/*.toml schemas/*.avsc rules/parameters/*.toml)
REPORT = $(or $(TO),out)/report.html
SHARED_OPTIONS = $(if $(UNTIL),--until "$(UNTIL)") $(if $(LAW),--law "$(LAW)")

PAID_ALIKE := tests/rules tests/test_cases.py tests/test_properties.py tests/transforms $(addprefix --ignore=tests/transforms/test_,traps.py resume.py)

.PHONY: addresses bench-keys bench-state cloud cluster compiled dataflow-template desk engines fast faults fuzz image java replay live server browser setup test quick lint types bench clean docs wheel receipts prove mutants noticed certificate

replay: $(READY) $(if $(FROM),,$(SAMPLE))
	@$(BIN)/ihss-payroll replay --events "$(or $(FROM),sample)" --out "$(or $(TO),out)" --engine beam $(SHARED_OPTIONS)
	@$(BIN)/ihss-payroll report --events "$(or $(FROM),sample)" --paid "$(or $(TO),out)" --out "$(REPORT)" $(if $(LAW),--law "$(LAW)") --quiet
	@echo "The report of this replay, to be opened in a browser: $(REPORT)"

desk: $(READY) $(SAMPLE)
	@test -f out/summary.json || $(BIN)/ihss-payroll replay --events sample --out out --quiet
	@echo 2025-01-14T09:00 > build/sample.clock  # after the sample's last pay run: what is decided now is seen by the next
	@$(BIN)/ihss-payroll desk --events sample --paid out --decide-as anna --land sample --clock build/sample.clock $(ARGS)

live: $(READY)
	@$(BIN)/python -m deploy.local

# More of what the tests do: job killed 60 times with folders, 6 times with Pub/Sub; files damaged, lost and put back 12 times
# a kind; Ctrl-C of a replay 3 times an engine. SEED= does the same again.
faults: $(READY) server
	@KILLS=$(or $(KILLS),60) DRILLS=$(or $(DRILLS),12) STOPS=3 $(BIN)/python -m pytest -q -s --timeout 300 -m drill tests/pipelines/live tests/pipelines/command -k "not pubsub and not pulling"
	@KILLS=6 $(BIN)/python -m pytest -q -s --timeout 300 tests/pipelines/live/test_pubsub.py tests/pipelines/live/test_pulling.py

# Receipts of every payment of every worked case, each number of each changed by one (docs/receipts.md).
receipts: $(READY)
	@RECEIPTS=1 $(BIN)/python -m pytest -q -n auto --timeout 600 tests/pipelines/explain/test_receipts.py

# The live job's own code on a disk that loses power, fills up and rots, with folders and Pub/Sub that fail, backups put back and a
# clock that jumps: seconds of seeds that nobody tried, printed; and the job broken in 14 ways, each of which must be found.
# SEEDS=0..99 does the same again.
prove: $(READY)
	@$(BIN)/python -m tests.simulation $(if $(SEEDS),--seeds $(SEEDS),--seconds $(or $(SECONDS),60))
	@$(if $(SEEDS)$(filter no,$(BREAKS)),,$(BIN)/python -m tests.simulation --breaks)

# Avro files that somebody broke, read in every way that files come in: make fuzz FUZZ=1000000 SEED=7
fuzz: $(READY)
	@$(if $(FUZZ),FUZZ=$(FUZZ)) $(if $(SEED),SEED=$(SEED)) $(BIN)/python -m tests.fuzz

# The worker's image without Docker: its install line is resolved, installed and checked, and main.py makes a template.
image: $(READY)
	@$(BIN)/python -m tests.deploy.image

# Views by GoogleSQL itself; and more of what the tests do: a journal of 100,000 files, a pay run of 100,000 messages.
cloud: $(READY)
	@$(BIN)/python -m tests.deploy.google_sql
	@JOURNAL_FILES=100000 CHECK_MESSAGES=100000 $(BIN)/python -m pytest -q --timeout 600 tests/pipelines/test_journal_folders.py tests/pipelines/launch/test_check.py -k "many_files or great"

# Avro for Java, for the drill of a schema change; without Java or Maven it is left out and says so.
java: $(READY)
	@$(BIN)/python -m tests.deploy.java_avro

# The Pub/Sub server of the drill and of the tests that need one; without Go they are left out and say so.
server: $(READY)
	@$(BIN)/python -m deploy.local server

# What the tests in a browser need of npm; without Chromium or npm they are left out and say so.
browser: $(READY)
	@$(BIN)/python -m tests.browser

# FAST=1: with the rules compiled to C, a minute more; without a C compiler it says so and nothing is lost.
setup: $(READY) $(if $(FAST),fast)

fast: $(READY)
	@$(BIN)/python -m deploy.compile

# -n: the tests share nothing, so every core takes some. What takes long has targets of its own.
test: $(READY)
	@IHSS_PAYROLL_COMPILED=no $(BIN)/python -m pytest -n auto --timeout 300 -m "not drill and not engines and not cluster and not addresses" $(ARGS)

# A Dask cluster of a scheduler and two workers, here: a county paid on it, every byte compared with one process; then workers and
# the scheduler are killed and strangers refused (docs/scale.md). Installs the extra that it needs.
cluster: $(READY)
	@$(BIN)/python -c 'import distributed' 2>/dev/null || $(PIP) distributed
	@$(BIN)/python -m deploy.local.cluster
	@$(BIN)/python -m pytest -q --timeout 300 -m cluster tests/pipelines/test_cluster.py $(ARGS)

# Replays from bucket to bucket on a Cloud Storage server of its own, Dataflow's batch job among them; without Go it is left out and says so.
addresses: $(READY)
	@$(BIN)/python -m deploy.local server storage
	@$(BIN)/python -m pytest -q --timeout 300 -m addresses tests/pipelines/test_addresses.py $(ARGS)

# What Beam, the streaming job, processes on all cores and an accepted past say, held to the plain fold; and each parameter
# of the law published in the middle of small histories.
engines: $(READY)
	@$(BIN)/python -m pytest -q -n auto --timeout 300 -m engines $(ARGS)

# The same rules compiled: what is paid is the same.
compiled: fast
	@IHSS_PAYROLL_COMPILED=yes $(BIN)/python -m pytest -q -n auto --timeout 300 $(PAID_ALIKE) -k "not test_beam" $(ARGS)

# Each rule of the law switched off in a copy of the house: a case must notice (the suite tries each eighth).
mutations: $(READY)
	@$(BIN)/python -m tests.mutations > /dev/null

# Every small change of rules/ that cosmic-ray thinks of, judged by cases and tests of rules: make mutants MUTANTS=200 SEED=7;
# without MUTANTS all 4,064, for hours. What is judged of these sources is not judged again.
mutants: $(READY)
	@$(BIN)/python -m tests.mutants $(if $(MUTANTS),--sample $(MUTANTS)) --seed $(or $(SEED),0)

# Mutants that were noticed before, each by the one test that did: 200 in two minutes (CI). SEED= draws others.
noticed: $(READY)
	@$(BIN)/python -m tests.mutants --noticed --sample $(or $(MUTANTS),200) --seed $(or $(SEED),0)

# What was shown of this commit, each row by its command: build/certificate/certificate.html and .json. QUICK=1: in two minutes
# on a quiet machine; else an hour, and Go, Chromium and the like as the tests need them. A row that held at this commit is not
# run again (AGAIN=1: all are); ONLY=text runs the rows that say it.
certificate: $(READY) $(SAMPLE)
	@QUICK=$(QUICK) ONLY="$(ONLY)" AGAIN=$(AGAIN) $(BIN)/python -m tests.certificate

# What most changes are judged by first: what is paid, and the style guide.
quick: $(READY)
	@$(BIN)/python -m pytest -q -n auto --timeout 300 -m "not engines" tests/rules tests/test_cases.py tests/test_house_rules.py $(ARGS)

lint: $(READY)
	@$(BIN)/ruff check .

types: $(READY)
	@$(BIN)/mypy

bench: $(READY)
	@$(BIN)/python -m bench $(ARGS)
	@$(BIN)/python -m bench.live

# The program as one file, into build/wheel: tried in an environment of its own, where there is no checkout.
wheel: $(READY)
	@$(BIN)/python -m tests.deploy.wheel

# What the largest keys cost: a recipient, a provider, the key that closes pay runs.
bench-keys: $(READY)
	@$(BIN)/python -m bench.hot_keys $(ARGS)

# A tenth of a State month on all cores; its facts are made once. ARGS="--compiled", ARGS="--share 0.02".
bench-state: $(READY)
	@$(BIN)/python -m bench.state_month $(ARGS)

# The site, from docs/ and from the code itself, into build/docs; nothing is fetched.
docs: $(READY)
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "build/docs/index.html"

# The Flex Template of the worker's image: make dataflow-template IMAGE=region-docker.pkg.dev/project/ihss-payroll/worker:0.2.0
dataflow-template: $(READY)
	@$(if $(IMAGE),,echo "name the image: make dataflow-template IMAGE=..." >&2; exit 2)
	@$(BIN)/ihss-payroll launch template --image "$(IMAGE)" --out build/dataflow/template.json

clean:
	@rm -rf .venv out out.desk* sample build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis rules/compiled/*.so rules/compiled/digest

$(SAMPLE): $(MAKERS) | $(READY)
	@rm -rf sample && mkdir -p $(@D)
	@$(BIN)/ihss-payroll sample --out sample
	@touch $@

# $(call step,words,command): what is done, and then in how many seconds it was.
define step
@printf '  %-54s' "$(1) ..."; began=$$(date +%s); $(2) || { code=$$?; echo " failed" >&2; exit $$code; }; echo "$$(( $$(date +%s) - began )) s"
endef

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "$(PYTHON) is not Python 3.11 or newer: install one and say make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments: apt-get install python3-venv (or your system's package of that name)" >&2; exit 1; }
	@echo "Setting up .venv, once; with a fast line a minute or two:"
	$(call step,an environment of its own in .venv,rm -rf .venv && $(PYTHON) -m venv .venv)
	$(call step,packages that pay: Avro and Beam and their like,$(PIP) --editable .)
	$(call step,packages that test and write the docs,$(PIP) --editable '.[dev]')
	$(call step,the command itself,$(BIN)/ihss-payroll --version > /dev/null)
	@touch $@
