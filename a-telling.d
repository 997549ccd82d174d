telling.o: user/telling.h include/counters.h
include/counters.h:
