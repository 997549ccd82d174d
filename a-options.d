options.o: user/options.h user/base/err.h user/report/report.h \
 user/base/err.h
user/base/err.h:
user/report/report.h:
user/base/err.h:
