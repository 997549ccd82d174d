counters.o: include/counters.h
