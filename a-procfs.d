procfs.o: user/proc/procfs.h user/base/err.h
user/base/err.h:
