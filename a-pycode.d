pycode.o: bpf/pycode.h bpf/block.h bpf/read.h bpf/scratch.h \
 include/config.h include/abi.h include/counters.h include/target.h \
 include/layout.h include/wire.h include/config.h include/identity.h
bpf/block.h:
bpf/read.h:
bpf/scratch.h:
include/config.h:
include/abi.h:
include/counters.h:
include/target.h:
include/layout.h:
include/wire.h:
include/config.h:
include/identity.h:
