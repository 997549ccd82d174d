target.o: user/python/target.h include/target.h include/abi.h \
 include/layout.h user/base/err.h user/proc/procfs.h \
 user/python/version.h
include/target.h:
include/abi.h:
include/layout.h:
user/base/err.h:
user/proc/procfs.h:
user/python/version.h:
