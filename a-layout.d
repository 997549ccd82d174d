layout.o: user/python/layout.h include/layout.h include/abi.h \
 user/base/err.h
include/layout.h:
include/abi.h:
user/base/err.h:
