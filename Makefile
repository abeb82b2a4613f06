# `make` lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

SWIFT ?= swift
PYTHON ?= python3
# Seconds that `make fuzz` gives to each target.
SECONDS ?= 60

# What a release is built with: 5 to 10 % faster than without, and it runs where no Swift toolchain is. Without the
# relocations of a position-independent executable it takes 6 MiB less memory; libraries, heap and stack stay random.
RELEASE := --configuration release --static-swift-stdlib -Xlinker --gc-sections -Xlinker -no-pie \
	-Xswiftc -cross-module-optimization -Xswiftc -enforce-exclusivity=unchecked
PROGRAM := .build/release/chat-tokens
VENV := .build/venv

BUILD_PACKAGES := pkg-config libssl-dev libjansson-dev libsqlite3-dev libpq-dev libhiredis-dev curl:curl
TEST_PACKAGES := $(BUILD_PACKAGES) nginx-light:nginx haproxy:haproxy prometheus:promtool openssl:openssl faketime:faketime \
	python3-venv postgresql-15:/usr/lib/postgresql/15/bin/postgres redis-server:redis-server redis-tools:redis-cli pgbouncer:pgbouncer \
	caddy:caddy apache2-bin:apache2 libapache2-mod-auth-openidc ejabberd:ejabberdctl rabbitmq-server:rabbitmq-server \
	nodejs:node
BENCH_PACKAGES := $(BUILD_PACKAGES) wrk:wrk nginx-light:nginx golang-go:go golang-github-golang-jwt-jwt-dev \
	golang-github-mattn-go-sqlite3-dev golang-github-jackc-pgx-v4-dev nodejs:node python3-venv gcc:gcc openssl:openssl strace:strace valgrind:valgrind \
	postgresql-15:/usr/lib/postgresql/15/bin/postgres redis-server:redis-server

.PHONY: help run build test test-swift test-end-to-end bench bench-micro lint format fuzz clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 18

run: build ## Build a release, set up .data/ if need be, serve on 127.0.0.1:8080
	@$(PROGRAM) init
	@echo
	@exec $(PROGRAM) serve

build: ## Build a release
	@.ci/packages $(BUILD_PACKAGES)
	$(SWIFT) build $(RELEASE) --product chat-tokens

test: test-swift test-end-to-end ## Install what the tests need, run all of them

# Not all tests at once: each has a server or a database of its own, and beyond some 1,300 open files Foundation fails
# now and then to start a process.
test-swift: ## Run the Swift tests; a target that imports what it does not declare is an error
	@.ci/packages $(TEST_PACKAGES)
	$(SWIFT) build --build-tests --explicit-target-dependency-import-check error
	Tests/Services/run $(SWIFT) test --skip-build --experimental-maximum-parallelization-width 16 | tee .build/test-swift.log || \
		{ echo "Failed:"; grep --text '^✘' .build/test-swift.log; exit 1; }

test-end-to-end: $(VENV)/installed ## Run the end-to-end tests against the debug build
	@.ci/packages $(TEST_PACKAGES)
	$(SWIFT) build --product chat-tokens
	$(SWIFT) build --product SampleGateway
	Tests/Services/run $(VENV)/bin/python -m pytest Tests/EndToEndTests

bench: build ## Compare with the floors and with what one would have written instead, about 20 minutes
	@.ci/packages $(BENCH_PACKAGES)
	Benchmarks/run

bench-micro: ## Count the instructions of single operations; more than the committed thresholds is an error
	@.ci/packages $(BUILD_PACKAGES) valgrind:valgrind
	$(SWIFT) build $(RELEASE) --product Micro
	Benchmarks/Micro/run

lint: $(VENV)/installed ## Check formatting, scripts, and that the generated documents are current
	git ls-files -z '*.swift' | xargs -0 $(SWIFT) format lint --strict --parallel
	if command -v shellcheck >/dev/null; then shellcheck .ci/run .ci/packages; fi
	$(VENV)/bin/python openapi/render.py --check

format: ## Format the Swift files in place
	git ls-files -z '*.swift' | xargs -0 $(SWIFT) format format --in-place --parallel

fuzz: ## Fuzz the JSON scanner, the token parser and the request reader, SECONDS=60 each
	@.ci/packages $(BUILD_PACKAGES)
	$(MAKE) -C Tests/Fuzz json token http SECONDS=$(SECONDS)

clean: ## Remove everything that was built; .data/ stays
	rm -rf .build Benchmarks/.build

$(VENV)/installed: Tests/EndToEndTests/requirements.txt
	@.ci/packages python3-venv
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	touch $@
