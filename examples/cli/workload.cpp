// SPDX-License-Identifier: Apache-2.0
#include "workload.hpp"

#include <fmt/format.h>
#include <muster/core/rng.hpp>
#include <muster/trace/alibaba_2018.hpp>
#include <muster/trace/emergency.hpp>
#include <muster/trace/replay.hpp>
#include <muster/trace/synthetic.hpp>

#include "files.hpp"

namespace cli {
namespace {

// Two synthetic files, as the authors of KMPS use two; their seed is fixed so that "the
// embedded workload" is one thing, whatever --seed says.
constexpr std::uint64_t synthetic_seed = 2018;
constexpr std::size_t synthetic_rows = 20'000;
constexpr std::uint64_t emergency_stream = 0x656d6572;

muster::trace::bad_row_policy policy(const std::string& name) {
  if (name == "skip") return muster::trace::bad_row_policy::skip;
  if (name == "repair") return muster::trace::bad_row_policy::repair;
  return muster::trace::bad_row_policy::fail;
}

}  // namespace

load load_of(const options& o) {
  load l;
  l.rate = o.rate;
  l.surge = o.surge;
  l.deadline_scale = o.deadline_scale;
  l.slots = o.slots;
  return l;
}

muster::result<source> open_source(const options& o) {
  source s;
  if (o.traces.empty()) {
    for (std::uint64_t file = 0; file < 2; ++file) {
      muster::rng random = muster::rng{synthetic_seed}.fork(file);
      s.files.push_back(muster::trace::synthetic{{.rows = synthetic_rows}}.tasks(random));
    }
    s.notes.push_back(
        "The workload is synthetic: drawn to match published statistics of the Alibaba 2018 batch "
        "trace (types, demand, allowances, hourly rate), not measured.");
    return s;
  }
  for (const std::string& path : o.traces) {
    auto text = read_maybe_gzip(path);
    if (!text) return text.failure();
    muster::trace::alibaba_2018::config c;
    c.bad_rows = policy(o.bad_rows);
    auto table = muster::trace::read_alibaba_2018(*text, path, c);
    if (!table) return table.failure();
    const auto& n = table->counts;
    std::string note = fmt::format("{}: {} rows", path, n.kept);
    if (n.skipped != 0) note += fmt::format(", {} skipped", n.skipped);
    if (n.repaired != 0) note += fmt::format(", {} repaired", n.repaired);
    if (n.zero_allowance + n.negative_allowance != 0) {
      note += fmt::format(
          "; {} end in the second they start and {} before it: nobody can be on time with them",
          n.zero_allowance, n.negative_allowance);
    }
    s.notes.push_back(note + ".");
    s.names.emplace_back(path, fmt::format("{:016x}", digest(*text)));
    s.files.push_back(std::move(table->tasks));
  }
  return s;
}

muster::result<workload> make_workload(const source& s, rows which, const load& l,
                                       std::uint64_t seed) {
  muster::trace::replay::config c;
  c.rate = l.rate;
  c.surge = l.surge;
  c.surge_begin = surge_from;
  c.surge_end = surge_to;
  c.horizon = muster::milliseconds(250) * static_cast<std::int64_t>(l.slots);
  c.access_points = access_points;
  c.part = which == rows::training ? muster::trace::part::train : muster::trace::part::test;
  c.train_share = train_fraction;
  c.seed = seed;
  c.deadline_scale = l.deadline_scale;
  auto arrivals = muster::trace::replay{c}.arrivals(s.files);
  if (!arrivals) return arrivals.failure();
  workload w{std::move(*arrivals), c.horizon};
  if (l.emergency_share > 0.0) {
    const auto at = [&](double part) {
      return muster::instant{} + muster::from_seconds(part * c.horizon.seconds());
    };
    const muster::trace::emergency some{{.share = l.emergency_share,
                                         .begin = at(surge_from),
                                         .length = at(surge_to) - at(surge_from),
                                         .slack = 1.0,
                                         .margin = muster::from_seconds(l.emergency_seconds)}};
    muster::rng random = muster::rng{seed}.fork(emergency_stream);
    auto both = some.add_to(w.arrivals, random);
    w.arrivals = std::move(both.arrivals);
    w.emergencies = std::move(both.emergencies);
  }
  return w;
}

}  // namespace cli
