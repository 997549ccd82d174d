# SPDX-License-Identifier: GPL-2.0-only
"""Writes the row of user/python/layout_rows.c for the file that gdb has loaded, from its debug information, and the
table of user/python/debug_offsets_rows.c if it has one. Runs inside gdb, started by row.sh.

What the fields are is not said here: fields.h says it, and the list is include/layout.h's. The C preprocessor
chooses this version's expressions, and this program evaluates them over the types.

In: PBP_ROOT, the folder of the sources; PBP_VERSION, "3.14", for files that do not tell theirs (up to 3.10).
Out, on file descriptor 3: a line "facts HEXVERSION FREE_THREADED RUNTIME_SIZE EXTRA", as oracle.c tells them; a line
"row" and the row; if the version describes itself, a line "table" and the table.
"""
import os
import re
import subprocess

import gdb

ROOT = os.environ["PBP_ROOT"]
OUT = os.fdopen(3, "w")
LISTS = """
#include "layout.h"
#define X(name) @field name = ORACLE_##name;
#include "tests/layout/fields.h"
PBP_LAYOUT_FIELDS(X, X)
#undef X
#include "python/debug_offsets.h"
#define X(owner, ...) @position owner size _size_at;
DEBUG_OFFSETS_STRUCTS(X)
#undef X
#define X(owner, entry, ...) @position owner entry _##entry;
DEBUG_OFFSETS_ENTRIES(X)
DEBUG_OFFSETS_NEIGHBOURS(X)
#undef X
#define X(field, owner, entry, guard) @derived field owner entry guard;
DEBUG_OFFSETS_DERIVED(X)
"""


def type_of(name):
    for spelling in (name, "struct " + name):
        try:
            return gdb.lookup_type(spelling).strip_typedefs()
        except gdb.error:
            pass
    raise KeyError(name)


def find(of_type, path):
    """The bit position and the type of a member, "a.b.c", also inside anonymous ones."""
    bits = 0
    for name in path.split("."):
        for member in of_type.fields():
            if member.name == name:
                break
        else:
            for member in of_type.fields():
                if not member.name and member.type.strip_typedefs().code in (gdb.TYPE_CODE_UNION, gdb.TYPE_CODE_STRUCT):
                    try:
                        inside, of_type = find(member.type.strip_typedefs(), name)
                    except KeyError:
                        continue
                    bits += member.bitpos + inside
                    break
            else:
                raise KeyError(name)
            continue
        bits += member.bitpos
        of_type = member.type.strip_typedefs()
    return bits, of_type


FUNCTIONS = {
    "OFFSET": lambda name, path: find(type_of(name), path)[0] // 8,
    "SIZE": lambda name: type_of(name).sizeof,
    "MEMBER_SIZE": lambda name, path: find(type_of(name), path)[1].sizeof,
    "BIT": lambda name, word, bit: find(type_of(name), word + "." + bit)[0] - find(type_of(name), word)[0],
    "CONSTANT": lambda name: int(gdb.parse_and_eval(name)),
}


def evaluate(expression):
    """The value as C: a number, or a name of include/layout.h."""
    expression = expression.strip()
    if expression == "ABSENT" or expression.startswith("PBP_"):
        return "PBP_ABSENT" if expression == "ABSENT" else expression
    python = re.sub(r"\b([A-Z_]+)\(([^()]*)\)",
                    lambda m: "%s(%s)" % (m[1], ", ".join(repr(a.strip()) for a in m[2].split(","))), expression)
    return str(eval(python, {"__builtins__": {}}, FUNCTIONS))


def has(name, path):
    try:
        return bool(find(type_of(name), path))
    except KeyError:
        return False


def read(expression):
    """An integer of the file's initialised data; None: it has no such thing."""
    try:
        return int(gdb.parse_and_eval(expression))
    except gdb.error:
        return None


def lists(hexversion, free_threaded):
    command = ["gcc", "-E", "-P", "-I" + ROOT + "/include", "-I" + ROOT + "/user", "-I" + ROOT,
               "-DPY_VERSION_HEX=0x%08x" % hexversion, "-"] + ["-DPy_GIL_DISABLED"] * free_threaded
    text = subprocess.run(command, input=LISTS, stdout=subprocess.PIPE, check=True, universal_newlines=True).stdout
    return [line.split(None, 1) for line in re.findall(r"@((?:field|position|derived)[^;]*);", " ".join(text.split()))]


def write_row(name, series, free_threaded, runtime_size, table, fields):
    print("row\n\t{\n\t\t.series = 0x%04x," % series, file=OUT)
    if free_threaded:
        print("\t\t.free_threaded = true,", file=OUT)
    print('\t\t.name = "%s",' % name, file=OUT)
    if runtime_size:
        print("\t\t.runtime_sizes = { %d }," % runtime_size, file=OUT)
    if table:
        print("\t\t.debug_offsets = &%s," % table, file=OUT)
    print("\t\t.layout = {", file=OUT)
    for field, value in fields.items():
        print("\t\t\t.%s = %s," % (field, value), file=OUT)
    print("\t\t},\n\t},", file=OUT)


def write_table(table, entries, derived, fields):
    print("table\nconst struct debug_offsets_table %s = {\n\t.size = %d," % (table, type_of("_Py_DebugOffsets").sizeof), file=OUT)
    for owner, entry, member in entries:
        if has("_Py_DebugOffsets", owner + "." + entry):
            print("\t.%s%s = %d," % (owner, member, find(type_of("_Py_DebugOffsets"), owner + "." + entry)[0] // 8), file=OUT)
    for field, owner, entry, guard in derived:
        anchor = read("_PyRuntime.debug_offsets.%s.%s" % (owner, entry))
        if fields[field] != "PBP_ABSENT" and anchor is not None:
            print("\t.%s = { %d, %d }," % (field, int(fields[field]) - anchor, anchor - read(
                "_PyRuntime.debug_offsets.%s.%s" % (owner, guard))), file=OUT)
    print("};", file=OUT)


def main():
    version = read("*(unsigned long *)&Py_Version")
    if version is None:
        major, minor = os.environ["PBP_VERSION"].split(".")
        version = int(major) << 24 | int(minor) << 16
    free_threaded = has("PyObject", "ob_tid")
    name = "%d.%d%s" % (version >> 24, version >> 16 & 255, "t" if free_threaded else "")
    runtime_size = type_of("_PyRuntimeState").sizeof if version >= 0x03070000 else 0
    extra = 0 if free_threaded else type_of("PyObject").sizeof - 16
    chosen = lists(version, free_threaded)
    fields = {text.split("=")[0].strip(): evaluate(text.split("=", 1)[1]) for kind, text in chosen if kind == "field"}
    table = "debug_offsets_" + name.rstrip("t").replace(".", "_") if has("_PyRuntimeState", "debug_offsets") else None
    print("facts %08x %d %d %d" % (version, free_threaded, runtime_size, extra), file=OUT)
    write_row(name, version >> 16, free_threaded, runtime_size, table, fields)
    if table:
        write_table(table, [text.split() for kind, text in chosen if kind == "position"],
                    [text.split() for kind, text in chosen if kind == "derived"], fields)
    OUT.flush()


main()
