walk.o: user/report/walk.h
