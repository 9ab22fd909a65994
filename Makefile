# Feverdream: `make play` starts the story, `make test` runs every test. Nothing else to know.
PREFIX ?= /usr/local
BUILD ?= build
PACKAGES = openblas libcurl ncursesw libcjson libutf8proc libcrypto
DEBIAN = libopenblas-dev libcurl4-openssl-dev libncurses-dev libcjson-dev libutf8proc-dev \
         libssl-dev libcmocka-dev pkg-config tmux procps ca-certificates
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror=implicit-function-declaration
CFLAGS ?= -O2 -g
# Contraction of a*b+c into one rounding differs between CPUs; the same words everywhere need it off.
ALL_CFLAGS = -std=c11 -I. $(WARN) $(CFLAGS) -ffp-contract=off $(VECTOR) -pthread $(SANITIZE)
SANITIZE ?=
# No result depends on floating-point exceptions or errno; saying so lets loops be vectorised.
VECTOR = -fno-trapping-math -fno-math-errno
# Asked for only when something is built, after `deps` had its chance to install pkg-config.
PKG_CFLAGS = $(shell pkg-config --cflags openblas libcjson libutf8proc ncursesw libcurl libcrypto 2>/dev/null)
PKG_LIBS = $(shell pkg-config --libs openblas libcjson libutf8proc ncursesw libcurl libcrypto)

ROOMS = $(wildcard model/*.c) $(wildcard story/*.c)
OBJECTS = $(ROOMS:%.c=$(BUILD)/%.o)
TESTS = $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/test_*.c))

# A line for each file that is built; all of every command with V=1, nothing with -s.
QUIET = $(if $(V),,@)
say = @$(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),:,echo "  $(1)  $@")
# On all processors, unless make was told on how many.
BUILDING = $(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

.PHONY: all play install uninstall deps test test-sanitize test-arm64 clean check-format format
all: deps
	+@$(BUILDING) $(BUILD)/feverdream

play: all
	@$(BUILD)/feverdream play --offline

SHARE = $(DESTDIR)$(PREFIX)/share/feverdream
MAN = $(DESTDIR)$(PREFIX)/share/man/man1
BASH_COMPLETION = $(DESTDIR)$(PREFIX)/share/bash-completion/completions/feverdream
ZSH_COMPLETION = $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_feverdream
FISH_COMPLETION = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/feverdream.fish

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(SHARE)/stories $(SHARE)/model $(MAN)
	install -m 755 $(BUILD)/feverdream $(DESTDIR)$(PREFIX)/bin/feverdream
	install -m 644 assets/stories/*.twee $(SHARE)/stories/
	install -m 644 assets/model/* $(SHARE)/model/
	install -m 644 feverdream.1 $(MAN)/feverdream.1
	install -d $(dir $(BASH_COMPLETION) $(ZSH_COMPLETION) $(FISH_COMPLETION))
	$(BUILD)/feverdream completions bash >$(BASH_COMPLETION)
	$(BUILD)/feverdream completions zsh >$(ZSH_COMPLETION)
	$(BUILD)/feverdream completions fish >$(FISH_COMPLETION)

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/feverdream $(MAN)/feverdream.1
	rm -f $(BASH_COMPLETION) $(ZSH_COMPLETION) $(FISH_COMPLETION)
	rm -rf $(SHARE)

# Installs what pkg-config does not find, and says so; where it may not, prints the line to run.
deps:
	@sh ./deps.sh "$(PACKAGES)" "$(DEBIAN)"

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(QUIET)$(CC) $(ALL_CFLAGS) $(PKG_CFLAGS) -MMD -MP -c -o $@ $<

# Loops that only the vectoriser makes fast.
KERNELS = $(patsubst %.c,$(BUILD)/%.o,$(wildcard model/kernel_*.c))
$(KERNELS) $(BUILD)/model/ops.o $(BUILD)/model/sampler.o $(BUILD)/model/backprop.o $(BUILD)/model/optimiser.o \
    $(BUILD)/model/layers.o $(BUILD)/model/causal.o $(BUILD)/model/span.o: ALL_CFLAGS += -O3

# Chosen at run time (model/kernels.h); empty files on other machines.
ifneq ($(findstring x86_64,$(shell $(CC) -dumpmachine)),)
$(BUILD)/model/kernel_avx2.o: ALL_CFLAGS += -mavx2
$(BUILD)/model/kernel_avx512.o: ALL_CFLAGS += -mavx512f -mavx512bw -mavx512vl -mavx512vnni \
    -mprefer-vector-width=512
endif

$(BUILD)/feverdream: $(patsubst %.c,$(BUILD)/%.o,$(wildcard game/*.c)) $(OBJECTS)
	$(call say,LD)
	$(QUIET)$(CC) $(ALL_CFLAGS) -o $@ $^ $(PKG_LIBS) -lm

# Tests reach into game/, too: everything but main and what reads its list of commands.
GAME = $(patsubst %.c,$(BUILD)/%.o,$(filter-out game/main.c game/completions_command.c,$(wildcard game/*.c)))

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(GAME) $(OBJECTS)
	$(call say,LD)
	$(QUIET)$(CC) $(ALL_CFLAGS) -o $@ $^ $(PKG_LIBS) $(shell pkg-config --libs cmocka) -lm

# The server that the tests of fetching talk to, a program of its own.
$(BUILD)/tests/server: $(BUILD)/tests/server.o
	$(call say,LD)
	$(QUIET)$(CC) $(ALL_CFLAGS) -o $@ $^ $(shell pkg-config --libs openssl)

.SECONDARY:
-include $(wildcard $(BUILD)/*/*.d)

test: all
	+@$(BUILDING) $(TESTS) $(BUILD)/tests/server
	@echo "Beside these: make test-sanitize, and make test-arm64 for the same words on ARM64."
	@sh tests/run.sh $(abspath $(BUILD))/feverdream $(TESTS) $(wildcard tests/e2e_*.sh)

test-sanitize:
	$(MAKE) test BUILD=$(BUILD)/sanitize SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=all"

# The same story on ARM64, emulated: three minutes, most of them emulation. Needs two packages, which
# it names where they are missing.
test-arm64: all
	@FEVERDREAM=$(abspath $(BUILD))/feverdream sh tests/arm64.sh $(abspath $(BUILD))/arm64 \
	    $(filter %-dev,$(DEBIAN))

check-format:
	clang-format --dry-run -Werror $(wildcard */*.c */*.h)

format:
	clang-format -i $(wildcard */*.c */*.h)

clean:
	rm -rf $(BUILD)
