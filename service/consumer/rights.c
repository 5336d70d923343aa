/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "consumer/rights.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int
refuse (void)
{
  errno = EPERM;
  return -1;
}

/* No capability may be left in any set that could ever be used again. */
static int
drop_capabilities (void)
{
  struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
  struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

  memset (data, 0, sizeof data);
  if (syscall (SYS_capset, &header, data) < 0 || syscall (SYS_capget, &header, data) < 0)
    return -1;
  for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
    if (data[i].effective != 0 || data[i].permitted != 0)
      return refuse ();
  return 0;
}

int
tc_rights_become (const TcOwner *owner)
{
  uid_t real, effective, saved;
  gid_t real_group, effective_group, saved_group;
  uid_t before = geteuid ();

  /* Groups first: once the uid has changed, they cannot. Who is not root has no others to give up. */
  if (before == 0 && setgroups (owner->n_groups, owner->groups) < 0)
    return -1;
  if (setresgid (owner->gid, owner->gid, owner->gid) < 0 || setresuid (owner->uid, owner->uid, owner->uid) < 0)
    return -1;
  if (getresuid (&real, &effective, &saved) < 0 || getresgid (&real_group, &effective_group, &saved_group) < 0)
    return -1;
  if (real != owner->uid || effective != owner->uid || saved != owner->uid
      || real_group != owner->gid || effective_group != owner->gid || saved_group != owner->gid)
    return refuse ();
  if (owner->uid != 0 && (setuid (0) == 0 || seteuid (0) == 0))
    return refuse ();
  return 0;
}

int
tc_rights_renounce (void)
{
  if (prctl (PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 || drop_capabilities () < 0)
    return -1;
  return prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
