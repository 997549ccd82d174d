events.o: user/events.h user/base/err.h
user/base/err.h:
