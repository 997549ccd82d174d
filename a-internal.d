internal.o: user/capture/internal.h user/capture/capture.h \
 user/base/err.h include/counters.h include/target.h include/abi.h \
 include/layout.h include/wire.h include/config.h bpf/scratch.h \
 include/config.h
user/capture/capture.h:
user/base/err.h:
include/counters.h:
include/target.h:
include/abi.h:
include/layout.h:
include/wire.h:
include/config.h:
bpf/scratch.h:
include/config.h:
