/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Rendezvous: where apps find their tracer daemon: a socket that they connect to, and a word of shared memory
 * that those wait on which started before us.
 *
 * The descriptor store keeps the socket while there is no service, under a name that says which file it is: apps that
 * come meanwhile wait in its queue.
 *
 * One daemon holds it at a time. A lock beside the socket keeps two starts from racing; a socket that answers
 * belongs to another daemon, one that does not is a dead one's and is replaced.
 *
 * Owner:   the tracer side. Threads: main.
 */
#include <glib.h>

G_BEGIN_DECLS

/* Everything is owned. Tests and main may change it between init and claim. */
typedef struct {
  char *directory;
  mode_t directory_mode;
  char *socket;
  char *lock;
  char *wait_shm;    /* name for shm_open() */
  mode_t wait_mode;
  gboolean stay_awake; /* leaves the word at 1 on exit: others of this user share it */
} TbusRendezvousPaths;

/* @system: root's instance for every user; else the caller's own, in $LTTNG_HOME or $HOME; NotFound without one. */
gboolean tbus_rendezvous_paths_init (TbusRendezvousPaths *self, gboolean system, GError **error);
void tbus_rendezvous_paths_copy (TbusRendezvousPaths *to, const TbusRendezvousPaths *from);
void tbus_rendezvous_paths_clear (TbusRendezvousPaths *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TbusRendezvousPaths, tbus_rendezvous_paths_clear)

typedef struct TbusRendezvous TbusRendezvous;

/*
 * Takes the rendezvous and listens, on the socket of a former life where the store has it and apps still find it;
 * nobody is woken yet. AlreadyExists where another daemon is alive on it;
 * any other error names the path and the reason.
 */
TbusRendezvous *tbus_rendezvous_claim (const TbusRendezvousPaths *paths, GError **error);
/* The listening socket, non-blocking; stays the rendezvous's. */
int tbus_rendezvous_get_fd (const TbusRendezvous *self);
const char *tbus_rendezvous_get_socket_path (const TbusRendezvous *self);
/* Wakes every app that waits. */
void tbus_rendezvous_publish (TbusRendezvous *self);
/* Lets apps wait again, removes the socket, gives the rendezvous up. */
void tbus_rendezvous_free (TbusRendezvous *self);
/* Instead: lets go of it as a crash would, for the next service, which finds everything as it is. */
void tbus_rendezvous_leave (TbusRendezvous *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusRendezvous, tbus_rendezvous_free)

G_END_DECLS
