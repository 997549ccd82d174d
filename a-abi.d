abi.o: include/abi.h
