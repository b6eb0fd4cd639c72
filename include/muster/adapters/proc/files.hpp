// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/adapters/proc/cpu_times.hpp>
#include <muster/adapters/proc/load_average.hpp>
#include <muster/adapters/proc/memory_info.hpp>
#include <muster/adapters/proc/network_counters.hpp>
#include <muster/adapters/proc/state_monitor.hpp>
#include <muster/core/result.hpp>

namespace muster::inline MUSTER_ABI::adapters::proc {

/// The process files of a machine: this one's, or a folder of recorded ones.
///
/// Idea    a node agent makes one of these and asks for a sample at every period. The files are
///         made by the kernel when they are read and have no size beforehand, so they are read
///         to their end.
/// Cost    no allocation of ours once the buffer fits the longest file.
class files {
 public:
  struct config {
    std::string root = "/proc";     ///< where stat, meminfo, loadavg and net/dev are
    std::size_t most = 16'777'216;  ///< bytes; a longer file is an error; > 0
  };

  files() : files(config{}) {}
  explicit files(config c) : config_{std::move(c)}, buffer_(std::size_t{1} << 14) {}

  /// Processors, memory and load at time `now`, which the caller reads off its own clock.
  [[nodiscard]] result<machine_sample> sample(instant now) {
    machine_sample s;
    s.at = now;
    if (auto ok = take("stat", s.cpu, read_cpu_statistics); !ok) return ok.failure();
    if (auto ok = take("meminfo", s.memory, read_memory_info); !ok) return ok.failure();
    if (auto ok = take("loadavg", s.load, read_load_average); !ok) return ok.failure();
    return s;
  }

  /// Traffic of all interfaces but the one to itself.
  [[nodiscard]] result<network_counters> network() {
    network_counters n;
    const auto read = [](std::string_view text, std::string_view file) {
      return read_network_counters(text, file);
    };
    if (auto ok = take("net/dev", n, read); !ok) return ok.failure();
    return n;
  }

  /// The text of one file under the root, valid until the next call.
  [[nodiscard]] result<std::string_view> text(std::string_view name) {
    path_.assign(config_.root).append("/").append(name);
    std::FILE* file = std::fopen(path_.c_str(), "rb");
    if (file == nullptr) {
      return error{"the file cannot be opened", path_, 0, "", "a readable file of the kernel"};
    }
    std::setvbuf(file, nullptr, _IONBF, 0);  // our buffer is enough
    std::size_t size = 0;
    for (;;) {
      const std::size_t got = std::fread(buffer_.data() + size, 1, buffer_.size() - size, file);
      size += got;
      if (size < buffer_.size() || size > config_.most) break;
      buffer_.resize(buffer_.size() * 2);
    }
    const bool failed = std::ferror(file) != 0;
    std::fclose(file);
    if (failed) return error{"reading stopped", path_, 0, "", "a readable file of the kernel"};
    if (size > config_.most) {
      return error{"the file is too long", path_, 0, "",
                   "at most " + std::to_string(config_.most) + " bytes"};
    }
    return std::string_view{buffer_.data(), size};
  }

 private:
  template <class Value, class Read>
  [[nodiscard]] result<void> take(std::string_view name, Value& value, Read read) {
    const auto content = text(name);
    if (!content) return content.failure();
    const auto parsed = read(*content, path_);
    if (!parsed) return parsed.failure();
    value = *parsed;
    return {};
  }

  config config_;
  std::vector<char> buffer_;
  std::string path_;
};

}  // namespace muster::inline MUSTER_ABI::adapters::proc
