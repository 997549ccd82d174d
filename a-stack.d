stack.o: user/profile/stack.h
