debug_offsets.o: user/python/debug_offsets.h include/layout.h \
 include/abi.h user/base/err.h
include/layout.h:
include/abi.h:
user/base/err.h:
