symbol.o: user/profile/symbol.h
