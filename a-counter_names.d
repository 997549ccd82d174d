counter_names.o: user/capture/counter_names.h include/counters.h
include/counters.h:
