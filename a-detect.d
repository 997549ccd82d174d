detect.o: user/python/detect.h user/base/err.h user/python/version.h
user/base/err.h:
user/python/version.h:
