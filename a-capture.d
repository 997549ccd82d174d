capture.o: user/capture/capture.h user/base/err.h include/counters.h \
 include/target.h include/abi.h include/layout.h include/wire.h \
 include/config.h
user/base/err.h:
include/counters.h:
include/target.h:
include/abi.h:
include/layout.h:
include/wire.h:
include/config.h:
