# The project's commands. Whatever they make or fetch is below build/.

GO          ?= go
STATICCHECK ?= honnef.co/go/tools/cmd/staticcheck@v0.7.0
LIBRARY      = build/libk8saudit.so

.PHONY: build test test-long demo engine lint bench fuzz clean needs

build: $(LIBRARY)

# Go knows by itself what has changed.
.PHONY: $(LIBRARY)
$(LIBRARY): needs
	@$(GO) build -buildmode=c-shared -trimpath -ldflags "-s -w" -o $@ ./plugin
	@rm -f build/libk8saudit.h

needs:
	@command -v $(GO) >/dev/null || { echo "Go is missing: install Go 1.26 or newer (go.dev/doc/install)"; exit 1; }
	@command -v gcc >/dev/null || { echo "gcc is missing: install it (on Debian: apt-get install gcc libc6-dev)"; exit 1; }

# A real engine to evaluate rules with: Falco when it is there, else libsinsp.
engine:
	@if [ -n "$$FALCO" ] || command -v falco >/dev/null; then \
		echo "Rules are evaluated by the Falco on PATH; nothing is fetched."; \
	else test/engine/fetch.sh build/engine; fi

# The founding document's story, then a real log, with the alerts as they come.
demo: build engine
	@$(GO) run ./test/demo

# Tests take every engine there is, to compare them, and libsinsp to stop it: a
# Falco alone does for the rest.
test: build
	@test/engine/fetch.sh build/engine || command -v "$${FALCO:-falco}" >/dev/null
	$(GO) test -race -timeout 10m ./...

lint: needs
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "run gofmt -w on: $$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

clean:
	rm -rf build

# How fast it is; against another library with
#   make bench BASELINE=/path/to/libk8saudit.so BASELINE_EXTRA=/path/to/libjson.so BASELINE_RULES=/path/to/rules.yaml
bench: build engine
	$(GO) build -o build/bench ./test/bench
	build/bench -baseline "$(BASELINE)" -baseline-extra "$(BASELINE_EXTRA)" -baseline-rules "$(BASELINE_RULES)" $(BENCHFLAGS)

# The long form of the tests that have one: 200 kills, 1,000 random programs,
# 100,000 events in each mode of the API server's client.
test-long: build engine
	K8SAUDIT_LONG=1 $(GO) test -timeout 60m ./...

# Each fuzz target for that long.
FUZZTIME ?= 60s
fuzz: needs
	@for target in $$(grep -rhoE 'func Fuzz\w+' --include=*_test.go pkg | cut -d' ' -f2); do \
		package=./$$(dirname $$(grep -rl "func $$target(" --include=*_test.go pkg)); \
		echo "$$target in $$package"; \
		$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1s $$package || exit 1; \
	done
