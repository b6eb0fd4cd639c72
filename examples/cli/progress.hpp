// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <mutex>
#include <string>

namespace cli {

/// Says on stderr what is being done, how much of it, and when it will be over.
///
/// On a terminal one line that renews itself; elsewhere (a log, a pipe) a plain line every
/// tenth of the way, so that logs stay short. May be called from several threads.
class progress {
 public:
  /// `total` > 0 in any unit of work.
  explicit progress(double total);
  ~progress();
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  /// Part of the work that needs none now, for example runs that were already there.
  void skip(double units);
  void advance(double units, const std::string& what);
  /// Ends the line; nothing is shown afterwards.
  void finish();

 private:
  void show(const std::string& what, bool last);

  std::mutex mutex_;
  double total_;
  double done_ = 0.0;
  double skipped_ = 0.0;
  bool terminal_;
  bool finished_ = false;
  int last_tenth_ = -1;
  std::size_t last_length_ = 0;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point shown_;
};

}  // namespace cli
