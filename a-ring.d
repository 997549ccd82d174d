ring.o: user/capture/ring.h
