symbol_table.o: user/profile/symbol_table.h user/profile/symbol.h
user/profile/symbol.h:
