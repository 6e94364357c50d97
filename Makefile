# Bourse: one graph for everything, all output under build/.
#
# What there is to build is found by wildcard: a service is a folder svc-NAME with a main.c, a test is
# test_*.c in a folder test/, an SQL statement is sql/STEM.sql, a migration is migrations/NNNN_name.sql.
# Every file appears by a rename, so two makes may work in one checkout at the same time.

MAKEFLAGS += --no-builtin-rules --no-builtin-variables
.DEFAULT_GOAL := all
.SECONDARY:
.DELETE_ON_ERROR:

comma := ,
BUILD ?= build
O := $(BUILD)$(if $(SANITIZE),/san-$(subst $(comma),-,$(SANITIZE)))$(if $(DEBUG),/debug)
PREFIX ?= /usr/local
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-6s %s\n' '$(1)' '$(2)')

## Components ##########################################################################################

SERVICES := $(wildcard svc-*)
COMPONENTS := libbus $(SERVICES) $(wildcard cli) $(wildcard test/sample) $(wildcard test/prop) $(wildcard test) $(wildcard bench)
PROGRAMS :=
TESTS :=
# Services whose objects a program of bench/ or test/ works on in process: USES_<source stem> := svc-...
USES_bench_match := svc-orders
USES_bench_ledger := svc-portfolio
USES_bourse := svc-portfolio
USES_test/prop := svc-orders

## Flags ###############################################################################################

CC := gcc
AR := ar
PKG_CONFIG ?= pkg-config
# Asked once, when first needed: by then a missing package has been installed.
memo = $(eval $(1) := $$(shell $(2)))$($(1))
LIB_CFLAGS = $(call memo,LIB_CFLAGS,$(PKG_CONFIG) --cflags $(LIBRARIES) check)
LIBS = $(call memo,LIBS,$(PKG_CONFIG) --libs $(LIBRARIES))
LIBS_CHECK = $(call memo,LIBS_CHECK,$(PKG_CONFIG) --libs check)
# glibc's malloc spends two fifths of a service's time on what librdkafka's threads hand to each other.
LIBRARIES := rdkafka libpq libprotobuf-c libevent jansson libcrypto $(if $(SANITIZE),,jemalloc)

STD := -std=c11 -D_GNU_SOURCE
WARN := -Wall -Wextra -Wno-missing-field-initializers -Wpedantic -Werror -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wformat=2 -Wundef
# The OpenSSF guide's flags, as far as gcc 12 knows them.
HARDEN := -fPIE -fstack-protector-strong -fstack-clash-protection
ARCH := $(shell uname -m)
HARDEN += $(if $(filter x86_64,$(ARCH)),-fcf-protection)$(if $(filter aarch64,$(ARCH)),-mbranch-protection=standard)
ifneq ($(SANITIZE),)
OPT := -O1 -g -fno-omit-frame-pointer -fsanitize=$(SANITIZE) -fno-sanitize-recover=all
LINK_SAN := -fsanitize=$(SANITIZE)
else ifneq ($(DEBUG),)
OPT := -Og -g
else
OPT := -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
endif
LINK := -pie $(LINK_SAN) -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
# CFLAGS, CPPFLAGS and LDFLAGS are the caller's, and come last.
COMPILE = $(CC) $(STD) $(OPT) $(HARDEN) -Ilibbus/include -I$(O)/gen $(LIB_CFLAGS)

# $(call compile,flags): one object with its dependencies.
define compile
$(call say,CC,$<)
@mkdir -p $(@D)
$(Q)$(COMPILE) $(1) $(CPPFLAGS) $(CFLAGS) -MMD -MP -MT $@ -MF $(@:.o=.d) -c -o $@.$$$$ $< && mv $@.$$$$ $@
endef

# $(call link,libraries): one program of its objects and archives, in the order of the prerequisites.
define link
$(call say,LINK,$@)
@mkdir -p $(@D)
$(Q)$(CC) $(LINK) -o $@.$$$$ $(filter %.o,$^) $(filter %.a,$^) $(1) $(LIBS) -lm $(LDFLAGS) && mv $@.$$$$ $@
endef

define archive
$(call say,AR,$@)
@mkdir -p $(@D)
$(Q)rm -f $@.$$$$ && $(AR) rcs $@.$$$$ $(filter %.o,$^) && mv $@.$$$$ $@
endef

## Generated code ######################################################################################

PROTOS := $(sort $(shell find proto -name '*.proto' 2>/dev/null))
PROTO_H := $(PROTOS:proto/%.proto=$(O)/gen/%.pb-c.h)
PROTO_O := $(PROTOS:proto/%.proto=$(O)/gen/%.pb-c.o)
SQL_H := $(foreach c,$(COMPONENTS),$(O)/gen/$(c)/sql.h $(O)/gen/$(c)/migrations.h)
GENERATED := $(PROTO_H) $(SQL_H)

# On a new machine packages come before everything else, but only for the goals that promise to do so.
FIRST := $(if $(filter run check check-% up bench bench-% lint,$(MAKECMDGOALS)),deps)

$(O)/gen/%.pb-c.c $(O)/gen/%.pb-c.h: proto/%.proto | $(FIRST)
	$(call say,PROTO,$<)
	$(Q)mkdir -p $(@D) && d=$$(mktemp -d $(O)/gen/proto.XXXXXX) && trap 'rm -rf "$$d"' EXIT && \
	protoc-c --proto_path=proto --c_out="$$d" $< && \
	mv "$$d/$*.pb-c.h" $(O)/gen/$*.pb-c.h && mv "$$d/$*.pb-c.c" $(O)/gen/$*.pb-c.c

$(O)/gen/%.o: $(O)/gen/%.c | $(GENERATED)
	$(call compile,-w)

$(O)/libbourse-proto.a: $(PROTO_O)
	$(archive)

# Prints every file of ARGV as C: its text as a string (or, with migrations=NAME, a row of that table).
# "?" is escaped against trigraphs, which C11 still has.
define embed_awk
function text(file,    line) {
	while ((getline line < file) > 0) {
		gsub(/[\\"?]/, "\\\\&", line)
		printf "\n\t\"%s\\n\"", line
	}
	close(file)
}
BEGIN {
	if (migrations)
		printf "const struct bus_migration %s[] = {\n", migrations
	for (i = 1; i < ARGC; i++) {
		stem = ARGV[i]
		gsub(/.*\/|\.sql$$/, "", stem)
		if (migrations)
			printf "\t{ %d, \"%s\", \"\"", stem, substr(stem, index(stem, "_") + 1)
		else
			printf "const char sql_%s[] = \"\"", stem
		text(ARGV[i])
		print migrations ? " }," : ";"
	}
	if (migrations)
		printf "\t{ 0, 0, 0 }\n};\nconst size_t %s_count = %d;\n", migrations, ARGC - 1
}
endef
export embed_awk

# $(call embed,component): sql.[ch] and migrations.[ch]. The folder is a prerequisite as well, so that
# a statement that is gone goes from the header too.
define embed
$(O)/gen/$(1)/sql.c: $(wildcard $(1)/sql $(1)/sql/*.sql) Makefile | $(FIRST)
	$$(call say,SQL,$(1)/sql)
	$$(Q)mkdir -p $$(@D) && { printf '#include "sql.h"\n'; \
	awk "$$$$embed_awk" $(sort $(wildcard $(1)/sql/*.sql)); } > $$@.$$$$$$$$ && mv $$@.$$$$$$$$ $$@

$(O)/gen/$(1)/sql.h: $(wildcard $(1)/sql $(1)/sql/*.sql) | $(FIRST)
	$$(Q)mkdir -p $$(@D) && { printf '#pragma once\n'; \
	$(if $(wildcard $(1)/sql/*.sql),printf 'extern const char sql_%s[];\n' \
		$(patsubst %.sql,%,$(notdir $(sort $(wildcard $(1)/sql/*.sql))));) } \
		> $$@.$$$$$$$$ && mv $$@.$$$$$$$$ $$@

$(O)/gen/$(1)/migrations.c: $(wildcard $(1)/migrations $(1)/migrations/*.sql) Makefile | $(FIRST)
	$$(call say,SQL,$(1)/migrations)
	$$(Q)mkdir -p $$(@D) && { printf '#include "migrations.h"\n'; \
	awk -v migrations=$(call migrations_of,$(1)) "$$$$embed_awk" \
		$(sort $(wildcard $(1)/migrations/*.sql)); } > $$@.$$$$$$$$ && mv $$@.$$$$$$$$ $$@

$(O)/gen/$(1)/migrations.h: | $(FIRST)
	$$(Q)mkdir -p $$(@D) && { printf '#pragma once\n#include <stddef.h>\n#include "bus/migrate.h"\n'; \
	printf 'extern const struct bus_migration %s[];\nextern const size_t %s_count;\n' \
		$(call migrations_of,$(1)) $(call migrations_of,$(1)); } > $$@.$$$$$$$$ && mv $$@.$$$$$$$$ $$@

$(O)/gen/$(1)/sql.o: $(O)/gen/$(1)/sql.c $(O)/gen/$(1)/sql.h | $(GENERATED)
	$$(call compile,-w -I$(O)/gen/$(1))
$(O)/gen/$(1)/migrations.o: $(O)/gen/$(1)/migrations.c $(O)/gen/$(1)/migrations.h | $(GENERATED)
	$$(call compile,-w -I$(O)/gen/$(1))
endef
migrations_of = $(if $(filter libbus,$(1)),bus_migrations,migrations)
$(foreach c,$(COMPONENTS),$(eval $(call embed,$(c))))

# The generated objects that a component has.
generated_of = $(if $(wildcard $(1)/sql/*.sql),$(O)/gen/$(1)/sql.o) \
	$(if $(wildcard $(1)/migrations/*.sql),$(O)/gen/$(1)/migrations.o)

## libbus, services, command, tests ####################################################################

BASE := $(O)/libbus.a $(O)/libbourse-proto.a
TESTLIB_O := $(patsubst %.c,$(O)/obj/%.o,$(wildcard test/lib/*.c))
TESTLIB := $(if $(TESTLIB_O),$(O)/libtest.a)
DEPS := $(TESTLIB_O:.o=.d) $(PROTO_O:.o=.d)

$(O)/libtest.a: $(TESTLIB_O)
	$(archive)

archive_of = $(if $(filter libbus,$(1)),$(O)/libbus.a,$(O)/lib$(notdir $(1)).a)
# $(call component,folder,program): an archive of everything but main.o, the program, and the tests.
define component
$(1)_O := $(patsubst %.c,$(O)/obj/%.o,$(filter-out $(1)/main.c,$(wildcard $(1)/*.c))) $(call generated_of,$(1))
$(1)_TESTS := $(patsubst $(1)/test/%.c,$(O)/test/$(1)/%,$(sort $(wildcard $(1)/test/test_*.c)))
TESTS += $$($(1)_TESTS)
DEPS += $$(patsubst %.o,%.d,$$($(1)_O)) $(O)/obj/$(1)/main.d $$(patsubst $(O)/test/$(1)/%,$(O)/obj/$(1)/test/%.d,$$($(1)_TESTS))

$(O)/obj/$(1)/%.o: $(1)/%.c | $(FIRST) $(GENERATED)
	$$(call compile,$(WARN) -I$(1) -I$(O)/gen/$(1))
$(O)/obj/$(1)/test/%.o: $(1)/test/%.c | $(FIRST) $(GENERATED)
	$$(call compile,$(WARN) -I$(1) -I$(O)/gen/$(1) -Itest)

$(call archive_of,$(1)): $$($(1)_O)
	$$(archive)
$(O)/test/$(1)/%: $(O)/obj/$(1)/test/%.o $(call archive_of,$(1)) $(patsubst %,$(O)/lib%.a,$(USES_$(1))) $(TESTLIB) $(BASE)
	$$(call link,$$(LIBS_CHECK))
$(if $(2),$(if $(wildcard $(1)/main.c),
PROGRAMS += $(O)/$(2)
$(O)/$(2): $(O)/obj/$(1)/main.o $(call archive_of,$(1)) $(patsubst %,$(O)/lib%.a,$(USES_$(2))) $(BASE)
	$$(link)
))
endef
$(eval $(call component,libbus))
$(foreach s,$(SERVICES),$(eval $(call component,$(s),$(s))))
$(eval $(call component,cli,bourse))
$(eval $(call component,test/sample,sample))
$(eval $(call component,test/prop))

# Services that share a program (test/prop): each one object whose names are its own, but for its processors and
# what test/prop/seal_<service>.c gives out.
SEALED := $(patsubst %,$(O)/sealed/%.o,svc-orders svc-portfolio svc-marketdata)
$(O)/sealed/%.o: $(O)/lib%.a $(O)/obj/test/prop/seal_%.o
	$(call say,SEAL,$*)
	@mkdir -p $(@D)
	$(Q)ld -r -o $@.$$$$ --whole-archive $< --no-whole-archive $(word 2,$^) && \
	objcopy --wildcard --keep-global-symbol='*_processor' --keep-global-symbol='seal_*' $@.$$$$ && mv $@.$$$$ $@
$(addprefix $(O)/test/test/prop/,test_mesh test_fuzz_corpus): $(SEALED)

# libFuzzer and its programs: built by clang, in a folder of their own (make fuzz).
FUZZERS := $(patsubst test/fuzz/fuzz_%.c,$(O)/fuzz/%,$(wildcard test/fuzz/fuzz_*.c))
.PHONY: fuzzers
fuzzers: $(FUZZERS)
$(O)/fuzz/%: $(O)/obj/test/fuzz/fuzz_%.o $(SEALED) $(O)/libprop.a $(TESTLIB) $(BASE)
	$(call link,-fsanitize=fuzzer)

# Scenarios of test/ and benchmarks of bench/: a program a file, with the folder's other files.
uses = $(addprefix -I,$(USES_$(1))) $(patsubst %,-I$(O)/gen/%,$(USES_$(1)))
$(O)/obj/test/%.o: test/%.c | $(FIRST) $(GENERATED)
	$(call compile,$(WARN) -Itest -I$(O)/gen/test $(call uses,$*))
$(O)/obj/bench/%.o: bench/%.c | $(FIRST) $(GENERATED)
	$(call compile,$(WARN) -Ibench -I$(O)/gen/bench $(call uses,$*))

SCENARIOS := $(patsubst test/%.c,$(O)/test/%,$(sort $(wildcard test/test_*.c)))
BENCHES := $(patsubst bench/bench_%.c,$(O)/bench/%,$(sort $(wildcard bench/bench_*.c)))
SCENARIO_O := $(call generated_of,test)
BENCH_O := $(patsubst %.c,$(O)/obj/%.o,$(filter-out bench/bench_%,$(wildcard bench/*.c))) $(call generated_of,bench)
DEPS += $(patsubst $(O)/test/%,$(O)/obj/test/%.d,$(SCENARIOS)) $(BENCH_O:.o=.d) \
	$(patsubst $(O)/bench/%,$(O)/obj/bench/bench_%.d,$(BENCHES))

define scenario
$(O)/test/$(1): $(O)/obj/test/$(1).o $(SCENARIO_O) $(patsubst %,$(O)/lib%.a,$(USES_$(1))) $(TESTLIB) $(BASE)
	$$(call link,$$(LIBS_CHECK))
endef
$(foreach t,$(notdir $(SCENARIOS)),$(eval $(call scenario,$(t))))

define benchmark
$(O)/bench/$(1): $(O)/obj/bench/bench_$(1).o $(BENCH_O) $(patsubst %,$(O)/lib%.a,$(USES_bench_$(1))) $(BASE)
	$$(call link,-lm)
endef
$(foreach b,$(filter-out match ledger,$(notdir $(BENCHES))),$(eval $(call benchmark,$(b))))

# The matching engine alone: the pure files of the book, a few of the bus, and no more than libc. In the archive
# they are one object that gives out the names of include/bourse/match.h alone.
MATCH_C := $(addprefix svc-orders/,$(addsuffix .c,book book_ladder book_table book_memory book_match book_plan \
	book_check book_take book_stops book_auction book_sessions book_apply book_engine book_ahead)) libbus/money.c
MATCH_O := $(MATCH_C:%.c=$(O)/obj/match/%.o) $(O)/obj/match/svc-orders/match/base.o
MATCH_API := $(O)/obj/match/svc-orders/match/match.o
MATCH_LIB := $(O)/lib/libbourse-match.a
DEPS += $(patsubst %.o,%.d,$(MATCH_O) $(MATCH_API) $(O)/obj/bench/bench_match.o)

# Optimised as one file, as distributions do by default.
MATCH_OPT := $(if $(SANITIZE)$(DEBUG),,-O3 -flto=1)
$(O)/obj/match/%.o: %.c
	$(call compile,$(WARN) $(MATCH_OPT) -Isvc-orders)
$(O)/obj/bench/bench_match.o: bench/bench_match.c
	$(call compile,$(WARN) $(MATCH_OPT) -Ibench -Isvc-orders)
$(O)/obj/match/bourse-match.o: $(MATCH_O) $(MATCH_API)
	$(call say,SEAL,$@)
	$(Q)$(CC) -r -nostdlib $(MATCH_OPT) $(if $(MATCH_OPT),-flinker-output=nolto-rel) -o $@.$$$$ $^ && objcopy --wildcard --keep-global-symbol='bourse_match_*' $@.$$$$ && mv $@.$$$$ $@
$(MATCH_LIB): $(O)/obj/match/bourse-match.o
	@mkdir -p $(@D)
	$(archive)
$(O)/test/svc-orders/test_match_library: $(O)/obj/svc-orders/test/test_match_library.o $(MATCH_LIB)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LINK) -o $@.$$$$ $^ $(LIBS_CHECK) $(LDFLAGS) && mv $@.$$$$ $@
$(O)/bench/match: $(O)/obj/bench/bench_match.o $(O)/obj/bench/match_flow.o $(O)/obj/bench/match_naive.o $(MATCH_O)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LINK) $(MATCH_OPT) -o $@.$$$$ $^ -lm $(LDFLAGS) && mv $@.$$$$ $@

# The engine against the naive exchange again, with steps so short that most inputs take several.
STEPS_C := $(filter svc-orders/%,$(MATCH_C)) test/prop/engine.c
STEPS_O := $(STEPS_C:%.c=$(O)/obj/steps/%.o)
DEPS += $(STEPS_O:.o=.d)
$(O)/obj/steps/%.o: %.c | $(FIRST) $(GENERATED)
	$(call compile,$(WARN) -DBOOK_STEP_TRADES=2 -DBOOK_STEP_EXPIRED=3 -Isvc-orders -Itest/prop)
$(O)/test/test/prop/test_engine_steps: $(O)/obj/test/prop/test/test_engine_steps.o $(STEPS_O) $(O)/libprop.a $(TESTLIB) $(BASE)
	$(call link,$(LIBS_CHECK))

# The ledger's fold alone, optimised likewise.
FOLD_O := $(patsubst %,$(O)/obj/fold/%.o,$(addprefix svc-portfolio/,position lots shares balances) libbus/money)
DEPS += $(FOLD_O:.o=.d) $(O)/obj/bench/bench_ledger.d
$(O)/obj/fold/%.o: %.c
	$(call compile,$(WARN) $(MATCH_OPT) -Isvc-portfolio)
$(O)/obj/bench/bench_ledger.o: bench/bench_ledger.c
	$(call compile,$(WARN) $(MATCH_OPT) -Ibench -Isvc-portfolio)
$(O)/bench/ledger: $(O)/obj/bench/bench_ledger.o $(FOLD_O) $(O)/libbus.a
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LINK) $(MATCH_OPT) -o $@.$$$$ $^ $(LIBS) -lm $(LDFLAGS) && mv $@.$$$$ $@

-include $(wildcard $(DEPS))

## Targets #############################################################################################

.PHONY: all programs lib-match tests deps check check-unit check-san matrix fuzz up down status run bench lint format clean \
	install help

lib-match: $(MATCH_LIB) ## build the matching engine alone: build/lib/libbourse-match.a, bourse/match.h
all: programs lib-match ## build the services, the command `bourse` and the library
programs: $(BASE) $(PROGRAMS)
tests: programs $(TESTS) $(SCENARIOS) ## build every test

deps: ## install the packages that are missing (apt), or name them
	@test/stack/deps build stack $(if $(filter check%,$(MAKECMDGOALS)),test) \
		$(if $(filter lint,$(MAKECMDGOALS)),lint) $(if $(filter fuzz,$(MAKECMDGOALS)),fuzz) $(if $(filter bench%,$(MAKECMDGOALS)),bench)

# ONLY='libbus/* test_money' picks among the tests, and only they are built; without it all are.
SUITES := $(TESTS:$(O)/test/%=%) $(SCENARIOS:$(O)/test/%=%)
PICKED := $(if $(ONLY),$(filter $(subst *,%,$(ONLY)),$(SUITES)),$(SUITES))
check: deps $(PICKED:%=$(O)/test/%) $(if $(filter %_kafka $(SCENARIOS:$(O)/test/%=%),$(PICKED)),programs) ## build and run every test, or ONLY='libbus/* test_money'
	@test/stack/check --build $(O) $(PICKED)
UNITS := $(filter-out %_pg %_kafka $(SCENARIOS:$(O)/test/%=%),$(PICKED))
check-unit: deps $(UNITS:%=$(O)/test/%) ## only the tests that need no server
	@test/stack/check --build $(O) $(UNITS)
check-san: ## every test again, under AddressSanitizer and UndefinedBehaviorSanitizer
	@$(MAKE) --no-print-directory SANITIZE=address,undefined check

matrix: ## the sample through every crash point: killed at each, frozen at each (7 minutes)
	@BOURSE_MATRIX=all $(MAKE) --no-print-directory check ONLY=test_bus_matrix

SECONDS ?= 60
fuzz: deps ## libFuzzer on decode and decide of desk, book, ledger and market, SECONDS=60 for each program
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/fuzz CC=clang-14 SANITIZE=address,undefined WARN=-w \
		CFLAGS=-fsanitize=fuzzer-no-link fuzzers
	@test/fuzz/run $(BUILD)/fuzz/san-address-undefined/fuzz $(SECONDS) $(SEED)

STACK = test/stack/stack
up: deps programs ## start Kafka, PostgreSQL and the services; wait until they are ready
	@$(STACK) up --dir $(O)/stack --build $(O) --services --use-environment
down: ## stop what `up` started; the data stays, unless WIPE=1
	@$(STACK) down --dir $(O)/stack $(if $(filter 1,$(WIPE)),--wipe)
status: ## what runs where
	@$(STACK) status --dir $(O)/stack

FLOW ?= $(wildcard ../shared/data/nasdaq-aapl-2012-06-21/messages.csv)
run: deps programs ## an hour of orders through all five services, shown and checked (FLOW=path)
	@BOURSE_CLOCK=event $(STACK) up --dir $(O)/stack --build $(O) --services \
		--use-environment
	@$(STACK) exec --dir $(O)/stack $(O)/bourse run $(if $(FLOW),--flow $(FLOW))

bench: $(patsubst bench/%,bench-%,$(filter-out %.c %.h %.md %.sh %.sql %/sql,$(wildcard bench/[a-z]*))) ## run every benchmark
bench-%: bench/% deps programs $(BENCHES) ## run one of them
	@BOURSE_JVM=throughput BOURSE_BUILD=$(O) bench/$*

C_FILES := $(sort $(shell find libbus $(SERVICES) cli test bench -name '*.[ch]' 2>/dev/null))
SCRIPTS := $(sort $(shell grep -lE '^\#!/bin/(ba)?sh|^\#!/usr/bin/env bash' -r .ci test bench examples docs 2>/dev/null))
TIDY := $(patsubst %.c,$(O)/lint/%.tidy,$(filter %.c,$(C_FILES)))

lint: deps $(TIDY) ## clang-format, clang-tidy, buf, shellcheck
	clang-format --dry-run -Werror $(C_FILES)
	shellcheck $(SCRIPTS)
	test/stack/buf lint proto
# A file is linted again when it or what it includes has changed.
$(O)/lint/%.tidy: $(O)/obj/%.o .clang-tidy | $(FIRST)
	$(call say,TIDY,$*.c)
	@mkdir -p $(@D)
	$(Q)clang-tidy --quiet --warnings-as-errors='*' $*.c -- $(STD) -Ilibbus/include -I$(O)/gen \
		$(LIB_CFLAGS) -I$(call owner,$*) -I$(O)/gen/$(call owner,$*) -Itest $(call uses,$(notdir $*)) \
		2> $@.log || { cat $@.log; exit 1; }
	@touch $@
owner = $(or $(if $(filter test/prop/%,$(1)),test/prop),$(filter test/sample,$(patsubst %/,%,$(dir $(1)))),$(firstword $(subst /, ,$(1))))

format: ## format every C file in place
	clang-format -i $(C_FILES)

clean: ## stop the stack, forget its data, remove build/
	@for dir in $(BUILD)/stack $(BUILD)/*/stack; do \
		if [ -e "$$dir" ]; then $(STACK) down --dir "$$dir" --wipe; fi; done
	rm -rf $(BUILD)

install: programs lib-match ## DESTDIR, PREFIX
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(filter-out %/sample,$(PROGRAMS)) $(DESTDIR)$(PREFIX)/bin
	install -D -m 644 $(MATCH_LIB) $(DESTDIR)$(PREFIX)/lib/libbourse-match.a
	install -D -m 644 svc-orders/include/bourse/match.h $(DESTDIR)$(PREFIX)/include/bourse/match.h
	for p in $(PROTOS); do install -D -m 644 $$p $(DESTDIR)$(PREFIX)/share/bourse/$$p; done

help: ## this
	@printf 'make [target] [V=1] [DEBUG=1] [SANITIZE=address,undefined] [BUILD=build]\n\n'
	@sed -nE 's/^([a-z%-]+):.*## (.*)/\1|\2/p' Makefile | \
	while IFS='|' read -r target text; do printf '  %-12s %s\n' "$$target" "$$text"; done
