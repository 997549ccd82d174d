merged.o: user/report/merged.h user/profile/groups.h \
 user/profile/symbol.h
user/profile/groups.h:
user/profile/symbol.h:
