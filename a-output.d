output.o: user/output.h user/base/err.h
user/base/err.h:
