// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <muster/core/result.hpp>

#include "cli/options.hpp"
#include "cli/run_record.hpp"

namespace experiments {

/// The folder of an experiment command. Runs and models are filed under what they are made of, so
/// that figures share them, an interrupted command goes on where it was, and nothing is reused
/// after a change of settings.
///
///     DIR/muster-run.json    the mark: last command line, and whether it is complete
///     DIR/runs/, DIR/models/ one file per finished run, one per trained model
///     DIR/figNN.csv, .json, .md, .svg, .gp   one set per figure
class store {
 public:
  /// Looks, and refuses what would destroy something; writes nothing. `traces` stands for the
  /// traces' content.
  [[nodiscard]] static muster::result<store> check(const cli::options& o, std::string traces);

  /// Makes the folders. Without --resume, runs and models of earlier commands are removed.
  [[nodiscard]] muster::result<void> begin();
  [[nodiscard]] muster::result<void> complete() { return mark(true); }

  /// File name without folder and ending for something made of `text` with `seed`.
  [[nodiscard]] std::string key(const std::string& pipeline, const std::string& text,
                                std::uint64_t seed) const;
  [[nodiscard]] muster::result<std::optional<cli::run_record>> load(const std::string& key) const;
  [[nodiscard]] muster::result<void> save(const std::string& key,
                                          const cli::run_record& record) const;
  [[nodiscard]] std::string model_path(const std::string& key) const {
    return path("models/" + key + ".safetensors");
  }
  [[nodiscard]] std::string curve_path(const std::string& key) const {
    return path("models/" + key + ".curve.json");
  }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + '/' + name; }
  /// Whether the runs that lie there come from another build of the program.
  [[nodiscard]] bool other_build() const noexcept { return other_build_; }

 private:
  [[nodiscard]] muster::result<void> mark(bool complete) const;

  std::string folder_, traces_, command_line_, build_;
  bool resume_ = false;
  bool other_build_ = false;
};

}  // namespace experiments
