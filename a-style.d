style.o: user/report/style.h
