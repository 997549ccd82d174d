formats.o: user/report/formats.h user/report/report.h user/base/err.h
user/report/report.h:
user/base/err.h:
