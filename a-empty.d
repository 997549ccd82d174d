empty.o: user/report/empty.h
