linetable.o: user/python/linetable.h include/layout.h include/abi.h
include/layout.h:
include/abi.h:
