elf.o: user/proc/elf.h user/base/err.h
user/base/err.h:
