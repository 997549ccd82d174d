groups.o: user/profile/groups.h user/profile/symbol.h
user/profile/symbol.h:
