# make run   builds everything, starts the daemon and shows what it publishes
# make test  runs every test; what cannot run here says so
# make help  lists the rest

CARGO ?= cargo
CLANG ?= clang
PREFIX ?= /usr/local
DESTDIR ?=
# Where cargo puts what it builds.
TARGET = $(or $(CARGO_TARGET_DIR),target)
BIN = $(TARGET)/release

PROBE_FLAGS = -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Werror

# The loader of the benchmarks needs no type information.
ARTICLE = rstatd/benches/timeline/stages/article
ARTICLE_FLAGS = $(filter-out -g,$(PROBE_FLAGS))

.PHONY: build run test accuracy accuracy-ci accuracy-build bench bench-timeline test-kernels test-kernels-ci lint model probe article-probe install help

build: ## builds daemon, readers and C library (release)
	$(CARGO) build --release --locked

run: build ## starts the daemon, through sudo when not root, and shows it live; Ctrl-C ends both
	@BIN=$(BIN) sh rstat-read/examples/run.sh

test: ## runs all tests, privileged ones too when root
	@[ "$$(id -u)" = 0 ] || echo "not root: the tests that load the probe will be skipped and say so"
	$(CARGO) test --workspace --locked -- --show-output
	$(MAKE) --no-print-directory model

model: ## checks the seqlock in a model checker
	RUSTFLAGS="--cfg loom" $(CARGO) test -p rstat-shm --lib --release --locked --target-dir $(TARGET)/loom

accuracy: accuracy-build ## holds the daemon's figures against the kernel's under real loads; 5 minutes
	$(BIN)/examples/accuracy

accuracy-ci: accuracy-build ## the same in a brief run: without what takes a minute or shows what others show
	$(BIN)/examples/accuracy brief

accuracy-build:
	@command -v stress-ng >/dev/null || echo "stress-ng is missing, and so will be two cases: apt install stress-ng"
	$(CARGO) build --release --locked -p rstatd --bin rstatd --example accuracy

bench: ## measures everything against its goals; best on a machine that does nothing else
	$(CARGO) bench --workspace --locked --bench '*'

bench-timeline: ## the article's stages and rstat, with 100 to 8,000 processes; draws docs/pictures/timeline.svg
	$(CARGO) bench -p rstatd --locked --bench timeline -- --svg $(CURDIR)/docs/pictures/timeline.svg

test-kernels: ## tries the daemon on other kernels, in QEMU; downloads some 300 MB once
	rstatd/tests/kernels/run

test-kernels-ci: ## the same on three kernels that differ most; passes where none can be had
	KERNELS_REQUIRED=no rstatd/tests/kernels/run 5.10-cloud-amd64 6.1-cloud-amd64 newest-cloud-amd64

lint: ## rustfmt and clippy, warnings are errors
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

probe: ## compiles the probe and checks the object in, for machines without clang
	cd probe && $(CLANG) $(PROBE_FLAGS) -c probe.bpf.c -o probe.bpf.o && llvm-strip -g probe.bpf.o

article-probe: ## the same for the article's probe, which the benchmarks hold ours against
	cd $(ARTICLE) && $(CLANG) $(ARTICLE_FLAGS) -c article.bpf.c -o article.bpf.o

install: build ## installs below DESTDIR/PREFIX
	install -Dm755 $(BIN)/rstatd $(DESTDIR)$(PREFIX)/sbin/rstatd
	install -Dm755 $(BIN)/rstat-waybar $(DESTDIR)$(PREFIX)/bin/rstat-waybar
	install -Dm755 $(BIN)/rstat-read $(DESTDIR)$(PREFIX)/bin/rstat-read
	install -Dm755 $(BIN)/librstat_read.so $(DESTDIR)$(PREFIX)/lib/librstat_read.so
	install -Dm644 rstat-read/include/rstat_read.h $(DESTDIR)$(PREFIX)/include/rstat_read.h
	install -Dm644 rstat-shm/PROTOCOL.md $(DESTDIR)$(PREFIX)/share/doc/rstat/PROTOCOL.md

help: ## prints this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 17
