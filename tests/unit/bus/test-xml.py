#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""test-xml.py FILE...: introspection files obey D-Bus's document type, and document every member and argument."""
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree

DTD = "/usr/share/xml/dbus-1/introspect.dtd"


def validity(path):
    """Why @path is not valid; "" where it is."""
    done = subprocess.run(["xmllint", "--noout", "--nonet", "--dtdvalid", DTD, path], capture_output=True, text=True)
    return done.stderr if done.returncode else ""


def comments(text):
    """Documentation comments: what each begins with, to the whole."""
    found = {}
    for comment in re.findall(r"<!--(.*?)-->", text, re.DOTALL):
        head = comment.strip().split(":", 1)
        if len(head) == 2:
            found[head[0]] = comment
    return found


def undocumented(path):
    """Members and arguments of @path that no comment tells of."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    told = comments(text)
    missing = []
    for interface in xml.etree.ElementTree.fromstring(text).iter("interface"):
        if "@short_description:" not in told.get(interface.get("name"), ""):
            missing.append(interface.get("name"))
        for method in interface.iter("method"):
            comment = told.get(method.get("name"), "")
            if not re.search(r"Action: org\.tracebus1\.|Needs ownership|Open to everybody", comment):
                missing.append(f"{method.get('name')}: who may call it")
            missing += [f"{method.get('name')}: {arg.get('name')}" for arg in method.iter("arg")
                        if f"@{arg.get('name')}: " not in comment]
        missing += [member.get("name") for member in interface.iter("property") if member.get("name") not in told]
    return missing


def main(paths):
    print(f"1..{2 * len(paths)}")
    number = 0
    failed = False
    for path in paths:
        name = os.path.basename(path)
        number += 1
        if not os.path.exists(DTD) or not shutil.which("xmllint"):
            print(f"ok {number} {name} is valid # SKIP wants xmllint and {DTD} (libxml2-utils, libdbus-1-dev)")
        else:
            why = validity(path)
            failed |= bool(why)
            print(f"{'not ' if why else ''}ok {number} {name} is valid")
            print("".join(f"# {line}\n" for line in why.splitlines()), end="")
        number += 1
        missing = undocumented(path)
        failed |= bool(missing)
        print(f"{'not ' if missing else ''}ok {number} {name} documents everything")
        print("".join(f"# missing: {what}\n" for what in missing), end="")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
