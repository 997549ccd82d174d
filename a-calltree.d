calltree.o: user/report/calltree.h
