session.o: user/session.h user/base/err.h
user/base/err.h:
