version.o: user/python/version.h user/base/err.h
user/base/err.h:
