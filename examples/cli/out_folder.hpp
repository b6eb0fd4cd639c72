// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include <muster/core/result.hpp>

#include "options.hpp"
#include "run_record.hpp"
#include "summary.hpp"

namespace cli {

/// The folder of results: whether we may write into it, and what earlier runs left there.
///
///     DIR/muster-run.json   the mark: what was run, and whether it is complete
///     DIR/runs/             one file per finished (pipeline, seed) run
///     DIR/models/           one trained model per (pipeline, seed)
///     DIR/figures/          gnuplot scripts and pictures
class out_folder {
 public:
  /// Looks, and refuses what would destroy something; writes nothing.
  [[nodiscard]] static muster::result<out_folder> check(const options& o, const run_spec& spec);

  /// Makes the folders and leaves the mark. From here on the folder is ours.
  [[nodiscard]] muster::result<void> begin();
  /// Marks the command as complete.
  [[nodiscard]] muster::result<void> complete();

  /// The finished run of an earlier, interrupted command, if `--resume` was given.
  [[nodiscard]] muster::result<std::optional<run_record>> load(const std::string& pipeline,
                                                               std::uint64_t seed) const;
  [[nodiscard]] muster::result<void> save(const run_record& record) const;

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  [[nodiscard]] std::string model_path(const std::string& pipeline, std::uint64_t seed) const;
  /// Where the learning curve of an unfinished training is kept beside its model.
  [[nodiscard]] std::string partial_path(const std::string& pipeline, std::uint64_t seed) const;
  [[nodiscard]] bool resuming() const noexcept { return resume_; }

 private:
  [[nodiscard]] std::string run_path(const std::string& pipeline, std::uint64_t seed) const;
  [[nodiscard]] muster::result<void> mark(bool complete) const;

  std::string folder_;
  std::string spec_;
  std::string command_line_;
  bool resume_ = false;
  bool clear_ = false;  ///< runs of an earlier command lie there and are not wanted
};

/// The command line as it was given.
[[nodiscard]] std::string command_line(const options& o);
/// The command line that goes on from here.
[[nodiscard]] std::string resume_line(const options& o);

}  // namespace cli
