table.o: user/report/table.h
