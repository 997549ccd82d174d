names.o: user/report/names.h
