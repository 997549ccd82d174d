strtab.o: user/base/strtab.h
