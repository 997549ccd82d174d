options_rows.o: user/options_rows.h user/base/err.h user/options.h \
 user/report/report.h user/base/err.h
user/base/err.h:
user/options.h:
user/report/report.h:
user/base/err.h:
