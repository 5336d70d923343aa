#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""many-classes.py COUNT HEADER.h CALLS.c: a provider tbtest_many of COUNT events, and who emits each once."""
import pathlib
import sys

HEADER = """\
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER tbtest_many
#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "%(name)s"
#if !defined(MANY_PROVIDER_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define MANY_PROVIDER_H
#include <lttng/tracepoint.h>
%(events)s
#endif
#include <lttng/tracepoint-event.h>
"""

EVENT = """\
LTTNG_UST_TRACEPOINT_EVENT (tbtest_many, event_%(i)04d,
  LTTNG_UST_TP_ARGS (int, value),
  LTTNG_UST_TP_FIELDS (lttng_ust_field_integer (int, value_of_%(i)04d, value)))
"""

CALLS = """\
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "%(name)s"

int many_emit (void);

int
many_emit (void)
{
%(calls)s
  return %(count)d;
}
"""


def main(count, header, calls):
    numbers = range(int(count))
    name = pathlib.Path(header).name
    pathlib.Path(header).write_text(HEADER % {"name": name, "events": "\n".join(EVENT % {"i": i} for i in numbers)})
    emitted = "\n".join(f"  lttng_ust_tracepoint (tbtest_many, event_{i:04d}, {i});" for i in numbers)
    pathlib.Path(calls).write_text(CALLS % {"name": name, "calls": emitted, "count": len(numbers)})


main(*sys.argv[1:])
