# pocketci: two programs, one list of folders each. New files in a folder of src/ are picked up as they are.
#
#   make                                   builds build/release/pocketci.fcgi and build/release/pocketci
#   make unit TEST=test_str                one unit test program
#   make SANITIZE=address,undefined unit   the same in build/sanitize, under sanitizers
#   make help                              everything else

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all

# --- What a user may set ---------------------------------------------------------------------------------------------

prefix      ?= /usr/local
exec_prefix ?= $(prefix)
bindir      ?= $(exec_prefix)/bin
libexecdir  ?= $(exec_prefix)/libexec
datarootdir ?= $(prefix)/share
datadir     ?= $(datarootdir)
mandir      ?= $(datarootdir)/man
DESTDIR     ?=

INSTALL    ?= install
PKG_CONFIG ?= pkg-config
SANITIZE   ?=
# libfcgi wants frexp, which libc has as well: after libc, libm is not linked for that alone.
LDLIBS     ?= -lc -lm
WERROR     ?=
TEST       ?=
TARGET     ?=
TIME       ?=
RUNS       ?=

# What the responder links statically: packages, 1 for all of them, nothing for none. As CGI each request is a start, and for
# three digests of libcrypto's the dynamic linker's work on all of it would be four fifths of that.
STATIC     ?= libcrypto

ifeq ($(SANITIZE),)
BUILD      ?= build/release
CFLAGS     ?= -O2 -g -D_FORTIFY_SOURCE=2
else
BUILD      ?= build/sanitize
CFLAGS     ?= -O1 -g
endif

# --- Flags -----------------------------------------------------------------------------------------------------------

VERSION  := $(file <VERSION)
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual \
            -Wformat=2 -Wvla -Wswitch-enum
LANGUAGE := -std=c17 -D_GNU_SOURCE -Isrc
DEFINES   = -DPOCKETCI_VERSION='"$(VERSION)"' -DPOCKETCI_BINDIR='"$(bindir)"'
HARDENING := -fstack-protector-strong -fPIE
LINKING   := -pie -Wl,-z,relro,-z,now,--as-needed

ifneq ($(SANITIZE),)
SANITIZING := -fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all
endif

# --- What each program is made of ------------------------------------------------------------------------------------

# In the order of their layers: a folder includes itself and those before it. tests/lint checks that.
LAYERS := base lib config payload forge git run store hook worker web gateway cli

# The responder starts for every request as CGI, so it links no more than it needs: no git, no network.
FCGI_FOLDERS  := base lib config payload forge run hook gateway
FCGI_PACKAGES := fcgi yaml-0.1 json-c libcrypto expat libpcre2-8
TOOL_FOLDERS  := base lib config payload forge git run hook worker cli
TOOL_PACKAGES := yaml-0.1 json-c libcrypto expat libpcre2-8 libgit2

# Files of shared folders that only the tool needs.
TOOL_ONLY := \
	src/lib/json_out.c \
	src/config/check_report.c \
	src/payload/http_request.c \
	src/run/changed_files.c \
	src/run/checkout.c \
	src/run/dagger_choose.c \
	src/run/dagger_module.c \
	src/run/dispatch.c \
	src/run/dispatch_event.c \
	src/run/execute.c \
	src/run/git_process.c \
	src/hook/schema.c \
	src/hook/schema_shape.c \
	src/hook/trace_json.c \
	src/hook/trace_text.c

PROGRAMS := pocketci.fcgi pocketci
PACKAGES := $(sort $(FCGI_PACKAGES) $(TOOL_PACKAGES))

sources = $(foreach folder,$1,$(wildcard src/$(folder)/*.c))
objects = $(patsubst %.c,$(BUILD)/%.o,$1)

ifneq ($(SANITIZE),)
SANITIZED := tests/sanitizer.c
$(BUILD)/tests/sanitizer.o: DEFINES = -DSANITIZER_REPORTS='"$(abspath $(BUILD))/reports/sanitizer"'
endif

FCGI_OBJECTS := $(call objects,$(SANITIZED) src/pocketci-fcgi.c $(filter-out $(TOOL_ONLY),$(call sources,$(FCGI_FOLDERS))))
TOOL_OBJECTS := $(call objects,$(SANITIZED) src/pocketci.c $(call sources,$(TOOL_FOLDERS)))

UNIT_SOURCES  := $(wildcard tests/unit/test_*.c)
UNIT_CHOSEN   := $(if $(TEST),$(patsubst %,tests/unit/%.c,$(TEST)),$(UNIT_SOURCES))
UNIT_PROGRAMS := $(patsubst %.c,$(BUILD)/%,$(UNIT_CHOSEN))
FUZZ_SOURCES  := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_CHOSEN   := $(if $(TARGET),$(patsubst %,tests/fuzz/fuzz_%.c,$(TARGET)),$(FUZZ_SOURCES))
FUZZ_PROGRAMS := $(patsubst %.c,$(BUILD)/%,$(FUZZ_CHOSEN))

# What calls a target: replay.c, which runs files through it, or libFuzzer, which makes inputs up.
FUZZER      ?=
FUZZ_MAIN   := $(if $(FUZZER),,tests/fuzz/replay.c)
FUZZ_LDLIBS := $(if $(FUZZER),-fsanitize=fuzzer)
ifneq ($(FUZZER),)
# What only checks is not searched itself, which makes it twice as fast.
$(BUILD)/tests/fuzz/%.o: SANITIZING += -fno-sanitize=fuzzer-no-link
$(BUILD)/src/%.o: SANITIZING += -fsanitize-coverage-ignorelist=tests/fuzz/uncovered -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
endif

# --- Some goals run on a bare machine; those that compile need the libraries, those that build remember their flags ------

COMPILING := $(filter-out clean help uninstall test run bench,$(or $(MAKECMDGOALS),all))
BUILDING  := $(filter-out lint compile_commands.json,$(COMPILING))

ifneq ($(COMPILING),)
MISSING := $(strip $(foreach package,$(PACKAGES),$(shell $(PKG_CONFIG) --exists $(package) || echo $(package))))
ifneq ($(MISSING),)
$(error Libraries not found by $(PKG_CONFIG): $(MISSING). On Debian: scripts/install-packages.sh build)
endif
PACKAGE_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PACKAGES))
endif

COMPILE = $(CC) $(LANGUAGE) $(DEFINES) $(WARNINGS) $(if $(WERROR),-Werror) $(HARDENING) $(SANITIZING) \
          $(PACKAGE_CFLAGS) $(CPPFLAGS) $(CFLAGS)
LINK    = $(CC) $(LINKING) $(HARDENING) $(SANITIZING) $(CFLAGS) $(LDFLAGS)

# The responder's libraries: a package's archives where STATIC names it, and each of them is there.
archive   = $(or $(filter /%,$(shell $(CC) -print-file-name=lib$1.a)),-l$1)
shared    = $(shell $(PKG_CONFIG) --libs $1)
static    = $(foreach flag,$(call shared,$1),$(if $(filter -l%,$(flag)),$(call archive,$(flag:-l%=%)),$(flag)))
FCGI_LIBS = $(foreach package,$(FCGI_PACKAGES),$(call $(if $(filter 1 $(package),$(STATIC)),static,shared),$(package)))
LINK_KIND = $(LINK) $(STATIC:%=static:%)

# Writes a variable to a file where the file says something else, so that what depends on it is made again. (Both sides are
# stripped because make 4.3 does not always take the newline off what it reads.)
define remember
ifneq ($$(strip $$(file <$1)),$$(strip $$($2)))
$$(file >$1,$$(strip $$($2)))
endif
endef

ifneq ($(BUILDING),)
$(shell mkdir -p $(BUILD))
$(eval $(call remember,$(BUILD)/compile.flags,COMPILE))
$(eval $(call remember,$(BUILD)/link.flags,LINK_KIND))
$(eval $(call remember,$(BUILD)/pocketci.fcgi.list,FCGI_OBJECTS))
$(eval $(call remember,$(BUILD)/pocketci.list,TOOL_OBJECTS))
endif

# --- Programs --------------------------------------------------------------------------------------------------------

.PHONY: all
all: $(addprefix $(BUILD)/,$(PROGRAMS))

$(BUILD)/pocketci.fcgi: $(FCGI_OBJECTS) $(BUILD)/pocketci.fcgi.list $(BUILD)/link.flags
	@echo "  LINK  $@"
	@$(LINK) -o $@ $(filter %.o,$^) $(FCGI_LIBS) $(LDLIBS)

$(BUILD)/pocketci: $(TOOL_OBJECTS) $(BUILD)/pocketci.list $(BUILD)/link.flags
	@echo "  LINK  $@"
	@$(LINK) -o $@ $(filter %.o,$^) $$($(PKG_CONFIG) --libs $(TOOL_PACKAGES)) $(LDLIBS)

$(BUILD)/%.o: %.c $(BUILD)/compile.flags
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(COMPILE) -MMD -MP -c -o $@ $<

$(BUILD)/%.flags $(BUILD)/%.list: ;

# --- Unit tests and fuzz targets ---------------------------------------------------------------------------------------

# One archive a folder. A test program is linked with the folders that it includes and those that these include, so
# that a folder which does not compile yet stops only the tests that need it.
ifneq ($(filter unit unit-programs fuzz fuzz-programs $(BUILD)/tests/% $(BUILD)/lib/%,$(BUILDING)),)

includes = $(filter $(LAYERS),$(if $1,$(shell sed -n 's,^\#include "\([a-z]*\)/.*,\1,p' $1 | sort -u)))
$(foreach folder,$(LAYERS),$(eval uses_$(folder) := $(call includes,$(wildcard src/$(folder)/*.[ch]))))
more     = $(sort $1 $(foreach folder,$1,$(uses_$(folder))))
closure  = $(if $(filter-out $1,$(call more,$1)),$(call closure,$(call more,$1)),$1)
archives = $(foreach folder,$(call closure,$1),$(if $(call sources,$(folder)),$(BUILD)/lib/lib$(folder).a))

define archive_rule
archived_$1 := $$(call objects,$$(call sources,$1))
$$(eval $$(call remember,$(BUILD)/lib/lib$1.list,archived_$1))
$(BUILD)/lib/lib$1.a: $$(archived_$1) $(BUILD)/lib/lib$1.list
	@rm -f $$@
	@$(AR) rcs $$@ $$(filter %.o,$$^)
endef

# test_rule, SOURCE without .c, other sources, packages beside those of the programs, more for the linker
define test_rule
$(BUILD)/$1: $(call objects,$1.c $2) $$(call archives,$$(call includes,$1.c $2)) $(BUILD)/link.flags
	@echo "  LINK  $$@"
	@$$(LINK) -o $$@ $$(filter %.o,$$^) -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group \
		$$$$($(PKG_CONFIG) --libs $(PACKAGES) $3) $4 $$(LDLIBS)
endef

$(shell mkdir -p $(BUILD)/lib)
$(foreach folder,$(LAYERS),$(if $(call sources,$(folder)),$(eval $(call archive_rule,$(folder)))))
$(foreach source,$(UNIT_CHOSEN),$(eval $(call test_rule,$(source:.c=),,cmocka)))
$(foreach source,$(FUZZ_CHOSEN),$(eval $(call test_rule,$(source:.c=),$(FUZZ_MAIN),,$(FUZZ_LDLIBS))))
endif

.PHONY: unit unit-programs fuzz fuzz-programs fuzz-coverage
unit-programs: $(UNIT_PROGRAMS)
	@:

fuzz-programs: $(FUZZ_PROGRAMS)
	@:

# What was built is run even where another program does not compile; that one counts as failed.
unit:
	+@$(MAKE) --keep-going --no-print-directory unit-programs || rest=--incomplete; \
	tests/unit/run.sh $${rest:-} $(UNIT_PROGRAMS)

# Replays the seeds of each target; with TIME= or RUNS= clang's libFuzzer makes up inputs, in a build of its own.
ifeq ($(TIME)$(RUNS),)
fuzz:
	+@$(MAKE) --keep-going --no-print-directory fuzz-programs || rest=--incomplete; \
	tests/fuzz/run.sh $${rest:-} $(FUZZ_PROGRAMS)
else
fuzz: FUZZ_BUILD = build/fuzz
fuzz:
	@scripts/install-packages.sh fuzz
	+@$(MAKE) --no-print-directory BUILD=$(FUZZ_BUILD) CC=clang CFLAGS='-O1 -g' \
		SANITIZE=address,fuzzer-no-link FUZZER=1 fuzz-programs
	@tests/fuzz/search.sh $(if $(TIME),-t '$(TIME)') $(if $(RUNS),-r '$(RUNS)') \
		$(patsubst $(BUILD)/%,$(FUZZ_BUILD)/%,$(FUZZ_PROGRAMS))
endif

# The lines of the parsers that the seeds reach.
fuzz-coverage: COVERED_BUILD = build/fuzz-coverage
fuzz-coverage:
	@scripts/install-packages.sh fuzz
	+@$(MAKE) --no-print-directory BUILD=$(COVERED_BUILD) CC=clang SANITIZE= \
		CFLAGS='-O0 -g -fprofile-instr-generate -fcoverage-mapping' fuzz-programs
	@/usr/bin/python3 tests/fuzz/coverage.py $(patsubst $(BUILD)/%,$(COVERED_BUILD)/%,$(FUZZ_PROGRAMS))

# --- The differential test ---------------------------------------------------------------------------------------------

# N pairs of replies, of webhook 2.8.0 and ours, from the seeds SEED.
N    ?= 4000
SEED ?= 1 2 3 4

CONFORMANCE_REPORT := $(BUILD)/tests/conformance/report

$(CONFORMANCE_REPORT): $(BUILD)/tests/conformance/report.o $(BUILD)/link.flags
	@echo "  LINK  $@"
	@$(LINK) -o $@ $(filter %.o,$^)

.PHONY: differential
differential: all $(CONFORMANCE_REPORT)
	@PYTHONDONTWRITEBYTECODE=1 POCKETCI_BUILD=$(BUILD) /usr/bin/python3 tests/conformance/differential.py -n $(N) --seed $(SEED)

# --- Checks ----------------------------------------------------------------------------------------------------------

.PHONY: lint test run bench
lint:
	@CHECK_HEADER='$(subst ','\'',$(CC) $(LANGUAGE) $(DEFINES) $(WARNINGS) -Werror $(PACKAGE_CFLAGS) $(CPPFLAGS))' \
		LAYERS='$(LAYERS)' /usr/bin/python3 tests/lint/run.py

test:
	+@scripts/test.sh

run:
	+@scripts/run.sh

bench:
	+@tests/bench/run.sh $(if $(README),--readme)

# --- For editors and clangd ------------------------------------------------------------------------------------------

COMPILED   := $(wildcard src/*.c src/*/*.c tests/*/*.c)
json_text   = $(subst ",\",$(subst \,\\,$1))
json_entry  = {"directory": "$(call json_text,$(CURDIR))", "file": "$1", "command": "$(call json_text,$(COMPILE) -c $1)"}
define newline


endef
comma := ,

.PHONY: compile_commands.json
compile_commands.json:
	@echo "  JSON  $@"
	$(file >$@,[$(newline)$(subst }~ ,}$(comma)$(newline),$(strip $(foreach source,$(COMPILED),$(call json_entry,$(source))~))))
	@sed -i 's/}~$$/}/' $@ && echo ']' >> $@

# --- Installing ------------------------------------------------------------------------------------------------------

CONF_FILES := $(shell find conf -type f 2>/dev/null)
DATA_FILES := $(wildcard share/*)
MAN_FILES  := $(wildcard man/*.[1-8])
CONF_TARGET = $(DESTDIR)$(datadir)/pocketci
conf_target = $(CONF_TARGET)/$(patsubst share/%,%,$(patsubst conf/%,%,$1))
man_target  = $(DESTDIR)$(mandir)/man$(subst .,,$(suffix $1))/$(notdir $1)

.PHONY: install uninstall
install: all
	$(INSTALL) -d '$(DESTDIR)$(bindir)' '$(DESTDIR)$(libexecdir)/pocketci'
	$(INSTALL) -m 755 $(BUILD)/pocketci '$(DESTDIR)$(bindir)/pocketci'
	$(INSTALL) -m 755 $(BUILD)/pocketci.fcgi '$(DESTDIR)$(libexecdir)/pocketci/pocketci.fcgi'
	$(foreach file,$(CONF_FILES) $(DATA_FILES),$(INSTALL) -D -m 644 $(file) '$(call conf_target,$(file))'$(newline)	)
	sed -i -e 's|/usr/local/libexec/|$(libexecdir)/|g' -e 's|/usr/local/share/|$(datadir)/|g' \
		$(foreach file,$(CONF_FILES),'$(call conf_target,$(file))')
	$(foreach file,$(MAN_FILES),$(INSTALL) -D -m 644 $(file) '$(call man_target,$(file))'$(newline)	)

uninstall:
	rm -f '$(DESTDIR)$(bindir)/pocketci' '$(DESTDIR)$(libexecdir)/pocketci/pocketci.fcgi'
	$(foreach file,$(CONF_FILES) $(DATA_FILES),rm -f '$(call conf_target,$(file))'$(newline)	)
	$(foreach file,$(MAN_FILES),rm -f '$(call man_target,$(file))'$(newline)	)
	@for folder in '$(DESTDIR)$(libexecdir)/pocketci' '$(CONF_TARGET)'; do \
		if [ -d "$$folder" ]; then find "$$folder" -depth -type d -empty -delete; fi; \
	done

# --- The rest --------------------------------------------------------------------------------------------------------

.PHONY: clean help
clean:
	rm -rf build compile_commands.json

help:
	@echo 'make                      both programs, in $(BUILD)'
	@echo 'make run                  a demonstration: nginx, a repository, a signed push (PORT=, ONCE=1)'
	@echo 'make test                 lint, unit and end-to-end tests, plain and under sanitizers'
	@echo 'make unit [TEST=test_str] unit tests'
	@echo 'make fuzz [TARGET=json]   the seeds of tests/fuzz, replayed; TIME=60 or RUNS=100000 looks for new inputs (clang)'
	@echo 'make fuzz-coverage        which lines of the parsers the seeds reach'
	@echo 'make differential         the same requests to webhook 2.8.0 (N=pairs, SEED="1 2 3 4")'
	@echo 'make lint                 the checks of tests/lint'
	@echo 'make bench [README=1]     the measurements of tests/bench, README=1: into README.md'
	@echo 'make install uninstall    prefix=$(prefix), DESTDIR='
	@echo 'make compile_commands.json, make clean'
	@echo 'Variables: BUILD=folder, SANITIZE=address,undefined, WERROR=1, STATIC=1, CC, CFLAGS, LDFLAGS, bindir, libexecdir, ...'

-include $(patsubst %.o,%.d,$(sort $(FCGI_OBJECTS) $(TOOL_OBJECTS)) $(wildcard $(BUILD)/src/*/*.o $(BUILD)/tests/*/*.o))
