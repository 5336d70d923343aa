/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Socket: whole messages with descriptors over one SOCK_SEQPACKET socket, never blocking.
 *
 * A message larger than one packet (64 KiB of body or 250 descriptors) travels as fragments;
 * the other end puts them together, bounded by TW_MAX_BODY and TW_MAX_FDS. What the socket does
 * not take at once is queued, in order.
 * Owner: one thread. libc only.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  TW_FRAGMENT_BODY = 64 << 10,
  TW_FRAGMENT_FDS = 250,
  TW_MAX_BODY = 4 << 20,
  TW_MAX_FDS = 16384,
};

typedef struct {
  uint32_t type;   /* TwType */
  uint32_t status; /* replies: 0, or an errno, then the body is one string that says what failed */
  uint64_t serial; /* requests: numbered by the sender from 1, replies carry it back; events: 0 */
  uint8_t *body;   /* owned */
  size_t body_len;
  int *fds; /* owned, and so is each descriptor; take one by setting it to -1 */
  size_t n_fds;
} TwMessage;

/* Closes what descriptors are left, frees the body. */
void tw_message_clear (TwMessage *self);

typedef struct TwSocket TwSocket;

/* Takes @fd, a SOCK_SEQPACKET socket, and makes it non-blocking. NULL with errno; then @fd is still the caller's. */
TwSocket *tw_socket_new (int fd);
void tw_socket_free (TwSocket *self);
int tw_socket_fd (const TwSocket *self);
/*
 * From now on the other end, or this one, may have been another process before, which died within a message: the rest
 * of one whose beginning went to that one is dropped, and so is the beginning of one whose rest never comes. @once:
 * this end only, so that nothing is cut any more after the first whole message.
 */
void tw_socket_allow_cuts (TwSocket *self, bool once);

/* From now on a message with more than @most descriptors breaks the rules: who knows what to expect takes no more. */
void tw_socket_expect_fds (TwSocket *self, size_t most);

/*
 * Sends or queues; the body and the descriptors stay the caller's (copied where they have to wait).
 * 0, or -1 with errno: ENOMEM, E2BIG, EMFILE (nothing was sent), EPIPE (the other end is gone).
 */
int tw_socket_send (TwSocket *self, const TwMessage *message);
/* Sends what is queued. 0, or -1 with errno. Call it when the descriptor is writable. */
int tw_socket_flush (TwSocket *self);
bool tw_socket_wants_write (const TwSocket *self);

/*
 * 1: @message is whole (clear it). 0: nothing now. -1 with errno: EPIPE at the end of the connection,
 * EPROTO where the other end broke the rules, EMFILE or ENOMEM where this end has no room for what came;
 * the socket is of no more use then.
 */
int tw_socket_receive (TwSocket *self, TwMessage *message);
