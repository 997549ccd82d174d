#!/usr/bin/env python3
"""Runs the end-to-end tests over every interpreter that is wanted and writes the matrix of results.

PBP_PYTHONS chooses some; the results of the others stay what they were. Results are below results/ of the
folder of the fetched interpreters, and the matrix is its matrix.md.
"""
import json
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
os.environ["PBP_PYTHONS_SET"] = "all"
import interpreters

SUITE = ("lines", "stacks", "names", "reuse", "account")
RESULTS = os.path.join(interpreters.FETCHED, "results")
TEST = re.compile(r"(not )?ok \d+ - (.*?)( # SKIP.*)?$")
DETAILS = ("import sys; v = sys.version_info; print('%d.%d.%d%s' % (v[:3] + ('' if v[3] == 'final' "
           "else '%s%d' % (v[3], v[4]),)))")


def run_file(name, interpreter):
    """{"passed": number, "failed": [test with its first problem]} of one file of tests."""
    environment = dict(os.environ, PBP_PYTHONS=interpreter.label)
    path = os.path.join(HERE, "..", "e2e", name + ".t")
    process = subprocess.run([path], stdout=subprocess.PIPE, env=environment, universal_newlines=True)
    passed, failed = 0, []
    for line in process.stdout.splitlines():
        match = TEST.match(line)
        if match and match[1]:
            failed.append(match[2].replace(interpreter.label + " ", "", 1))
        elif match:
            passed += not match[3]
        elif line.startswith("# ") and failed and ": " not in failed[-1]:
            failed[-1] += ": " + line[2:160]
    if process.returncode and not failed:
        failed.append("%s.t ended with status %d" % (name, process.returncode))
    with open(os.path.join(RESULTS, "%s %s.tap" % (interpreter.label, name)), "w") as out:
        out.write(process.stdout)
    return {"passed": passed, "failed": failed}


def run(interpreter):
    result = {"label": interpreter.label, "version": interpreter.version, "build": " ".join(interpreter.build),
              "origin": interpreter.origin, "when": time.strftime("%Y-%m-%d"), "missing": None, "files": {}}
    if not interpreter.path:
        result["missing"] = interpreter.reason
        return result
    result["version"] = interpreter.run("-c", DETAILS).strip()
    for name in SUITE:
        result["files"][name] = run_file(name, interpreter)
        print("  %-30s %-8s %s" % (interpreter.label, name, cell(result["files"][name])), flush=True)
    return result


def cell(counts):
    failed = len(counts["failed"])
    total = counts["passed"] + failed
    return "%d of %d failed" % (failed, total) if failed else "ok (%d)" % total if total else "none"


def order(result):
    return [int(part) for part in re.findall(r"\d+", result["version"])], result["label"]


def matrix(results):
    """Markdown: the table of what was run, what failed in it, and what was not run and why."""
    out = ["| CPython | build | from | " + " | ".join(SUITE) + " | when |", "|---" * (len(SUITE) + 4) + "|"]
    for r in sorted(results, key=order):
        if not r["missing"]:
            out.append("| %s | %s | %s | %s | %s |" % (
                r["version"], r["build"], r["origin"], " | ".join(cell(r["files"][n]) for n in SUITE), r["when"]))
    failures = ["- %s, %s: %s" % (r["label"], name, text) for r in sorted(results, key=order)
                for name, counts in sorted(r["files"].items()) for text in counts["failed"]]
    if failures:
        out += ["", "Failed:", ""] + failures
    absent = ["- %s: %s" % (r["label"], r["missing"]) for r in sorted(results, key=order) if r["missing"]]
    if absent:
        out += ["", "Not run:", ""] + absent
    return "\n".join(out) + "\n", len(failures)


def main():
    os.makedirs(RESULTS, exist_ok=True)
    for interpreter in interpreters.supported():
        with open(os.path.join(RESULTS, interpreter.label + ".json.new"), "w") as out:
            json.dump(run(interpreter), out)
        os.rename(out.name, out.name[:-len(".new")])
    results = []
    for name in sorted(os.listdir(RESULTS)):
        if name.endswith(".json"):
            with open(os.path.join(RESULTS, name)) as text:
                results.append(json.load(text))
    text, failures = matrix(results)
    path = os.path.join(interpreters.FETCHED, "matrix.md")
    with open(path, "w") as out:
        out.write(text)
    print("%s: %d interpreters, %d tests failed" % (path, len(results), failures))
    return 1 if failures else 0


sys.exit(main())
