identity.o: include/identity.h include/abi.h
include/abi.h:
