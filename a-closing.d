closing.o: user/report/closing.h
