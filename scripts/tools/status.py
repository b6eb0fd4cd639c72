#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks docs/reference/status.md: every header and test it names exists, every state is known,
and no checklist row stands twice."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/reference/status.md"
STATES = {"reproduced", "tested", "sketch"}

bad, seen = [], set()
for number, line in enumerate(PAGE.read_text().splitlines(), 1):
    if not re.match(r"\|\s*(KMPS|CORE|PFRL|MAFL|MAS|AMB)-", line):
        continue
    cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
    if len(cells) != 5:
        bad.append(f"status.md:{number}: a row has 5 cells: row, header, test, checked against, state")
        continue
    row, header, test, _, state = cells
    if row in seen:
        bad.append(f"status.md:{number}: {row} stands twice")
    seen.add(row)
    for path in re.findall(r"`([^`]+)`", header + " " + test):
        if not any((ROOT / base / path).exists() for base in ("", "include/muster", "tests")):
            bad.append(f"status.md:{number}: {row}: no file {path}")
    if state not in STATES:
        bad.append(f"status.md:{number}: {row}: state '{state}' is not one of {sorted(STATES)}")
print("\n".join(bad)) if bad else None
sys.exit(1 if bad else 0)
