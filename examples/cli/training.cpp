// SPDX-License-Identifier: Apache-2.0
#include "training.hpp"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "files.hpp"
#include "interrupt.hpp"
#include "run_store.hpp"

namespace cli {
namespace {

constexpr std::uint64_t save_every = 10;  // training episodes between two checkpoints

}  // namespace

muster::result<bool> train_and_keep(
    learner& l, const learner::workloads& make, std::uint64_t episodes, const training_files& files,
    std::vector<training_point>& curve,
    const std::function<void(std::uint64_t done, bool fresh)>& told) {
  std::error_code code;
  if (files.resume && std::filesystem::exists(files.curve, code) &&
      std::filesystem::exists(files.model, code)) {
    auto text = read_text(files.curve);
    if (!text) return text.failure();
    auto kept = run_from_json(*text, files.curve);
    if (!kept) return kept.failure();
    if (auto ok = l.load(files.model); !ok) return ok.failure();
    curve = std::move(kept->training);
    // The curve is saved first, so a crash between the two leaves it too long, never too short.
    if (curve.size() < l.episodes_done()) {
      return muster::error{
          fmt::format("has {} episodes and its model {}", curve.size(), l.episodes_done()),
          files.curve, 0, "training", "at least as many; remove the file to train this seed again"};
    }
    curve.resize(l.episodes_done());
    told(curve.size(), false);
  }
  const auto save = [&]() -> muster::result<void> {
    run_record r;
    r.training = curve;
    if (auto ok = write_file(files.curve, to_json(r)); !ok) return ok;
    return l.save(files.model);
  };
  if (l.episodes_done() >= episodes) return true;
  muster::result<void> saved;
  const auto after = [&](const training_point& p) {
    curve.push_back(p);
    told(curve.size(), true);
    if (curve.size() % save_every == 0) saved = save();
    return saved.has_value() && !interrupted();
  };
  if (auto ok = l.train(make, episodes, after); !ok) return ok.failure();
  if (saved) saved = save();
  if (!saved) return saved.failure();
  return l.episodes_done() >= episodes;
}

}  // namespace cli
