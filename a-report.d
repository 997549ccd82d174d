report.o: user/report/report.h user/base/err.h
user/base/err.h:
