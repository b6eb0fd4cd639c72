// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include <fmt/format.h>

#include "commands.hpp"
#include "registry.hpp"

namespace cli {

int run_list() {
  for (const pipeline_info& p : pipelines()) {
    const char* what = p.what == kind::learned ? "learns" : p.what == kind::rule ? "rule" : "bound";
    std::fputs(fmt::format("{:<22} {:<7} {}\n", p.name, what, p.description).c_str(), stdout);
  }
  return exit_done;
}

}  // namespace cli
