# SPDX-License-Identifier: GPL-2.0-only
"""Files of the tree as the rules see them: text, code without comments and strings, functions."""
import bisect
import dataclasses
import pathlib
import re

FOLDERS = ("service", "introspection", "client", "data", "tests", ".ci")
TOP_FILES = ("meson.build", "meson_options.txt", "README.md")
SUFFIXES = (".c", ".h", ".py", ".sh", ".build", ".xml", ".md", ".in", ".conf", ".rst", ".7")


@dataclasses.dataclass
class Function:
    """A definition, or in a header a prototype: both say how many parameters there are."""

    name: str
    line: int
    lines: int  # 0 for a prototype
    parameters: list


class Source:
    """One file. Its path is relative to the root and decides which rules hold for it."""

    def __init__(self, root, path):
        self.root = pathlib.Path(root)
        self.path = pathlib.PurePosixPath(path)
        self.text = (pathlib.Path(root) / path).read_text(encoding="utf-8")
        self.lines = self.text.splitlines()
        self._code = None
        self._functions = None

    @property
    def is_c(self):
        return self.path.suffix in (".c", ".h")

    @property
    def is_header(self):
        return self.path.suffix == ".h"

    @property
    def is_provider(self):
        """The tracer reads these headers many times over, and fills them with macros of its own."""
        return self.is_header and "LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ" in self.text

    @property
    def is_script(self):
        return self.text.startswith("#!")

    @property
    def layer(self):
        """base, core, ...; "main" for service/main.c; None outside the service."""
        parts = self.path.parts
        if parts[0] != "service":
            return None
        return parts[1] if len(parts) > 2 else "main"

    @property
    def code(self):
        """The text with comments, strings and characters blanked; offsets and lines stay."""
        if self._code is None:
            self._code = blank(self.text) if self.is_c else self.text
        return self._code

    @property
    def functions(self):
        if self._functions is None:
            self._functions = list(find_functions(self.code)) if self.is_c else []
        return self._functions

    def includes(self):
        """Pairs of line number and what stands behind #include, with its quotes or brackets."""
        for number, line in enumerate(self.lines, 1):
            match = re.match(r'\s*#\s*include\s+(["<][^">]+[">])', line)
            if match:
                yield number, match.group(1)

    def find(self, pattern):
        """Pairs of line number and match, in code."""
        for number, line in enumerate(self.code.splitlines(), 1):
            for match in re.finditer(pattern, line):
                yield number, match.group(0)


TOKEN = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S)


def _spaces(text):
    return re.sub(r"[^\n]", " ", text)


def blank(text):
    return TOKEN.sub(lambda match: _spaces(match.group(0)), text)


def _without_preprocessor(code):
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda match: _spaces(match.group(0)), code, flags=re.M)


def _split_parameters(text):
    parts, depth, start = [], 0, 0
    for i, char in enumerate(text):
        depth += (char in "([{") - (char in ")]}")
        if char == "," and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
    parts.append(text[start:].strip())
    return [] if parts in ([""], ["void"]) else parts


def _declarator(chunk):
    """Name, its offset and its parameters, where @chunk reads like "type name (parameters) attributes"."""
    match = re.search(r"(\w+)\s*\(", chunk)
    if not match or "=" in chunk or re.match(r"\s*typedef\b", chunk):
        return None
    before = chunk[: match.start()].strip()
    if not before or not re.search(r"\w", before):
        return None
    depth, i = 1, match.end()
    while i < len(chunk) and depth:
        depth += (chunk[i] == "(") - (chunk[i] == ")")
        i += 1
    return match.group(1), match.start(1), _split_parameters(chunk[match.end() : i - 1])


def find_functions(code):
    """Every definition and prototype at the top level of @code, which is blanked."""
    code = _without_preprocessor(code)
    newlines = [i for i, char in enumerate(code) if char == "\n"]
    depth, chunk_start, opened = 0, 0, None
    for match in re.finditer(r"[{};]", code):
        char, at = match.group(0), match.start()
        if char == "{":
            if depth == 0:
                opened = _declarator(code[chunk_start:at])
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == 0 and opened:
                yield _function(newlines, chunk_start, opened, at)
                chunk_start, opened = at + 1, None
        elif depth == 0:
            found = _declarator(code[chunk_start:at])
            if found:
                yield _function(newlines, chunk_start, found, None)
            chunk_start = at + 1


def _function(newlines, chunk_start, declarator, end):
    name, offset, parameters = declarator
    first = bisect.bisect_left(newlines, chunk_start + offset) + 1
    last = bisect.bisect_left(newlines, end) + 1 if end is not None else first - 1
    return Function(name, first, last - first + 1, parameters)


def tree(root):
    """The paths of all files that the rules are for, in a fixed order."""
    root = pathlib.Path(root)
    found = [root / name for name in TOP_FILES if (root / name).is_file()]
    for folder in FOLDERS:
        found += [path for path in (root / folder).rglob("*") if path.is_file()]
    relative = sorted(path.relative_to(root).as_posix() for path in found)
    return [path for path in relative if _is_ours(root, path)]


def _is_ours(root, path):
    if path.startswith("tests/lint/fixtures/") or "/__pycache__/" in path:
        return False
    if pathlib.PurePosixPath(path).suffix in SUFFIXES:
        return True
    with open(pathlib.Path(root) / path, "rb") as file:
        return file.read(2) == b"#!"
