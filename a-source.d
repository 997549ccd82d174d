source.o: user/capture/source.h
