// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <string>

namespace support {

/// A recorded message; tests run in the root of the tree.
inline std::string kube_fixture(const std::string& name) {
  std::string text;
  if (std::FILE* f = std::fopen(("tests/adapters/kubernetes/fixtures/" + name).c_str(), "rb")) {
    char buffer[4096];
    for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, f)) != 0;) {
      text.append(buffer, n);
    }
    std::fclose(f);
  }
  return text;
}

}  // namespace support
