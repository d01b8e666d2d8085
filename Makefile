# Everything a person needs is two commands: `make run` and `make test`.
# Each does its own set-up; see .ci/setup for what the tests install.

GO            ?= go
FUZZTIME      ?= 10s
FUZZDIRS      ?= .
BENCH         ?=
BENCHTIME     ?= 1s
TESTFLAGS     ?=
TESTPACKAGES  ?= ./...
MUTANTS       ?= -n 100
LINT_VERSION  := 2.8.0
LINT          := .tools/golangci-lint-$(LINT_VERSION)/golangci-lint
DEAD_VERSION  := 0.49.0
DEAD          := .tools/deadcode-$(DEAD_VERSION)/deadcode
STAT_VERSION  := 0.0.0-20260908200009-22c9c6c9d4da
STAT          := .tools/benchstat-$(STAT_VERSION)/benchstat
VERSION       ?= $(shell git describe --tags --always --dirty 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help run build setup test lint fmt deadcode tidy bench benchstat fuzz chaos stalls mutants generated clean

help: ## show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "  ONCE=1 make run         end after the scripted day; non-zero if an output is missing"
	@echo "  make test TESTFLAGS=-v  more flags for go test"
	@echo "  SHORT=1 make bench      the ratios alone in five minutes; the full one takes about twenty-five"
	@echo "  make bench BENCH=.      the Go benchmarks of that name (BENCHTIME=1s)"
	@echo "  SHORT=1 make chaos      its form of about three minutes; the full one takes half an hour"
	@echo "  SHORT=1 make stalls     a tenth of the agents; two minutes in full"
	@echo "  make mutants MUTANTS='-n 20 -packages ./finesse'  what to change; -h lists all flags"
	@echo "  make fuzz FUZZTIME=1m   time, or a number of inputs such as 10000x, per fuzz target"

run: build ## broker, Finesse simulator, worker and a scripted agent's day in one process
	./bin/gcbridge demo $(if $(filter-out 0,$(ONCE)),--once)

build: ## compile bin/gcbridge
	$(GO) build -trimpath -ldflags '$(if $(VERSION),-X main.version=$(VERSION))' -o bin/gcbridge ./cmd/gcbridge

setup: ## install what the tests need (Debian, root)
	@bash .ci/setup

test: setup ## all tests with the race detector, against ActiveMQ, Prosody and a Java JMS client
	CGO_ENABLED=1 $(GO) test -race -timeout 10m -p 2 $(TESTFLAGS) $(TESTPACKAGES)

lint: $(LINT) ## golangci-lint at the pinned version
	$(LINT) run ./...

fmt: $(LINT) ## format with gofumpt
	$(LINT) fmt ./...

$(LINT):
	GOBIN=$(CURDIR)/$(@D) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$(LINT_VERSION)

deadcode: $(DEAD) ## fail if a function is never called, or by tests only
	@bash .ci/deadcode $(DEAD)

$(DEAD):
	GOBIN=$(CURDIR)/$(@D) $(GO) install golang.org/x/tools/cmd/deadcode@v$(DEAD_VERSION)

tidy: ## fail if go.mod does not say what is used
	$(GO) mod tidy -diff

ifeq ($(BENCH),)
bench: setup ## measure beside a bare relay and Apache Camel, write docs/performance.md; a line for each goal
	$(GO) run ./test/bench $(if $(filter-out 0,$(SHORT)),-short)
else
bench: setup
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -benchtime $(BENCHTIME) -timeout 30m -p 1 ./...
endif

benchstat: $(STAT) ## fail if a benchmark allocates over 10 % more than at the base revision (BENCH_BASE=revision)
	@GO='$(GO)' bash .ci/benchstat $(CURDIR)/$(STAT)

$(STAT):
	GOBIN=$(CURDIR)/$(@D) $(GO) install golang.org/x/perf/cmd/benchstat@v$(STAT_VERSION)

fuzz: ## every fuzz target for FUZZTIME each
	@GO='$(GO)' bash .ci/fuzz '$(FUZZTIME)' $(FUZZDIRS)

chaos: setup ## kill nodes of a pair among commands; non-zero if one is lost, doubled, out of order or unanswered
	$(GO) run ./test/chaos $(if $(filter-out 0,$(SHORT)),-short)

stalls: setup ## measure a worker against a Finesse that is slow, silent or away; non-zero if a goal is missed
	$(GO) run ./test/stalls $(if $(filter-out 0,$(SHORT)),-size 0.1)

mutants: setup ## change lines of bridge/... one at a time; non-zero if the tests notice less than 90 % of the changes
	$(GO) run ./test/mutants $(MUTANTS)

generated: ## fail if a generated file is not current
	@GO='$(GO)' bash .ci/generated

clean: ## remove what was built
	rm -rf bin dist coverage.out
