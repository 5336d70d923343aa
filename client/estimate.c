/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/estimate.h"

#include "client/table.h"
#include "client/units.h"

#include <stdlib.h>
#include <string.h>

/* What the service takes where nothing is given. */
#define DEFAULT_SUBBUF_SIZE (512 << 10)
#define DEFAULT_SUBBUF_SIZE_OF_PROCESS (16 << 10)
#define DEFAULT_NUM_SUBBUF 4

CtlBuffers
ctl_buffers_read (GVariantDict *attributes)
{
  CtlBuffers buffers = { .num_subbuf = DEFAULT_NUM_SUBBUF };
  const char *text = NULL;

  buffers.per_process = g_variant_dict_lookup (attributes, "buffer-ownership", "&s", &text)
                        && g_str_equal (text, "process");
  buffers.overwrite = g_variant_dict_lookup (attributes, "mode", "&s", &text) && g_str_equal (text, "overwrite");
  buffers.subbuf_size = buffers.per_process ? DEFAULT_SUBBUF_SIZE_OF_PROCESS : DEFAULT_SUBBUF_SIZE;
  g_variant_dict_lookup (attributes, "subbuf-size", "t", &buffers.subbuf_size);
  g_variant_dict_lookup (attributes, "num-subbuf", "t", &buffers.num_subbuf);
  return buffers;
}

/*
 * The service keeps of each CPU the memory and the end of a pipe that it reads, and with buffers of a user the end that
 * programs write, too, for those to come. The consumer has that pipe, the file and its index; a program the memory and
 * the pipe. One more goes with the channel as a whole. An overwriting ring has a sub-buffer more, which is read.
 */
CtlEstimate
ctl_estimate (const CtlBuffers *buffers, guint n_cpus)
{
  const guint64 n = n_cpus;
  guint64 bytes;

  if (!g_uint64_checked_mul (&bytes, buffers->num_subbuf + (buffers->overwrite ? 1 : 0), buffers->subbuf_size)
      || !g_uint64_checked_mul (&bytes, bytes, n))
    bytes = G_MAXUINT64;
  return (CtlEstimate){
    .bytes = bytes,
    .of_service = buffers->per_process ? 2 * n : 1 + 3 * n,
    .of_consumer = 1 + 3 * n,
    .of_program = 1 + 2 * n,
  };
}

/* A list such as "0-3,8-11"; what counts is the last. */
guint
ctl_count_cpus (void)
{
  g_autofree char *list = NULL;
  const char *last;

  if (!g_file_get_contents ("/sys/devices/system/cpu/possible", &list, NULL, NULL))
    return 1;
  g_strchomp (list);
  last = list + strlen (list);
  while (last > list && g_ascii_isdigit (last[-1]))
    last--;
  return strtoul (last, NULL, 10) + 1;
}

static void
add_line (CtlTable *table, const CtlBuffers *buffers, guint n_cpus, const char *note)
{
  CtlEstimate estimate = ctl_estimate (buffers, n_cpus);

  ctl_table_add (table, g_strdup_printf ("%u", n_cpus), ctl_format_size (estimate.bytes),
                 g_strdup_printf ("%" G_GUINT64_FORMAT, estimate.of_service),
                 g_strdup_printf ("%" G_GUINT64_FORMAT, estimate.of_consumer),
                 g_strdup_printf ("%" G_GUINT64_FORMAT, estimate.of_program), g_strdup (note));
}

static const char *
name_sharers (const CtlBuffers *buffers)
{
  return buffers->per_process ? "process that is traced" : "user whose programs are traced";
}

void
ctl_estimate_say (const CtlBuffers *buffers, const char *channel)
{
  const guint here = ctl_count_cpus ();
  g_autofree char *size = ctl_format_size (ctl_estimate (buffers, here).bytes);

  g_print ("Channel %s takes %s, with %u CPU%s, for each %s\n", channel, size, here, here == 1 ? "" : "s",
           name_sharers (buffers));
}

void
ctl_estimate_print (const CtlBuffers *buffers, const char *channel)
{
  static const char *const heads[] = { ">CPUS", ">MEMORY", ">SERVICE", ">CONSUMER", ">PROGRAM", "", NULL };
  static const guint large[] = { 64, 256, 1024 };
  g_autoptr(CtlTable) table = ctl_table_new (heads);
  const guint here = ctl_count_cpus ();

  g_print ("Channel %s takes for each %s memory, and descriptors of the service, its consumer, and the program:\n",
           channel, name_sharers (buffers));
  add_line (table, buffers, here, "this machine");
  for (guint i = 0; i < G_N_ELEMENTS (large); i++)
    if (large[i] != here)
      add_line (table, buffers, large[i], "");
  ctl_table_print (table, 2, TRUE);
}
