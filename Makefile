# Every target does its own set-up. `make serve` installs only what serving needs.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
DATA ?= ../shared/data
SPLIT ?= validation
MODEL ?= models/default
TEMPLATES := training/samples/templates.csv

.PHONY: serve test test-fast train model lint format types bench bench-quality bench-latency \
	bench-behaviour bench-labels bench-books bench-ablation bench-memory bench-scratch bench-scoring \
	bench-startup bench-http bench-playground bench-container test-container soak screenshots \
	requirements clean

serve: .venv/.serving
	$(BIN)/python -m gunicorn --config service/gunicorn_conf.py

test: .venv/.everything lint types
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadgroup

test-fast: .venv/.everything
	$(BIN)/python -m pytest -m "not slow"

# A part of `make test`: both images built and run, nginx and Prometheus beside them.
test-container: .venv/.everything
	$(BIN)/python -m pytest -rs tests/container

# The whole retraining, on the sample sentences: models/samples, in about a minute.
train: .venv/.everything
	$(BIN)/python -m training fit --config training/samples/config.toml --data training/samples \
		--output models/samples

# The model that ships, on the research data sets in DATA and what a larger model says of them.
model: .venv/.everything .venv/.teachers $(TEMPLATES)
	$(BIN)/python -m teachers --config teachers/minilm.toml --data $(DATA) training/samples \
		--output models/teacher
	$(BIN)/python -m training fit --config training/default.toml \
		--data $(DATA) training/samples models/teacher --output $(MODEL)

$(TEMPLATES): training/templates.json training/templates.py | .venv/.everything
	$(BIN)/python -m training templates --output $@

lint: .venv/.everything
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: .venv/.everything
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

types: .venv/.everything
	$(BIN)/mypy

bench: bench-latency bench-startup bench-http bench-behaviour bench-quality bench-memory

# SPLIT=test reads the test files: once for a release, never to choose by.
bench-quality: .venv/.everything $(TEMPLATES)
	$(BIN)/python -m benchmarks.quality --data $(DATA) --split $(SPLIT) --model $(MODEL)

bench-latency: .venv/.everything
	$(BIN)/python -m benchmarks.latency --model $(MODEL) --check

bench-behaviour: .venv/.everything
	$(BIN)/python -m benchmarks.behaviour --model $(MODEL) --peers

# How a model that saw no row of a new domain goes on with a few; about half an hour with its fit.
bench-labels: .venv/.everything models/without-products
	$(BIN)/python -m benchmarks.label_efficiency --data $(DATA) --model models/without-products

models/without-products: benchmarks/label_base.toml | .venv/.everything $(TEMPLATES)
	rm -rf $@
	$(BIN)/python -m training fit --config $< --data $(DATA) training/samples --output $@

# 500 rows of books, and the other 1,500 to test on. models/default has seen books, which is said.
bench-books: .venv/.everything
	$(BIN)/python -m benchmarks.label_efficiency --data $(DATA) --model $(MODEL) \
		--rows amazon-books.parquet --tested 0.75 --sizes 500 --peers fasttext,tfidf

# What each part of the recipe is worth: a fit of some minutes for each row that models/ablation lacks.
bench-ablation: .venv/.everything $(TEMPLATES)
	$(BIN)/python -m benchmarks.ablation --data $(DATA) training/samples models/teacher

bench-memory: .venv/.everything
	$(BIN)/python -m benchmarks.memory --data $(DATA) --check

# A fit on imdb-train with the default settings: accuracy, minutes, memory.
bench-scratch: .venv/.everything
	$(BIN)/python -m benchmarks.scratch --data $(DATA) --check

# A million short rows through `python -m training predict`, two processes.
bench-scoring: .venv/.everything
	$(BIN)/python -m benchmarks.scoring --model $(MODEL) --check

bench-startup: .venv/.serving
	$(BIN)/python -m benchmarks.startup --model $(MODEL)

bench-http: .venv/.everything
	$(BIN)/python -m benchmarks.http --model $(MODEL) --check

# Predictions while browsers load the playground; about two minutes.
bench-playground: .venv/.everything
	$(BIN)/python -m benchmarks.playground --model $(MODEL) --check

# The image's size and start, and what is lost while replicas behind nginx come and go.
bench-container: .venv/.everything
	$(BIN)/python -m benchmarks.container --check

# 200,000 requests while versions switch, a worker dies and gunicorn reloads.
soak: .venv/.everything
	$(BIN)/python -m benchmarks.soak --model $(MODEL)

# The pictures of the playground in docs/, with the default model.
screenshots: .venv/.everything
	$(BIN)/python -m tests.browser.screenshots

# Pin again what pyproject.toml names: for the service, for all of it, and, at the same versions, for
# the image that trains.
PIN := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-emit-find-links pyproject.toml

requirements: .venv/.everything
	$(PIN) -o requirements-serve.txt
	$(PIN) --all-extras -o requirements.txt
	$(PIN) --extra training --constraint requirements.txt -o requirements-training.txt

clean:
	rm -rf .venv .pytest_cache .ruff_cache .mypy_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "This needs Python 3.11 with its venv module (Debian: apt install python3-venv)." >&2; \
		exit 1; }

.venv/.serving: requirements-serve.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

# All of it holds all that serving needs, at the same versions.
.venv/.everything: requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@ .venv/.serving

# PyTorch, for teachers/ and one peer of bench-quality alone.
.venv/.teachers: requirements-teachers.txt .venv/.everything
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@
