pipeline_internal.o: user/pipeline_internal.h user/proc/memory.h \
 user/python/code.h include/wire.h include/abi.h include/config.h \
 include/target.h include/layout.h
user/proc/memory.h:
user/python/code.h:
include/wire.h:
include/abi.h:
include/config.h:
include/target.h:
include/layout.h:
