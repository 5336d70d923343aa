/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Rights: becoming the owner of the traces, for good.
 *
 * Threads: before any thread exists: glibc would have to tell the others.
 */
#include <stddef.h>
#include <sys/types.h>

typedef struct {
  uid_t uid;
  gid_t gid;
  gid_t *groups;
  size_t n_groups;
} TcOwner;

/*
 * Takes on exactly @owner's rights and makes sure that the old ones are gone. 0, or -1 with errno:
 * the process must not go on then. A change of the uid also closes the process to ptrace() by others of @owner.
 */
int tc_rights_become (const TcOwner *owner);
/*
 * Gives up every capability, also root's, whose files stay root's to write to and nobody else's; and may have none
 * again, nor any other right that it has not now. 0, or -1 with errno.
 */
int tc_rights_renounce (void);
