/* SPDX-License-Identifier: GPL-2.0-only */
/* Which share of the time has which colour: pyinstrument's steps, which its users read without a legend. */
#include "report/style.h"

#define RED    "\033[31m"
#define YELLOW "\033[33m"
#define GREEN  "\033[32m"
#define FAINT  "\033[2m"
#define END    "\033[0m"

const char *style_share(double share, bool color)
{
	if (!color)
		return "";
	if (share > 0.6)
		return RED;
	if (share > 0.2)
		return YELLOW;
	return share > 0.05 ? GREEN : FAINT;
}

const char *style_change(bool hotter, bool color)
{
	if (!color)
		return "";
	return hotter ? RED : GREEN;
}

const char *style_faint(bool color)
{
	return color ? FAINT : "";
}

const char *style_end(bool color)
{
	return color ? END : "";
}
