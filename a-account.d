account.o: user/profile/account.h
