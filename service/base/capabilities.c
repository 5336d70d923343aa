/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/capabilities.h"

#include "base/error.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const guint needed[] = {
  CAP_SETUID, /* consumers become the owners of sessions */
  CAP_SETGID, /* with the groups of those */
  CAP_KILL,   /* a consumer that hangs is ended */
  CAP_CHOWN,  /* the memory that programs wait on is taken over, whoever made it */
};

static gboolean
is_needed (guint capability)
{
  for (guint i = 0; i < G_N_ELEMENTS (needed); i++)
    if (needed[i] == capability)
      return TRUE;
  return FALSE;
}

/* What children could have. It needs a right that goes next, and that systemd does not give: there it is done. */
static void
drop_bounds (void)
{
  for (guint capability = 0; prctl (PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
    if (!is_needed (capability))
      (void) prctl (PR_CAPBSET_DROP, capability, 0, 0, 0);
}

gboolean
tbus_capabilities_keep_needed (GError **error)
{
  struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
  struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
  guint32 kept[_LINUX_CAPABILITY_U32S_3] = { 0 };

  drop_bounds ();
  for (guint i = 0; i < G_N_ELEMENTS (needed); i++)
    kept[CAP_TO_INDEX (needed[i])] |= CAP_TO_MASK (needed[i]);
  memset (data, 0, sizeof data);
  if (syscall (SYS_capget, &header, data) == 0)
    {
      for (guint i = 0; i < G_N_ELEMENTS (data); i++)
        {
          data[i].permitted &= kept[i];
          data[i].effective = data[i].permitted;
          data[i].inheritable = 0;
        }
      if (syscall (SYS_capset, &header, data) == 0 && prctl (PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0)
        return TRUE;
    }
  tbus_set_errno (error, TBUS_ERROR_UNSUPPORTED, errno, "Cannot give up rights that are not needed");
  return FALSE;
}
