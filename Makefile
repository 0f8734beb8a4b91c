# The project's commands. Whatever they make or fetch is below build/.

GO          ?= go
STATICCHECK ?= honnef.co/go/tools/cmd/staticcheck@v0.7.0
LIBRARY      = build/libk8saudit.so

.PHONY: build test demo engine lint bench clean needs

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

test: build engine
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
