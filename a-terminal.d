terminal.o: user/base/terminal.h
