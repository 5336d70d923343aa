#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""manual.py GDBUS-CODEGEN PREFIX INTERFACE.xml PAGE.5: sets the documentation of an interface as a manual page.

gdbus-codegen makes reStructuredText of it, docutils the page. What docutils would warn of is an error here.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

from docutils import core, utils
from docutils.writers import manpage

HEAD = """{line}
{name}
{line}

{under}
{purpose}
{under}

:Manual section: 5
:Manual group: D-Bus interfaces

"""


def restructured(codegen, prefix, interface):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([codegen, "--interface-prefix", prefix, "--generate-rst", f"{folder}/page", interface],
                       check=True)
        page, = pathlib.Path(folder).iterdir()
        return page.read_text(encoding="utf-8")


def with_head(text):
    """The page's name and purpose where a manual page has them; the purpose is the description's first paragraph."""
    found = re.match(r"\.\. _(\S+):\n\n=+\n\S+\n=+\n\n(.*?\n\.\. _[^\n]* Description:\n\n)([^\n]+)\n\n", text, re.S)
    name, description, purpose = found.groups()
    return HEAD.format(name=name, line="=" * len(name), purpose=purpose, under="~" * len(purpose)) \
        + description + text[found.end():]


def main(codegen, prefix, interface, output):
    try:
        page = core.publish_string(with_head(restructured(codegen, prefix, interface)), source_path=interface,
                                   writer=manpage.Writer(), settings_overrides={"halt_level": 2, "report_level": 2})
    except utils.SystemMessage:
        return 1
    pathlib.Path(output).write_bytes(page)
    return 0


sys.exit(main(*sys.argv[1:]))
