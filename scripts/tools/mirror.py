#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that every public header has the test that mirrors it, and every test its header."""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Concepts are tested through their models and laws; laws and archetypes are tests themselves.
EXEMPT_ROOMS = {"concepts", "testing"}
NOT_MIRRORS = {"golden", "support", "compile_fail", "embed", "cli"}
# Misuse of the tape is a test of its own: it needs another contract level than the rest.
EXTRA_TESTS = {"autodiff/lifetime"}

bad = []
headers = set()
for header in (ROOT / "include/muster").rglob("*.hpp"):
    relative = header.relative_to(ROOT / "include/muster").with_suffix("")
    headers.add(str(relative))
    if len(relative.parts) == 1 or relative.parts[0] in EXEMPT_ROOMS or "detail" in relative.parts:
        continue
    if not (ROOT / "tests" / f"{relative}.test.cpp").exists():
        bad.append(f"include/muster/{relative}.hpp has no tests/{relative}.test.cpp")
for test in (ROOT / "tests").rglob("*.test.cpp"):
    relative = str(test.relative_to(ROOT / "tests"))[: -len(".test.cpp")]
    if relative.split("/")[0] not in NOT_MIRRORS and relative not in headers | EXTRA_TESTS:
        bad.append(f"tests/{relative}.test.cpp mirrors no header")

for line in sorted(bad):
    print(line)
sys.exit(1 if bad else 0)
