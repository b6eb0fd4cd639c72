#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that includes flow in the direction of the table in docs/architecture/layers.md.

A header of one room may include its own room and the rooms its row allows. Rooms of the side
layer are included by programs only. Third-party headers may be seen only where the second
table of that page allows them.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/architecture/layers.md"
STANDARD = re.compile(r"^[a-z_]+$")  # <vector>, <cstdint>: no slash, no dot


def table(title):
    """The rows of the table under the heading `title`, as lists of cells."""
    lines = PAGE.read_text().splitlines()
    start = lines.index(title)
    rows = []
    for line in lines[start + 1:]:
        if line.startswith("#"):
            break
        if line.startswith("|") and not set(line) <= set("|- :"):
            rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))])
    return rows[1:]


layer_of = {}
for layer, rooms, _ in table("## Layers"):
    for room in re.split(r",\s*", rooms):
        layer_of[room] = layer
allowed_third_party = [(re.compile(where), re.compile(what)) for where, what in
                       ((w.strip("`").replace("\\|", "|"), t.strip("`").replace("\\|", "|")) for w, t in table("## Third-party headers"))]

bad = []
for header in sorted((ROOT / "include/muster").rglob("*.hpp")):
    relative = header.relative_to(ROOT / "include/muster")
    if len(relative.parts) == 1:
        continue  # version.hpp, muster.hpp, fwd.hpp
    room = relative.parts[0]
    if room not in layer_of:
        bad.append(f"{relative}: room '{room}' has no row in {PAGE.relative_to(ROOT)}")
        continue
    for number, line in enumerate(header.read_text().splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
        if not match:
            continue
        target = match.group(1)
        where = f"{relative}:{number}"
        if target.startswith("muster/"):
            parts = target.split("/")
            if len(parts) == 2:
                if parts[1] == "muster.hpp":
                    bad.append(f"{where}: muster.hpp is for programs; include what is needed")
                continue
            other = parts[1]
            if other == room:
                continue
            mine, its = layer_of[room], layer_of.get(other, "?")
            if its == "side":
                bad.append(f"{where}: {other} is a side room; only programs include it")
            elif mine != "side" and not int(its) < int(mine):
                bad.append(f"{where}: {room} (layer {mine}) must not include {other} (layer {its})")
        elif not STANDARD.match(target):
            if not any(w.search(str(relative)) and t.search(target) for w, t in allowed_third_party):
                bad.append(f"{where}: <{target}> is not allowed here")

print("\n".join(bad) if bad else "", end="\n" if bad else "")
sys.exit(1 if bad else 0)
