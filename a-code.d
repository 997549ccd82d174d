code.o: user/python/code.h include/wire.h include/abi.h include/config.h
include/wire.h:
include/abi.h:
include/config.h:
