/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading the ring buffer: every record is checked before a handler sees it. */
#ifndef PBP_CAPTURE_RING_H
#define PBP_CAPTURE_RING_H

struct capture;

/* Make capture->ring. 0 or a negative errno. */
int ring_open(struct capture *capture);
void ring_close(struct capture *capture);

#endif
