totals.o: user/profile/totals.h user/profile/groups.h \
 user/profile/symbol.h
user/profile/groups.h:
user/profile/symbol.h:
