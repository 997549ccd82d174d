pystack.o: bpf/pystack.h bpf/pycode.h bpf/block.h bpf/read.h \
 bpf/scratch.h include/config.h include/abi.h include/counters.h \
 include/target.h include/layout.h include/wire.h include/config.h \
 include/identity.h
bpf/pycode.h:
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
