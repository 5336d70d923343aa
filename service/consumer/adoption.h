/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Adoption: the tracer's library goes on with a ring that a dead process made.
 *
 * The library has no call for that: it only makes rings. But what it keeps in a stream's shared memory are
 * offsets, because apps map it wherever they like. So a ring of the same shape is made, and the dead one's
 * memory is put in the place of its own. From then on every call works on it: reading, flushing, in both modes.
 * Owner:   none. Threads: main, before the stream has a drain.
 */
#include <stdbool.h>

#include <stdbool.h>

struct lttng_ust_ctl_consumer_stream;

/* Whether nobody can change the size of the memory @fd any more. */
bool tc_is_sealed (int fd);

/*
 * @stream, of a ring that was just made in the shm file @fresh and that nobody else has, becomes one of the ring
 * in @memory. @reading: the dead one was reading a packet, which is to be put back first. 0, or -1 with errno: EINVAL
 * where @memory is no ring of that shape, ENOTSUP where the library does not work as described; then the stream can
 * only be destroyed.
 */
int tc_adopt_ring (struct lttng_ust_ctl_consumer_stream *stream, int fresh, int memory, bool *reading);
