strbuf.o: user/base/strbuf.h
