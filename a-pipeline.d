pipeline.o: user/pipeline.h user/proc/memory.h include/target.h \
 include/abi.h include/layout.h include/wire.h include/config.h
user/proc/memory.h:
include/target.h:
include/abi.h:
include/layout.h:
include/wire.h:
include/config.h:
