#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keeps include/muster/muster.hpp complete: every public header that needs no third-party library."""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2] / "include"
PAGE = ROOT / "muster/muster.hpp"
LEFT_OUT_ROOMS = {"interop", "report", "adapters", "testing"}

headers = []
for header in sorted((ROOT / "muster").rglob("*.hpp")):
    parts = header.relative_to(ROOT / "muster").parts
    if len(parts) == 1 or parts[0] in LEFT_OUT_ROOMS or "detail" in parts or parts[-1] == "eigen.hpp":
        continue
    headers.append("/".join(parts))
headers.sort()  # as clang-format does
text = """// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Everything that needs nothing but the standard library: for first programs. A program that
/// knows what it uses includes that and compiles faster. Kept complete by scripts/check.

""" + "".join(f"#include <muster/{h}>\n" for h in headers)
if "--write" in sys.argv:
    PAGE.write_text(text)
elif not PAGE.exists() or PAGE.read_text() != text:
    print("include/muster/muster.hpp is not complete; run scripts/check --fix")
    sys.exit(1)
