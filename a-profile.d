profile.o: user/profile/profile.h user/profile/account.h \
 user/profile/symbol.h
user/profile/account.h:
user/profile/symbol.h:
