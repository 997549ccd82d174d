scratch.o: bpf/scratch.h include/config.h include/abi.h \
 include/counters.h include/target.h include/layout.h include/wire.h \
 include/config.h
include/config.h:
include/abi.h:
include/counters.h:
include/target.h:
include/layout.h:
include/wire.h:
include/config.h:
