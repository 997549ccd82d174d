tstate.o: bpf/tstate.h include/identity.h include/abi.h bpf/read.h \
 bpf/scratch.h include/config.h include/counters.h include/target.h \
 include/layout.h include/wire.h include/config.h
include/identity.h:
include/abi.h:
bpf/read.h:
bpf/scratch.h:
include/config.h:
include/counters.h:
include/target.h:
include/layout.h:
include/wire.h:
include/config.h:
