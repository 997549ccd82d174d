array.o: user/base/array.h
