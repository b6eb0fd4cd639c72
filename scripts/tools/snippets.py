#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fills the code blocks of the docs from regions of compiled files, or checks that they agree.

A comment `<!-- snippet: path#name -->` before a fence names a region between two `//! [name]`
lines of the file; `path` alone is the whole file.
"""
import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"(<!-- snippet: ([^\s#]+)(?:#(\w+))? -->\n```\w*\n)(.*?)(```)", re.S)


def region(path, name):
    text = (ROOT / path).read_text()
    if name is None:
        return text
    parts = re.split(rf"^[ \t]*//! \[{name}\][ \t]*\n", text, flags=re.M)
    if len(parts) != 3:
        sys.exit(f"{path}: region [{name}] needs exactly two //! [{name}] lines")
    return textwrap.dedent(parts[1])


write = "--write" in sys.argv
stale = []
pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
for page in pages:
    old = page.read_text()
    new = BLOCK.sub(lambda m: m.group(1) + region(m.group(2), m.group(3)) + m.group(5), old)
    if new != old:
        stale.append(page)
        if write:
            page.write_text(new)
    for number, line in enumerate(new.splitlines(), 1):
        if line.startswith("```cpp") and "<!-- snippet:" not in new.splitlines()[number - 2]:
            print(f"{page.relative_to(ROOT)}:{number}: C++ typed by hand; take it from a compiled file")
            stale.append(page) if not write else None
if not write:
    for page in stale:
        print(f"{page.relative_to(ROOT)}: snippets are stale; run scripts/check --fix")
sys.exit(1 if stale and not write else 0)
