# pybpfprof: a sampling profiler for CPython by BPF. `make help` lists the targets.
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
.DEFAULT_GOAL := all

# ---- settings -------------------------------------------------------------------------------------
VERSION  := 0.1.0
prefix   ?= /usr/local
DESTDIR  ?=
CC       := gcc
CLANG    ?= clang
BPFTOOL  ?= $(shell PATH=$$PATH:/usr/sbin:/sbin command -v bpftool || echo bpftool)
STRIP    ?= llvm-strip
PKG_CONFIG ?= pkg-config
# STATIC=1: without shared libraries; DEBUG=1: no optimisation; SAN=1: address and undefined-behaviour sanitizers; WERROR=0: warnings pass; V=1: whole commands
WERROR   ?= 1
OUT      := .out$(if $(STATIC),/static)$(if $(DEBUG),/debug)$(if $(SAN),/san)
ARCH     := $(subst aarch64,arm64,$(subst x86_64,x86,$(shell uname -m)))

# Debian's names of what the build needs, and of what the tests need besides.
PACKAGES      := make gcc libc6-dev pkg-config clang llvm bpftool libbpf-dev libelf-dev libcap-dev uthash-dev libxxhash-dev libjansson-dev libjudy-dev libedit-dev libpcre2-dev \
	protobuf-c-compiler libprotobuf-c-dev zlib1g-dev
TEST_PACKAGES := libcmocka-dev libpython3-dev python3 perl procps python3-dbg python3-greenlet python3-gevent \
	python3-protobuf protobuf-compiler

# ---- sources --------------------------------------------------------------------------------------
BPF_SOURCE := bpf/pybpfprof.bpf.c
SOURCES := \
	$(addprefix user/base/, array.c clock.c err.c hash.c nearest.c pattern.c strbuf.c strtab.c terminal.c word_map.c) \
	$(addprefix user/proc/, elf.c elf_dynamic.c elf_sections.c elf_source.c maps.c memory.c pid_namespace.c privileges.c procfs.c time_namespace.c) \
	$(addprefix user/python/, binaries.c binary.c build.c code.c code_read.c debug_offsets.c \
		debug_offsets_rows.c decode.c detect.c layout.c layout_rows.c linetable.c live.c not_python.c objects.c objects_rows.c \
		program.c pystr.c runtime_scan.c seen_live.c target.c thread_find.c thread_names.c version.c) \
	$(addprefix user/capture/, attach.c capture.c choose_source.c counters.c cpu_events.c cpu_presence.c ring.c source.c source_cpu_clock.c source_thread_clock.c targets.c) \
	user/profile/merge.c \
	$(addprefix user/report/, diff.c diff_chance.c diff_choose.c diff_columns.c diff_counts.c diff_files.c diff_flat.c diff_folded.c diff_match.c \
		diff_nodes.c diff_rows.c diff_sides.c diff_stacks.c diff_tree.c) \
	$(addprefix user/container/, cgroup_path.c host_file.c match.c names.c names_json.c unit_name.c) \
	$(addprefix user/profile/, account.c calls.c groups.c profile.c stack.c sums.c symbol.c totals.c) \
	$(addprefix user/store/, arena.c escape.c facts.c fields.c frames.c labels.c order.c owners.c packer.c packer_samples.c packer_tables.c \
		read.c special.c stream.c tables.c tables_add.c tables_comments.c unpacked.c values.c write.c) \
	$(addprefix user/report/, amounts.c calltree.c calltree_invert.c calltree_place.c choose.c closing.c closing_host.c closing_runs.c coarse.c command.c empty.c file_names.c \
		flat_roots.c library.c marshal.c merged.c modules.c names.c ownership.c renamed.c report.c report_calls.c report_flat.c report_folded.c report_pprof.c report_pstats.c report_text.c \
		report_tree.c restrict.c root_label.c roots.c sort.c standard_name.c style.c subject.c table.c tails.c tree_line.c walk.c) \
	$(addprefix user/, browse.c browse_commands.c browse_lines.c browse_restrictions.c choosing.c cpu_time.c descendants.c doctor.c doctor_facts.c doctor_host.c doctor_list.c doctor_look.c doctor_process.c doctor_pythons.c events.c host_account.c \
		launch.c launch_child.c launch_find.c launch_identity.c \
		options.c options_arguments.c options_flags.c options_help.c options_printing.c options_rows.c options_settle.c options_values.c options_verbs.c output.c output_folder.c \
		pipeline.c pipeline_flush.c pipeline_folded.c pipeline_missing.c pipeline_moments.c pipeline_private.c pipeline_resolve.c pipeline_tally.c pipeline_targets.c pipeline_tree.c \
		processes.c products.c programs.c reader.c reader_answer.c reader_helper.c reader_link.c reader_serve.c recognition.c recognition_answer.c recognition_ask.c \
		recognition_end.c recognition_put.c recorder.c run_facts.c saved.c session.c session_end.c session_record.c session_records.c session_start.c telling.c)
MAIN    := user/main.c
OBJECTS := $(SOURCES:%.c=$(OUT)/%.o) $(OUT)/store/profile.pb-c.o
# Made before anything is compiled: the BPF program as a header, and messages of saved profiles.
GENERATED := $(OUT)/pybpfprof.skel.h $(OUT)/store/profile.pb-c.h
PROGRAM := $(OUT)/pybpfprof
LIBRARY := $(OUT)/libpybpfprof.a

# ---- flags ----------------------------------------------------------------------------------------
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wwrite-strings -Wundef -Wswitch-enum -Wconversion $(if $(filter 1,$(WERROR)),-Werror)
OPTIMIZE := $(if $(DEBUG),-O0,-O2) -g
SANITIZE := $(if $(SAN),-fsanitize=address -fsanitize=undefined -fno-omit-frame-pointer)
LIBS_OF   = $(shell $(PKG_CONFIG) $(if $(STATIC),--static) --libs $(1) 2>/dev/null)
CFLAGS   += -std=gnu11 $(OPTIMIZE) $(SANITIZE) $(WARNINGS)
# Which headers an object was made from, noted beside it.
DEPENDS  := -MMD -MP
CPPFLAGS += -D_GNU_SOURCE -Iuser -Iinclude -Ibpf -isystem $(OUT)
LDLIBS    = $(call LIBS_OF,libbpf libelf libcap jansson libedit libpcre2-8 libprotobuf-c zlib) -lJudy -lm
BPFFLAGS := -target bpf -D__TARGET_ARCH_$(ARCH) -O2 -g -Wall -Werror -Ivmlinux -Iinclude -MMD -MP

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-6s %s\n' '$(1)' '$(2)';)

# ---- the program ----------------------------------------------------------------------------------
.PHONY: all
all: $(PROGRAM) ## build the profiler (DEBUG=1, SAN=1, WERROR=0, V=1)

$(PROGRAM): $(OUT)/$(MAIN:%.c=%.o) $(LIBRARY)
	$(call say,LINK,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(LIBRARY): $(OBJECTS)
	$(call say,AR,$@)rm -f $@ && ar rcs $@ $^

$(OUT)/%.o: %.c $(GENERATED)
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(CPPFLAGS) $(CFLAGS) $(DEPENDS) -c -o $@ $<

$(OUT)/user/main.o $(OUT)/user/run_facts.o: CPPFLAGS += -DPBP_VERSION='"$(VERSION)"'
$(OUT)/user/main.o $(OUT)/user/run_facts.o: Makefile

$(OUT)/pybpfprof.bpf.o: $(BPF_SOURCE) $(OUT)/tools-found
	$(call say,BPF,$<)$(CLANG) $(BPFFLAGS) -c -o $@ $< && $(STRIP) -g $@

$(OUT)/pybpfprof.skel.h: $(OUT)/pybpfprof.bpf.o
	$(call say,SKEL,$@)$(BPFTOOL) gen skeleton $< name pybpfprof_bpf > $@

$(OUT)/store/profile.pb-c.c $(OUT)/store/profile.pb-c.h &: user/store/profile.proto $(OUT)/tools-found
	$(call say,PROTO,$@)protoc-c --proto_path=user --c_out=$(OUT) $<

# protoc-c's code is not ours to warn about.
$(OUT)/store/profile.pb-c.o: $(OUT)/store/profile.pb-c.c $(OUT)/store/profile.pb-c.h
	$(call say,CC,$<)$(CC) -isystem $(OUT) -std=gnu11 $(OPTIMIZE) $(SANITIZE) -c -o $@ $<

-include $(OBJECTS:.o=.d) $(OUT)/user/main.d $(OUT)/pybpfprof.bpf.d

# ---- what the build needs -------------------------------------------------------------------------
# One line for each thing that is missing, with the Debian package that brings it.
need = { $(1) >/dev/null 2>&1 || { echo 'missing: $(2) (Debian package $(3))' >&2; missing=1; }; }

$(OUT)/tools-found: Makefile
	@mkdir -p $(@D); missing=; \
	$(call need,$(CC) --version,a C compiler,gcc); \
	$(call need,echo | $(CLANG) -target bpf -c -x c -o /dev/null -,clang with its BPF target,clang); \
	$(call need,$(STRIP) --version,llvm-strip,llvm); \
	$(call need,$(BPFTOOL) version,bpftool,bpftool); \
	$(call need,$(PKG_CONFIG) --version,pkg-config,pkg-config); \
	$(call need,$(PKG_CONFIG) --atleast-version=1.1 libbpf,libbpf 1.1 or later,libbpf-dev); \
	$(call need,$(PKG_CONFIG) libelf,libelf,libelf-dev); \
	$(call need,$(PKG_CONFIG) libcap,libcap,libcap-dev); \
	$(call need,$(PKG_CONFIG) jansson,jansson,libjansson-dev); \
	$(call need,$(PKG_CONFIG) --atleast-version=10.34 libpcre2-8,PCRE2 10.34 or later,libpcre2-dev); \
	$(call need,protoc-c --version,protoc-c,protobuf-c-compiler); \
	$(call need,$(PKG_CONFIG) libprotobuf-c,libprotobuf-c,libprotobuf-c-dev); \
	$(call need,$(PKG_CONFIG) zlib,zlib,zlib1g-dev); \
	$(call need,$(PKG_CONFIG) libedit,libedit,libedit-dev); \
	$(call need,echo '#include <uthash.h>' | $(CC) -E -,uthash.h,uthash-dev); \
	$(call need,echo '#include <xxhash.h>' | $(CC) -E -,xxhash.h,libxxhash-dev); \
	$(call need,echo '#include <Judy.h>' | $(CC) -E -,Judy.h,libjudy-dev); \
	if [ "$$missing" ]; then echo 'hint: sudo make setup' >&2; exit 1; fi; touch $@

.PHONY: setup
setup: ## install what build and tests need, from Debian's packages (root)
	@missing=$$(for p in $(PACKAGES) $(TEST_PACKAGES); do \
		dpkg-query -W -f '$${Status}\n' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if ! command -v apt-get >/dev/null; then echo "install: $(PACKAGES) $(TEST_PACKAGES)" >&2; exit 1; fi; \
	export DEBIAN_FRONTEND=noninteractive; \
	apt-get update -q && apt-get install -y -q --no-install-recommends $$missing

# ---- tests ----------------------------------------------------------------------------------------
UNIT_TESTS := $(patsubst tests/unit/%.c,$(OUT)/tests/%,$(wildcard tests/unit/test_*.c))
SUPPORT    := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/support/*.c))
TOOLS      := $(OUT)/tests/rows $(OUT)/tests/compare $(OUT)/tests/find $(OUT)/tests/render $(OUT)/tests/saved
# Runs of what damages saved files; `make fuzz` makes as many as you like.
FUZZ       := $(OUT)/tests/fuzz_files
RUNS       ?= 3000
FILES      := $(FUZZ) $(OUT)/tests/large_file
# The interpreters that the tests look for; one that is missing is named as skipped.
PYTHONS     = $(shell python3 tests/support/interpreters.py)
E2E_TESTS  := $(sort $(wildcard tests/e2e/*.t))
# Interpreters that the machine has not are fetched into this folder, and stay there.
PYTHONS_DIR ?= .out/pythons
export PBP_PYTHONS_DIR := $(abspath $(PYTHONS_DIR))
run_tests   = tests/support/run_tests.sh $(OUT)/results

$(OUT)/tests/%.o: CPPFLAGS += -Itests

$(OUT)/tests/libsupport.a: $(SUPPORT)
	$(call say,AR,$@)rm -f $@ && ar rcs $@ $^

$(OUT)/tests/test_%: $(OUT)/tests/unit/test_%.o $(OUT)/tests/libsupport.a $(LIBRARY)
	$(call say,LINK,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) $(call LIBS_OF,cmocka)

$(OUT)/tests/rows: $(OUT)/tests/layout/rows.o $(LIBRARY)
	$(call say,LINK,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(OUT)/tests/compare: $(OUT)/tests/linetable/compare.o $(LIBRARY)
	$(call say,LINK,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(OUT)/tests/find: $(OUT)/tests/bench/find.o $(LIBRARY)
	$(call say,LINK,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(OUT)/tests/render: $(OUT)/tests/golden/render.o $(OUT)/tests/libsupport.a $(LIBRARY)
	$(call say,LINK,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(FUZZ): $(OUT)/tests/bench/fuzz_files.o $(OUT)/tests/libsupport.a $(LIBRARY)
	$(call say,LINK,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(OUT)/tests/large_file: $(OUT)/tests/bench/large_file.o $(OUT)/tests/libsupport.a $(LIBRARY)
	$(call say,LINK,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(OUT)/tests/saved: $(OUT)/tests/bench/saved.o $(OUT)/tests/libsupport.a $(LIBRARY)
	$(call say,LINK,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

-include $(wildcard $(OUT)/tests/*/*.d)

LINT := "tests/lint/layers.sh" "tests/lint/readme.sh $(PROGRAM)" "tests/lint/headers.sh $(CC) $(CPPFLAGS) $(CFLAGS)"
# Headers of versions that this machine has no interpreter of, where tests/pythons/fetch.sh puts them.
HEADERS ?= $(PYTHONS_DIR)/headers/usr/include
LAYOUT = "tests/layout/check.sh $(OUT)/tests/rows $(foreach v,3.13t 3.14 3.14t 3.15 3.15t,--headers $(HEADERS) $(v)) $(PYTHONS)"
# Line tables are also compared by interpreters that run in a root of their own.
LINETABLE_PYTHONS = $(sort $(shell python3 tests/support/interpreters.py --table | sed -n 's/.*\t\(\/[^\t]*\)$$/\1/p'))
LINETABLE = "tests/linetable/check.sh $(OUT)/tests/compare $(LINETABLE_PYTHONS)"

.PHONY: check check-unit check-layout check-e2e check-parts
check: setup ## set up, build, and run every test (end-to-end ones need root)
	@$(MAKE) --no-print-directory check-pythons-fetch
	@$(MAKE) --no-print-directory -j$$(nproc) check-parts
check-parts: all $(UNIT_TESTS) $(TOOLS) $(FILES)
	@$(run_tests) $(LINT) $(UNIT_TESTS) "$(FUZZ) $(RUNS)" "$(OUT)/tests/large_file" $(LAYOUT) $(LINETABLE) $(E2E_TESTS)
check-unit: all $(UNIT_TESTS) $(FILES) ## the tests that need no privileges and no interpreter
	@$(run_tests) $(LINT) $(UNIT_TESTS) "$(FUZZ) $(RUNS)" "$(OUT)/tests/large_file"
.PHONY: fuzz fuzz-run
fuzz: ## read RUNS=1000000 damaged files under sanitizers (a million take ten minutes)
	@$(MAKE) --no-print-directory SAN=1 fuzz-run
fuzz-run: $(FUZZ)
	$(FUZZ) $(RUNS)
check-layout: $(TOOLS) ## layout rows and line tables against the interpreters found
	@$(run_tests) $(LAYOUT) $(LINETABLE)
.PHONY: layout-row
layout-row: $(OUT)/tests/rows ## the layout row of PYTHON=path, an interpreter with debug information (needs gdb)
	@tests/layout/row.sh $< $(LIBRARY) "$(PYTHON)"
check-e2e: all $(TOOLS) ## real interpreters under the real BPF program
	@$(run_tests) $(E2E_TESTS)
.PHONY: check-pythons-fetch check-pythons
check-pythons-fetch: ## fetch the interpreters of `make check` that this machine has not (40 MB; root)
	@tests/pythons/fetch.sh $(PYTHONS_DIR) check
	@tests/pythons/containers.sh $(PYTHONS_DIR)
	@tests/pythons/viewers.sh $(PYTHONS_DIR)
check-pythons: setup ## every version and build, fetched or built, and their matrix (root; an hour, 2 GB)
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@tests/pythons/fetch.sh $(PYTHONS_DIR) all && tests/pythons/build.sh $(PYTHONS_DIR)
	@PYBPFPROF=$(abspath $(PROGRAM)) tests/pythons/matrix.py
golden-update: $(OUT)/tests/test_golden $(OUT)/tests/test_golden_diff ## write the expected reports anew; review the difference
	$(OUT)/tests/test_golden --update && $(OUT)/tests/test_golden_diff --update

.PHONY: bench bench-host bench-files
bench-files: $(OUT)/tests/large_file ## how large saved profiles are, and what it takes to read them
	@$< all
bench: all $(OUT)/tests/find ## what a sample costs, in one run; asserts nothing (root)
	@tests/bench/run.sh
bench-host: all ## what watching the whole host costs and misses; TOPICS="storm idle ..." (root; ten minutes)
	@python3 -B tests/bench/host.py $(TOPICS)

# ---- try, install, clean --------------------------------------------------------------------------
.PHONY: demo
demo: setup ## set up, build, and profile a small bundled program (root)
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@tests/support/demo.sh $(PROGRAM)

.PHONY: static image-root
static: ## one file that needs no libraries, for hosts without any: .out/static/pybpfprof
	@$(MAKE) --no-print-directory -j$$(nproc) STATIC=1 LDFLAGS=-static all
image-root: static ## the root file system of the container image (see Containerfile): .out/image
	@mkdir -p .out/image && cp .out/static/pybpfprof .out/image/ && ls -l .out/image/pybpfprof

.PHONY: install uninstall
install: all ## install into DESTDIR and prefix (/usr/local)
	install -D -m 755 $(PROGRAM) $(DESTDIR)$(prefix)/bin/pybpfprof
uninstall: ## remove what install put there
	rm -f $(DESTDIR)$(prefix)/bin/pybpfprof

.PHONY: format vmlinux-full
format: ## format the C sources
	clang-format -i $$(git ls-files '*.c' '*.h')
vmlinux-full: ## the running kernel's types, for browsing
	@mkdir -p $(OUT); $(BPFTOOL) btf dump file /sys/kernel/btf/vmlinux format c > $(OUT)/vmlinux-full.h; ls $(OUT)/vmlinux-full.h
compile_commands.json: ## for editors and clang tools (needs the package bear)
	bear -- $(MAKE) -B all

.PHONY: clean
clean: ## remove everything built
	rm -rf .out compile_commands.json

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9_.-]+( [a-z0-9_.-]+)*:.*## / { printf "  %-24s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
