clock.o: user/base/clock.h user/base/err.h
user/base/err.h:
