choose.o: user/report/choose.h
