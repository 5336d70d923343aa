# SPDX-License-Identifier: GPL-2.0-only
"""The rules. Each is a generator of (line, message) for one Source; its name is the complaint's."""
import ast
import re

MAX_FILE = 600
MAX_FUNCTION = 60
MAX_PARAMETERS = 5
MAX_COLUMNS = 120

# Who may include whom.
LAYERS = {
    "base": {"base"},
    "ctf": {"base", "ctf"},
    "core": {"base", "ctf", "core"},
    "ust": {"base", "ctf", "core", "ust"},
    "supervise": {"base", "wire", "core", "supervise"},
    "bus": {"base", "core", "bus"},
    "wire": {"wire"},
    "consumer": {"wire", "consumer"},
    "main": {"base", "core", "ust", "supervise", "bus"},
}
# Layers of libc only: they are built for 32 bits too, where GLib is not to be had.
WITHOUT_GLIB = {"wire", "consumer"}
# Words that only some may say, and which files beside them.
WORDS = [
    (r"\bcds_lfht_\w+|\brcu_read_(?:un)?lock\b", {"core"}, "the index tables of core"),
    (r"\brcu_(?:un)?register_thread\b", {"base", "consumer"}, "base/thread, where threads begin"),
    (r"\blttng_ust_ctl_\w+", {"ust", "consumer"}, "ust and consumer"),
    (r"\bGSubprocess\w*|\bg_subprocess_\w+", {"supervise"}, "supervise"),
    (r"\bGDBus\w*|\bg_dbus_\w+|\bpolkit_\w+|\bPolkit[A-Z]\w*", {"bus"}, "bus"),
]
SYSTEM_HEADERS = [
    (r"<urcu[/.>]", {"core", "base"}, "core and base"),
    (r"<lttng/ust-ctl", {"ust", "consumer"}, "ust and consumer"),
    (r"<polkit/", {"bus"}, "bus"),
    (r"<systemd/", {"main", "supervise", "bus", "base"}, "the service"),
]
# What each folder's meson.build may name; *_dep of other layers follow LAYERS.
DEPENDENCIES = {
    "gio_dep": {"core", "ust", "supervise", "bus", "main"},
    "glib_dep": {"base", "ctf", "core", "ust", "supervise", "bus", "main"},
    "gobject_dep": {"core", "ust", "supervise", "bus", "main"},
    "urcu_dep": {"base", "core", "ust", "consumer"},
    "ust_ctl_dep": {"ust", "consumer"},
    "polkit_dep": {"bus"},
}


def include_layer(source):
    """A layer includes what its row allows, and nobody outside the service includes it but tests."""
    allowed = LAYERS.get(source.layer)
    if source.path.parts[0] in ("client", "introspection"):
        allowed = set()
    if allowed is None:
        return
    for line, target in source.includes():
        folder = target[1:].partition("/")[0]
        if target[0] == '"' and folder in LAYERS and folder not in allowed:
            yield line, f"{source.layer or source.path.parts[0]} must not know {folder}"


def include_system(source):
    if source.layer is None:
        return
    for line, target in source.includes():
        for pattern, layers, where in SYSTEM_HEADERS:
            if re.match(pattern, target) and source.layer not in layers:
                yield line, f"{target} belongs to {where}"


def include_path(source):
    """Quoted includes name the folder of what they include; tests may share a header within theirs."""
    if not source.is_c:
        return
    is_test = source.path.parts[0] == "tests"
    for line, target in source.includes():
        if target[0] == '"' and (("/" not in target and not is_test) or ".." in target):
            yield line, f"{target} does not name its layer"


def include_own_first(source):
    """What includes its own header first proves that the header stands alone."""
    if source.path.suffix != ".c":
        return
    own = source.path.with_suffix(".h")
    includes = [target.strip('"') for _, target in source.includes()]
    for place, target in enumerate(includes):
        if "/" in target and own.as_posix().endswith("/" + target) and place > 0:
            yield 1, f'"{target}" is this file\'s own header and comes first'


def words(source):
    if source.layer is None or not source.is_c:
        return
    for pattern, layers, where in WORDS:
        if source.layer not in layers:
            for line, word in source.find(pattern):
                yield line, f"{word} belongs to {where}"


def glib_free(source):
    if source.layer not in WITHOUT_GLIB or not source.is_c:
        return
    for line, target in source.includes():
        if re.match(r"<g(?:lib|io|object|module)", target):
            yield line, f"{target}: {source.layer} is libc only"
    for line, word in source.find(r"\bg_[a-z]\w*(?=\s*\()|\bg(?:boolean|char|u?int(?:8|16|32|64)?|pointer|size)\b"):
        yield line, f"{word}: {source.layer} is libc only"


def meson_links(source):
    """A folder links its row only."""
    if source.path.name != "meson.build" or source.layer in (None, "main"):
        return
    allowed = LAYERS.get(source.layer, set())
    for number, line in enumerate(source.lines, 1):
        for word in re.findall(r"\b\w+_(?:dep|lib)\b", line.partition("#")[0]):
            layer = word.rpartition("_")[0]
            if (layer in LAYERS and layer not in allowed) or source.layer not in DEPENDENCIES.get(word, {source.layer}):
                yield number, f"{source.layer} must not link {word}"


def file_size(source):
    if source.path.suffix in (".c", ".h", ".py", ".sh", ".build") and len(source.lines) > MAX_FILE:
        yield MAX_FILE + 1, f"{len(source.lines)} lines; {MAX_FILE} hold one idea"


def _python_functions(source):
    for node in ast.walk(ast.parse(source.text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1, len(node.args.args)


def _all_functions(source):
    for function in source.functions:
        yield function.name, function.line, function.lines, len(_counted(function.parameters))
    if source.path.suffix == ".py":
        yield from _python_functions(source)


def _counted(parameters):
    """
    What was ours to choose. GError ** and GIO's (GCancellable, GAsyncReadyCallback, gpointer) come last by convention;
    the signatures of GDBus's callbacks are not ours.
    """
    types = [re.sub(r"\s*\w+$", "", parameter) for parameter in parameters]
    if types[:1] == ["GDBusConnection *"] and types[-1] == "gpointer":
        return []
    if types[-1:] == ["GError **"]:
        return types[:-1]
    if types[-2:] == ["GAsyncReadyCallback", "gpointer"]:
        return types[:-3] if types[-3:-2] == ["GCancellable *"] else types[:-2]
    return types


def function_size(source):
    for name, line, lines, _ in _all_functions(source):
        if lines > MAX_FUNCTION:
            yield line, f"{name} has {lines} lines; {MAX_FUNCTION} fit a screen"


def function_parameters(source):
    for name, line, _, parameters in _all_functions(source):
        if parameters > MAX_PARAMETERS:
            yield line, f"{name} has {parameters} parameters; from {MAX_PARAMETERS + 1} on they are a struct"


def header_once(source):
    if source.is_header and not source.is_provider and source.lines[1:2] != ["#pragma once"]:
        yield 2, "a header begins with its licence and #pragma once"


def header_manual(source):
    """A header is the manual page of its type."""
    if not source.is_header or source.is_provider:
        return
    body = source.text.partition("#pragma once")[2].lstrip()
    comment = re.match(r"/\*.*?\*/", body, re.S)
    if not comment:
        yield 3, "after #pragma once comes the manual: what it is, Owner:, Threads:, Limit:"
    elif source.functions and not re.search(r"\b(?:Owner|Threads):", comment.group(0)):
        yield 3, "the manual says neither Owner: nor Threads:"


def licence(source):
    """The first line, or in a script the second, is the licence."""
    lesser = source.path.parts[0] in ("client", "introspection")
    expected = "SPDX-License-Identifier: " + ("LGPL-2.1-or-later" if lesser else "GPL-2.0-only")
    if source.path.suffix == ".xml":
        if not any(expected in line for line in source.lines[:6]):
            yield 1, f"wants {expected} near its head"
        return
    if not (source.is_c or source.is_script or source.path.suffix in (".py", ".sh")):
        return
    where = 1 if source.is_script else 0
    line = source.lines[where] if len(source.lines) > where else ""
    if line != (f"/* {expected} */" if source.is_c else f"# {expected}"):
        yield where + 1, f"wants {expected}"


def layout(source):
    """Columns, tabs, blanks at the end."""
    measured = source.is_c or source.is_script or source.path.suffix in (".py", ".sh")
    for number, line in enumerate(source.lines, 1):
        if measured and len(line) > MAX_COLUMNS:
            yield number, f"{len(line)} columns; {MAX_COLUMNS} fit"
        if measured and "\t" in line:
            yield number, "a tab"
        if line != line.rstrip():
            yield number, "blanks at the end"
    if source.text and not source.text.endswith("\n"):
        yield len(source.lines), "no newline at the end"


# Written in two parts, so that this file keeps its own rule.
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
MACHINE = re.compile(r"(?<![\w.~-])/(?:ho" r"me|wo" r"rk|ro" r"ot|Us" r"ers)/\w")


def unfinished(source):
    for number, line in enumerate(source.lines, 1):
        match = UNFINISHED.search(line)
        if match:
            yield number, f"{match.group(0)}: finish it, or open an issue"


def machine_path(source):
    for number, line in enumerate(source.lines, 1):
        match = MACHINE.search(line)
        if match:
            yield number, f"{match.group(0)}...: a path of somebody's machine"


# Where it says which test proves what: "tests/unit/core/ring.c: a-name, another-name".
PROOFS = re.compile(r"(tests/[\w/-]+\.(?:c|py|sh))(?:: ((?:[\w/-]+, )*[\w/-]+))?")
PROVING = ("tests/BEHAVIOURS.md", "data/tracebus-security.7")
N_BEHAVIOURS = 29


def _is_test(text, name):
    """Whether @name is what a test is registered by, with whatever path before it, or by a macro."""
    registered = rf'(?:"[\w/-]*(?<![\w-])|\b[A-Z-]+ \(){re.escape(name)}[")]'
    return re.search(registered, text.replace("_", "-")) is not None


def proofs(source):
    """What is said to be proved by a test has that test, and every behaviour has one."""
    if source.path.as_posix() not in PROVING:
        return
    plain = source.text.replace("\\-", "-").replace("`", "")
    for match in PROOFS.finditer(re.sub(r",\s+", ", ", plain)):
        file = source.root / match[1]
        if not file.is_file():
            yield 1, f"there is no {match[1]}"
            continue
        text = file.read_text(encoding="utf-8")
        for name in (match[2] or "").split(", "):
            if name and not _is_test(text, name):
                yield 1, f"{match[1]} has no test {name}"
    if source.path.name == "BEHAVIOURS.md":
        for number in range(1, N_BEHAVIOURS + 1):
            if not re.search(rf"^## B{number} .*(?:\n(?!##).*)*\n- ", source.text, re.MULTILINE):
                yield 1, f"B{number} has no test"


ALL = {
    "include-layer": include_layer,
    "include-system": include_system,
    "include-path": include_path,
    "include-own-first": include_own_first,
    "words": words,
    "glib-free": glib_free,
    "meson-links": meson_links,
    "file-size": file_size,
    "function-size": function_size,
    "function-parameters": function_parameters,
    "header-once": header_once,
    "header-manual": header_manual,
    "licence": licence,
    "layout": layout,
    "unfinished": unfinished,
    "machine-path": machine_path,
    "proofs": proofs,
}
