code_read.o: user/python/code_read.h user/proc/memory.h include/wire.h \
 include/abi.h include/config.h
user/proc/memory.h:
include/wire.h:
include/abi.h:
include/config.h:
