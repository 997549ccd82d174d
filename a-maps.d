maps.o: user/proc/maps.h user/base/err.h
user/base/err.h:
