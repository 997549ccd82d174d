wire.o: include/wire.h include/abi.h include/config.h
include/abi.h:
include/config.h:
