thread_find.o: user/python/thread_find.h user/proc/memory.h \
 user/python/target.h include/target.h include/abi.h include/layout.h \
 user/base/err.h user/proc/procfs.h user/python/version.h
user/proc/memory.h:
user/python/target.h:
include/target.h:
include/abi.h:
include/layout.h:
user/base/err.h:
user/proc/procfs.h:
user/python/version.h:
