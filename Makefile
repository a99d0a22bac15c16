.DEFAULT_GOAL := help
SHELL := /bin/sh
PORT ?= 8080

##@ Use
.PHONY: up
up: node_modules/.installed ## Start everything on this machine with a demo shop (PORT=8080)
	@bin/vitrine up --port $(PORT)

##@ Kubernetes
.PHONY: cluster-up cluster-down
cluster-up: ## A cluster of kind with the operators, both charts and a demo shop
	@k8s-dev/cluster.sh up
cluster-down: ## Take it away again
	@k8s-dev/cluster.sh down

##@ Develop
.PHONY: test test-unit test-cluster typecheck lint format verify bench soak fuzz
test: node_modules/.installed ## Types, lint and all tests, on real engines
	@npm test --silent
test-unit: node_modules/.installed ## Only the tests that need no engine from Maven
	@npm run --silent test:unit
test-cluster: node_modules/.installed ## The tests on a real Kubernetes
	@npm run --silent test:cluster
typecheck: node_modules/.installed ## Check the types
	@npm run --silent typecheck
lint: node_modules/.installed ## Check format and lint
	@npm run --silent lint
format: node_modules/.installed ## Write the format
	@npm run --silent format
generate: node_modules/.installed ## Write what is generated: settings table, OpenAPI, custom resource
	@npm run --silent generate
verify: node_modules/.installed ## Types, lint, and that everything generated is up to date
	@npm run --silent verify
bench: node_modules/.installed ## Measure, as ratios to ceilings of the same run
	@npm run --silent bench
soak: node_modules/.installed ## The long tests: many kills, many histories
	@npm run --silent soak
fuzz: node_modules/.installed ## Try /openapi.json with a fuzzer (needs Python 3.12), 10,000 cases
	@npm run --silent fuzz

##@ Tidy
.PHONY: clean
clean: ## Remove the local data folder, downloaded engines and packages
	rm -rf .vitrine .engines .fuzz node_modules bench/results

.PHONY: help
help: ## List the commands
	@awk 'BEGIN {FS = ":.*## "} /^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# No install scripts run: nothing here needs one.
node_modules/.installed: package.json package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	@touch $@
