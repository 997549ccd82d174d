err.o: user/base/err.h
