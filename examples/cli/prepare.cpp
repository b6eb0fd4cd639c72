// SPDX-License-Identifier: Apache-2.0
#include "prepare.hpp"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <muster/version.hpp>

#include "commands.hpp"
#include "out_folder.hpp"
#include "registry.hpp"

namespace cli {

int refuse(const muster::error& e) {
  std::fputs(("muster: " + e.to_string() + '\n').c_str(), stderr);
  return exit_bad_input;
}

run_spec spec_of(const options& o, const char* command, std::vector<std::string> pipelines,
                 const source& s) {
  run_spec spec;
  spec.command = command;
  spec.pipelines = std::move(pipelines);
  spec.traces = s.names;
  spec.rate = o.rate;
  spec.surge = o.surge;
  spec.deadline_scale = o.deadline_scale;
  spec.surge_from = surge_from;
  spec.surge_to = surge_to;
  spec.train_fraction = train_fraction;
  spec.slots = o.slots;
  spec.nodes = o.nodes;
  spec.frame = o.frame;
  spec.long_slot = o.long_slot;
  spec.episodes = o.episodes;
  spec.seeds = o.seeds;
  spec.seed = o.seed;
  spec.bad_rows = o.bad_rows;
  spec.version = MUSTER_VERSION_STRING;
  return spec;
}

muster::result<std::vector<std::string>> pipelines_of(const options& o,
                                                      const std::vector<std::string>& by_default,
                                                      bool with_bound) {
  auto names = check_pipelines(o.pipelines.empty() ? by_default : o.pipelines, "--pipelines");
  if (!names) return names;
  if (with_bound && std::find(names->begin(), names->end(), "clairvoyant") == names->end()) {
    names->push_back("clairvoyant");
  }
  return names;
}

std::vector<std::uint64_t> seeds_of(const options& o) {
  std::vector<std::uint64_t> seeds;
  for (std::uint64_t i = 0; i < o.seeds; ++i) seeds.push_back(o.seed + i);
  return seeds;
}

int say_interrupted(const options& o, std::size_t finished, std::size_t all, const char* of) {
  std::fputs(fmt::format("muster: interrupted; {} of {} {} are kept in {}. To go on:\n  {}\n",
                         finished, all, of, o.out, resume_line(o))
                 .c_str(),
             stderr);
  return exit_interrupted;
}

}  // namespace cli
