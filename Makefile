# Two commands do everything on a machine with Python 3.11+, pip, make and git: `make demo` and
# `make test`. Both set up .venv by themselves; `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# A process a core, four at most: each may hold TensorFlow. A file's tests share what it trains.
PARALLEL := --numprocesses auto --maxprocesses 4 --dist loadfile
export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: help demo test test-fast sanitize lint format notebook torch wheels clean

help: ## Show what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/train.stamp ## Train on 25,000 real IMDB reviews, evaluate, predict (a few minutes)
	$(BIN)/cinesent train --data imdb-train --preset default --set epochs=3 --out runs/demo --overwrite
	$(BIN)/cinesent evaluate --model runs/demo --data imdb-train --split validation
	$(BIN)/cinesent predict --model runs/demo \
		"A quiet, funny and deeply moving film; the cast is superb." \
		"Two hours I will never get back. The plot makes no sense at all." \
		"Not bad, but the ending didn't work for me: 6/10."

test: $(VENV)/dev.stamp ## Run every test
	$(BIN)/python -m pytest $(PARALLEL)

test-fast: $(VENV)/dev.stamp ## Run the tests that need no framework (a minute)
	$(BIN)/python -m pytest $(PARALLEL) -m "not slow and not train and not backends"

# Compiled anew without them afterwards, whatever the tests find.
sanitize: $(VENV)/dev.stamp ## Run the tests of the native library with the sanitizers of the compiler
	$(BIN)/python hatch_build.py -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
	ASAN_OPTIONS=detect_leaks=0 LD_PRELOAD="$$(c++ -print-file-name=libasan.so) $$(c++ -print-file-name=libubsan.so)" \
		$(BIN)/python -m pytest -s tests/test_kernel.py tests/text/test_native_encoder.py; \
		status=$$?; $(BIN)/python hatch_build.py && exit $$status

lint: $(VENV)/dev.stamp ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/dev.stamp ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

notebook: $(VENV)/dev.stamp ## Execute the notebook on a reduced setting
	CINESENT_NOTEBOOK=small $(BIN)/python -m pytest --nbmake --nbmake-timeout=600 sentiment_analysis.ipynb

torch: $(VENV)/dev.stamp ## Add the torch backend to .venv
	$(BIN)/pip install --quiet torch==2.13.0

# Platforms that get a wheel with the native library; all others install the pure package.
PLATFORMS := manylinux_2_17_x86_64 manylinux_2_17_aarch64 musllinux_1_1_x86_64 musllinux_1_1_aarch64 \
	macosx_11_0_x86_64 macosx_11_0_arm64 win_amd64 win_arm64

wheels: $(VENV)/bin/python ## Build a wheel for each platform, cross-compiled with ziglang
	$(BIN)/pip install --quiet --disable-pip-version-check hatchling ziglang
	for platform in $(PLATFORMS); do \
		CINESENT_NATIVE=1 CINESENT_TARGET=$$platform $(BIN)/python -m hatchling build -t wheel -d dist || exit 1; \
	done
	CINESENT_NATIVE=0 $(BIN)/python -m hatchling build -t wheel -d dist

clean: ## Remove .venv and everything that was built
	rm -rf $(VENV) build dist runs .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "cinesent needs Python 3.11 or newer; $$($(PYTHON) --version) was found." \
		"Name another one: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/train.stamp: requirements.txt pyproject.toml hatch_build.py $(wildcard src/cinesent/native/cpp/*) | $(VENV)/bin/python
	@echo "setting up .venv (TensorFlow is large: this takes a minute or two)"
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt $(VENV)/train.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
