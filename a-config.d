config.o: include/config.h include/abi.h
include/abi.h:
