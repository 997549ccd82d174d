pystr.o: user/python/pystr.h include/layout.h include/abi.h \
 user/proc/memory.h
include/layout.h:
include/abi.h:
user/proc/memory.h:
