# make run   builds everything, starts the daemon and shows what it publishes
# make test  runs every test; a test that cannot run here says so
# make help  lists the rest

CARGO ?= cargo
CLANG ?= clang
PREFIX ?= /usr/local
# The folder of libraries; Debian's is $(PREFIX)/lib/x86_64-linux-gnu.
LIBDIR ?= $(PREFIX)/lib
DESTDIR ?=
# The folder of cargo's output.
TARGET = $(or $(CARGO_TARGET_DIR),target)
BIN = $(TARGET)/release
LIB = $(TARGET)/library

PROBE_FLAGS = -target bpf -mcpu=v3 -O2 -g -fdebug-compilation-dir=. -Wall -Wextra -Werror

# The loader of the benchmarks needs no type information.
ARTICLE = rstatd/benches/timeline/stages/article
ARTICLE_FLAGS = $(filter-out -g,$(PROBE_FLAGS))

# The version of the C ABI in the header: librstat_read.so.MAJOR.MINOR.
HEADER = rstat-read/include/rstat_read.h
ABI_MAJOR := $(shell sed -n 's/^\#define RSTAT_ABI_MAJOR //p' $(HEADER))
ABI_MINOR := $(shell sed -n 's/^\#define RSTAT_ABI_MINOR //p' $(HEADER))
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)
SHARED_OBJECT = librstat_read.so.$(ABI_MAJOR).$(ABI_MINOR)

PLUGIN = rstat-read/waybar
PLUGIN_FLAGS = -std=gnu99 -O2 -Wall -Wextra -fPIC -shared -DWBCFFI_ABI=$(WBCFFI_ABI) \
	-Irstat-read/include $$(pkg-config --cflags gtk+-3.0)
# Every Waybar with an interface to plugins knows version 1 of it.
WBCFFI_ABI ?= 1
WAYBAR_PLUGIN ?= $(LIB)/waybar-rstat.so

.PHONY: build library waybar-cffi run test bless test-bars test-bars-newer accuracy accuracy-ci accuracy-build bench bench-timeline article-probe test-kernels \
	test-kernels-ci lint model probe install install-library install-waybar-cffi help

build: ## builds daemon and readers (release)
	$(CARGO) build --release --locked

# The C library is built apart from the Rust library, or it would not be optimised as a whole.
# Unlike the programs the library catches panics. Programs ask for the major version that they
# were built with.
library: ## builds only the C library (release)
	$(CARGO) rustc --profile library --locked -p rstat-read --lib --crate-type cdylib \
		--no-default-features -- \
		-C link-arg=-Wl,-soname,librstat_read.so.$(ABI_MAJOR)

# The library lies beside the plugin after a build, and above it after an installation:
# the plugin finds it there by itself, and a copy elsewhere finds the installed one.
waybar-cffi: library ## builds the plugin for Waybar; needs GTK 3 (libgtk-3-dev)
	ln -sf librstat_read.so $(LIB)/librstat_read.so.$(ABI_MAJOR)
	$(CC) $(PLUGIN_FLAGS) $(CFLAGS) $(PLUGIN)/module.c $(PLUGIN)/config.c \
		-Wl,--version-script=$(PLUGIN)/exports.map -Wl,-rpath,'$$ORIGIN:$$ORIGIN/..:$(LIBDIR)' \
		-L$(LIB) -lrstat_read $$(pkg-config --libs gtk+-3.0) $(LDFLAGS) -o $(WAYBAR_PLUGIN)

run: build ## starts the daemon, through sudo when not root, and shows it live; Ctrl-C ends both
	@BIN=$(BIN) sh rstat-read/examples/run.sh

test: ## runs all tests, privileged ones too when root
	@[ "$$(id -u)" = 0 ] || echo "not root: the tests that load the probe will be skipped and say so"
	$(CARGO) test --workspace --locked -- --show-output
	$(MAKE) --no-print-directory model

bless: ## writes generated and golden files anew: the diff is then the review
	RSTAT_BLESS=1 $(CARGO) test --locked -p rstat-shm --test generated
	RSTAT_BLESS=1 $(CARGO) test --locked -p rstat-read --test golden
	RSTAT_BLESS=1 $(CARGO) test --locked -p rstatd --test source origins

test-bars: ## shows the readers in real bars and a real Prometheus; installs missing ones when root
	$(CARGO) build --release --locked -p rstat-read --bins --examples
	BIN=$(abspath $(BIN)) PICTURES=$(abspath $(TARGET))/bars rstat-read/tests/bars/run

# Debian's suite decides about Waybar: trixie has 0.12, sid the newest.
SUITE ?= trixie
test-bars-newer: waybar-cffi ## does the same with a newer Waybar and the plugin; root only
	$(CARGO) build --release --locked -p rstat-read --bins --examples
	BIN=$(abspath $(BIN)) PICTURES=$(abspath $(TARGET))/bars PLUGIN=$(abspath $(WAYBAR_PLUGIN)) \
		rstat-read/tests/bars/newer $(SUITE)

model: ## checks the seqlock in a model checker
	RUSTFLAGS="--cfg loom" $(CARGO) test -p rstat-shm --lib --release --locked --target-dir $(TARGET)/loom

accuracy: accuracy-build ## compares the daemon's figures with the kernel's under real loads; 5 minutes
	$(BIN)/examples/accuracy

accuracy-ci: accuracy-build ## does the same in brief, without long cases and similar ones
	$(BIN)/examples/accuracy brief

accuracy-build:
	@command -v stress-ng >/dev/null || echo "two cases will be missing, which need stress-ng: apt install stress-ng"
	$(CARGO) build --release --locked -p rstatd --bin rstatd --example accuracy

bench: ## measures everything against its goals; best on a machine that does nothing else
	$(CARGO) bench --workspace --locked --bench '*'

bench-timeline: ## measures the article's stages with 100 to 8,000 processes; draws docs/pictures/timeline.svg
	$(CARGO) bench -p rstatd --locked --bench timeline -- --svg $(CURDIR)/docs/pictures/timeline.svg \
		100 300 1000 2000 4000 8000

test-kernels: ## tries the daemon on other kernels, in QEMU; downloads some 300 MB once
	rstatd/tests/kernels/run

test-kernels-ci: ## does the same on three kernels; passes when no kernel can be fetched
	KERNELS_REQUIRED=no rstatd/tests/kernels/run 5.10-cloud-amd64 6.1-cloud-amd64 6.12-cloud-amd64

lint: ## runs rustfmt and clippy; warnings are errors
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	$(CARGO) clippy -p rstat-read --lib --no-default-features --locked -- -D warnings

probe: ## compiles the probe into the object in the tree, for machines without clang
	cd probe && $(CLANG) $(PROBE_FLAGS) -c probe.bpf.c -o probe.bpf.o && llvm-strip -g -R .rel.BTF.ext probe.bpf.o

article-probe: ## does the same for the article's probe, the contender in benchmarks
	cd $(ARTICLE) && $(CLANG) $(ARTICLE_FLAGS) -c article.bpf.c -o article.bpf.o

install: build install-library ## installs below DESTDIR/PREFIX
	install -Dm755 $(BIN)/rstatd $(DESTDIR)$(PREFIX)/sbin/rstatd
	install -Dm755 $(BIN)/rstat-waybar $(DESTDIR)$(PREFIX)/bin/rstat-waybar
	install -Dm755 $(BIN)/rstat-read $(DESTDIR)$(PREFIX)/bin/rstat-read
	install -Dm755 $(BIN)/rstat-watch $(DESTDIR)$(PREFIX)/bin/rstat-watch
	install -Dm644 rstat-shm/PROTOCOL.md $(DESTDIR)$(PREFIX)/share/doc/rstat/PROTOCOL.md
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|@PREFIX@|$(PREFIX)|' rstatd/rstatd.service.in \
		>$(DESTDIR)$(PREFIX)/lib/systemd/system/rstatd.service
	chmod 644 $(DESTDIR)$(PREFIX)/lib/systemd/system/rstatd.service

install-library: library ## installs only the C library, its header and its pkg-config file
	install -Dm755 $(LIB)/librstat_read.so $(DESTDIR)$(LIBDIR)/$(SHARED_OBJECT)
	ln -sf $(SHARED_OBJECT) $(DESTDIR)$(LIBDIR)/librstat_read.so.$(ABI_MAJOR)
	ln -sf librstat_read.so.$(ABI_MAJOR) $(DESTDIR)$(LIBDIR)/librstat_read.so
	install -Dm644 $(HEADER) $(DESTDIR)$(PREFIX)/include/rstat_read.h
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(patsubst $(PREFIX)/%,$${prefix}/%,$(LIBDIR))|' \
		-e 's|@VERSION@|$(VERSION)|' rstat-read/rstat_read.pc.in \
		>$(DESTDIR)$(LIBDIR)/pkgconfig/rstat_read.pc
	chmod 644 $(DESTDIR)$(LIBDIR)/pkgconfig/rstat_read.pc

install-waybar-cffi: waybar-cffi install-library ## installs the plugin for Waybar, and the C library
	install -Dm755 $(WAYBAR_PLUGIN) $(DESTDIR)$(LIBDIR)/waybar/rstat.so

help: ## prints this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 21
