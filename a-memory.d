memory.o: user/proc/memory.h
