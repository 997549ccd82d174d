/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Undoes systemd's escapes in names of units. What comes out may have any byte in it: it is for comparing and showing, never
 * for a path.
 */
#include "container/unit_name.h"

#include <ctype.h>

static int hexadecimal_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	return isxdigit((unsigned char)digit) ? (digit | 0x20) - 'a' + 10 : -1;
}

void unit_name_unescape(const char *text, size_t length, char *ret_text, size_t capacity)
{
	size_t size = 0;

	for (size_t i = 0; i < length && size + 1 < capacity; i++) {
		char byte = text[i];

		if (byte == '\\' && length - i >= 4 && text[i + 1] == 'x') {
			int high = hexadecimal_digit(text[i + 2]);
			int low = hexadecimal_digit(text[i + 3]);

			if (high >= 0 && low >= 0 && (high || low)) {
				byte = (char)(high << 4 | low);
				i += 3;
			}
		}
		ret_text[size++] = byte;
	}
	ret_text[size] = '\0';
}
