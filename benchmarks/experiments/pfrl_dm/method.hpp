// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <muster/core/result.hpp>
#include <muster/env/cloud_vm_record.hpp>
#include <muster/federated/messages.hpp>
#include <muster/pfrl_dm/client.hpp>
#include <muster/pfrl_dm/pipeline.hpp>

namespace experiments::pfrl_dm {

/// A federation of some type, at the edge of the program where names come from a command line.
class method {
 public:
  struct setup {
    std::vector<muster::pfrl_dm::member> members;
    std::uint64_t seed = 1;
    std::uint32_t episodes_per_round = 25;
    std::size_t threads = 1;
    double rates = 1.0;        ///< times the learning rates that the method has
    double temperature = 0.0;  ///< of the attention; 0: as the method has it
    /// Who listens to whom more than to others; for the focused mean only.
    std::size_t focus_of = 0, focus_on = 0;
  };

  virtual ~method() = default;
  virtual void join(std::size_t first, std::size_t count) = 0;
  [[nodiscard]] virtual muster::result<muster::federated::round_summary> round() = 0;
  /// Total reward of each episode of a client's last round.
  [[nodiscard]] virtual std::span<const double> scores(std::size_t client) const = 0;
  /// Mean squared error of a client's critic before and after its last download.
  [[nodiscard]] virtual std::pair<double, double> critic_errors(std::size_t client) const = 0;
  /// Plays tasks as in training, or `masked`: machines without room are no choice, and waiting is
  /// one only when none has room.
  [[nodiscard]] virtual muster::env::cloud_vm_metrics evaluate(
      std::size_t client, std::span<const muster::trace::task> tasks, std::uint64_t seed,
      bool masked) = 0;
  /// Writes the policies of all clients into a file, or takes them from one.
  [[nodiscard]] virtual muster::result<void> save(const std::string& path) = 0;
  [[nodiscard]] virtual muster::result<void> load(const std::string& path) = 0;
  /// The bars of such an evaluation.
  [[nodiscard]] virtual std::vector<muster::env::cloud_hold> holds(
      std::size_t client, std::span<const muster::trace::task> tasks, std::uint64_t seed) = 0;
  /// K x K, row by row: what each of the last participants gave to each; empty if there is no such.
  [[nodiscard]] virtual std::vector<double> weights() const = 0;
  [[nodiscard]] virtual std::span<const muster::client_id> participants() const = 0;
  [[nodiscard]] virtual muster::federated::traffic bytes() const = 0;
  /// Weight of the local critic; not a number where there is one critic only.
  [[nodiscard]] virtual double alpha(std::size_t client) const = 0;
};

/// A federation by name; nothing for a name that is not known.
[[nodiscard]] std::unique_ptr<method> make_method(std::string_view name, method::setup s);

// One for each source file, so that they compile side by side; nothing for another's name.
[[nodiscard]] std::unique_ptr<method> make_pfrl_dm(std::string_view name, method::setup& s);
[[nodiscard]] std::unique_ptr<method> make_similar(std::string_view name, method::setup& s);
[[nodiscard]] std::unique_ptr<method> make_averaged(std::string_view name, method::setup& s);
[[nodiscard]] std::unique_ptr<method> make_alone(std::string_view name, method::setup& s);
[[nodiscard]] std::unique_ptr<method> make_mfpo(std::string_view name, method::setup& s);
[[nodiscard]] std::unique_ptr<method> make_rule(std::string_view name, method::setup& s);

}  // namespace experiments::pfrl_dm
