// SPDX-License-Identifier: Apache-2.0
// The muster program: trains, compares and replays dispatchers; see `muster --help`.
#include <cstdio>
#include <exception>

#include "commands.hpp"
#include "interrupt.hpp"
#include "options.hpp"

int main(int count, char** words) {
  try {
    const cli::parsed p = cli::parse(count, words);
    if (!p.run) {
      if (p.exit_code == 0) {
        std::fputs(p.text.c_str(), stdout);
      } else {
        std::fprintf(stderr, "muster: %s\n", p.text.c_str());
      }
      return p.exit_code;
    }
    cli::watch_for_interrupt();
    switch (p.value.what) {
      case cli::command::list:
        return cli::run_list();
      case cli::command::train:
      case cli::command::compare:
        return cli::run_compare(p.value);
      case cli::command::map:
        return cli::run_map(p.value);
      case cli::command::replay:
        return cli::run_replay(p.value);
      case cli::command::bench_decision:
        return cli::run_bench_decision(p.value);
      case cli::command::experiment:
        return cli::run_experiment(p.value);
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "muster: %s\n", e.what());
  }
  return cli::exit_failed;
}
