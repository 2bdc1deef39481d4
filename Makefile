# The one place of commands: "make help" lists them.

# migrated_fynedo: all our calls into the window go through fyne.Do.
export GOFLAGS := -tags=migrated_fynedo $(filter-out -tags=%,$(GOFLAGS))
# As the program sets it for itself: threads that wait asleep leave the cores to others.
export OMP_WAIT_POLICY ?= passive
SHELL := bash
BIN := bin/reverie
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run build test check race bench fmt shots icon setup clean

help: ## list the commands
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## install what is missing, build, and start (window, or the demo where there is no display)
	@scripts/run $(ARGS)

build: setup ## build bin/reverie
	@mkdir -p bin
	go build -o $(BIN) .

test: setup ## every check and test, on a display of its own; the last line counts them
	@REVERIE_REQUIRE_DISPLAY=1 scripts/with-display scripts/test all

check: setup ## formatting, vet and staticcheck only
	@scripts/test check

race: setup ## the race detector on the packages without C
	@scripts/test race

bench: build ## time evaluation, decoding and loading (JSON)
	@$(BIN) bench --json $(ARGS)

fmt: ## format the sources
	@git ls-files -z --cached --others --exclude-standard -- '*.go' | xargs -0 -r gofmt -w

shots: build ## take the README's pictures (docs/pictures) on a display of its own
	@scripts/with-display scripts/shots $(ARGS)

icon: ## draw resources/icon.svg and icon.png anew
	go run ./scripts/icon resources

setup: ## install what is missing (Debian, Ubuntu) or name it (Fedora, macOS, MSYS2)
	@scripts/setup

clean: ## remove what was built and made
	rm -rf bin results .cache
