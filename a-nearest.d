nearest.o: user/base/nearest.h
