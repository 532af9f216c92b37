# make ready · make book · make deck · make test · make lab · make notebooks · make bench · make bench-scale · make serve   (each installs what it needs)

PYTHON ?= python3
TORCH  ?= torch
# TORCH=torch==2.13.0 asks for one build; TORCH= leaves torch out (Part I runs without it).
JOBS   ?= 2
# processes that `make test` works in, a file at a time

VENV := .venv
BIN  := $(VENV)/bin
PIP  := $(BIN)/pip install --disable-pip-version-check
# what `make test` installed is stamped with the TORCH it was asked for, so that another one installs again
TEST := $(VENV)/test-$(firstword $(shell printf '%s' '$(TORCH)' | cksum))
export PATH := $(CURDIR)/$(BIN):$(PATH)

# `make lab` brings PyTorch only where TORCH is given
WITH := $(if $(filter file,$(origin TORCH)),,$(TORCH))
LAB  := $(VENV)/lab-$(firstword $(shell printf '%s' '$(WITH)' | cksum))

.PHONY: help ready book check deck test lint lab notebooks bench bench-scale serve clean

help:
	@echo "make book       the site, in book/_build/html"
	@echo "make test       unit tests, and every notebook cell against its stored output"
	@echo "               (by meaning: the last digit printed may differ by one; KTLIB_EXACT=1 make test asks for the same bytes)"
	@echo "make lab        the notebooks in JupyterLab; with PyTorch: make lab TORCH=torch"
	@echo "make check      links, weight, accessibility, network and screenshots of the built site (needs Chromium)"
	@echo "make deck       the pitch as one page, PDF, PNG and SVG, and all in a zip, in book/_build/deck; opens with the network off"
	@echo "make notebooks  run all notebooks again, in place"
	@echo "make bench      timed comparisons, stored in ktlib/studies/stored/results"
	@echo "make bench-scale  what a fit of 1 to 10 million answers costs, stored in the same place"
	@echo "make ready      installs at once what all of these need; without it each installs what it needs"
	@echo "make serve      the site at http://localhost:8000"

$(BIN)/python:
	$(PYTHON) -c "import sys; sys.exit('Python 3.11 or newer is needed; set PYTHON=...' if sys.version_info < (3, 11) else 0)"
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/book: pyproject.toml | $(BIN)/python
	$(PIP) -e ".[book]"
	@touch $@

$(TEST): pyproject.toml | $(BIN)/python
	$(if $(TORCH),$(PIP) "$(TORCH)")
	$(PIP) -e ".[test$(if $(TORCH),$(comma)bayes)]"
	@rm -f $(VENV)/test*
	@touch $@

$(LAB): pyproject.toml | $(BIN)/python
	$(if $(WITH),$(PIP) "$(WITH)")
	$(PIP) -e ".[notebooks$(if $(WITH),$(comma)bayes)]"
	@rm -f $(VENV)/lab*
	@touch $@

$(VENV)/site: pyproject.toml | $(BIN)/python
	$(PIP) -e ".[site]"
	@touch $@

ready: | $(BIN)/python
	$(if $(TORCH),$(PIP) "$(TORCH)")
	$(PIP) -e ".[$(if $(TORCH),all,book$(comma)site$(comma)test)]"
	@rm -f $(VENV)/test*
	@touch $(VENV)/book $(VENV)/site $(TEST)

comma := ,

book: $(VENV)/book
	$(BIN)/jupyter-book build book -W --keep-going -n
	$(BIN)/python tools/check_site.py book/_build/html
	@echo "Open book/_build/html/index.html"

deck: $(VENV)/book
	$(BIN)/python tools/make_deck.py book/_build/deck

check: $(VENV)/book $(VENV)/site
	$(BIN)/python tools/check_site.py book/_build/html
	$(BIN)/python tools/check_browser.py book/_build/html

test: $(TEST) lint
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

lint: $(TEST)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

lab: $(LAB)
	$(BIN)/jupyter lab notebooks

notebooks: $(TEST)
	$(BIN)/python tools/run_notebooks.py

bench: $(TEST)
	$(BIN)/python benchmarks/em_speed.py
	@echo "make book draws its tables. Longer studies, each a script of its own: see benchmarks/README.md"

bench-scale: $(TEST)
	$(BIN)/python benchmarks/scale.py
	$(BIN)/python benchmarks/scale.py --answers 1e6 --factors 3 5 10 20
	$(BIN)/python benchmarks/scale.py --answers 1e6 --factors 3 5 10 20 --rule safe
	$(BIN)/python benchmarks/scale_small.py
	$(BIN)/python benchmarks/scale.py --answers 1e6 --device cpu cuda
	$(BIN)/python benchmarks/scale.py --answers 1e6 --processes 2
	$(BIN)/python benchmarks/cluster_parts.py

serve: book
	$(BIN)/python -m http.server 8000 --directory book/_build/html

clean:
	rm -rf book/_build book/_generated book/notebooks book/api book/api.md build *.egg-info .pytest_cache .ruff_cache
