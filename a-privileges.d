privileges.o: user/proc/privileges.h user/base/err.h
user/base/err.h:
