// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include <muster/core/time.hpp>

namespace grpc_node {

/// What a node must still know after it was killed: one line per event, appended before the
/// event has any effect outside.
///
/// A line that was handed to the kernel survives the death of the process, so no fsync is made
/// (after a power cut the last lines could be missing). A last line without its end was never
/// acted on, and is cut off.
class journal {
 public:
  /// Opens or creates; the lines of former lives go to `past`, split into words.
  journal(const std::string& path, std::vector<std::vector<std::string>>& past) {
    file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file_ < 0) {
      std::perror(path.c_str());
      std::exit(1);
    }
    std::string text;
    char buffer[1 << 16];
    for (ssize_t n; (n = ::read(file_, buffer, sizeof buffer)) > 0;) {
      text.append(buffer, static_cast<std::size_t>(n));
    }
    text.resize(text.rfind('\n') + 1);  // npos + 1 == 0
    if (::ftruncate(file_, static_cast<off_t>(text.size())) != 0) std::exit(1);
    ::lseek(file_, 0, SEEK_END);
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words{line};
      std::vector<std::string> row;
      for (std::string word; words >> word;) row.push_back(word);
      past.push_back(std::move(row));
    }
  }
  journal(const journal&) = delete;
  journal& operator=(const journal&) = delete;
  ~journal() { ::close(file_); }

  /// `time what...`, in one write.
  [[gnu::format(printf, 3, 4)]] void write(muster::instant now, const char* format, ...) {
    char line[256];
    int n = std::snprintf(line, sizeof line, "%lld ", static_cast<long long>(now.us));
    va_list arguments;
    va_start(arguments, format);
    n += std::vsnprintf(line + n, sizeof line - static_cast<std::size_t>(n) - 1, format, arguments);
    va_end(arguments);
    line[n++] = '\n';
    if (::write(file_, line, static_cast<std::size_t>(n)) != n) {
      std::perror("journal");
      std::exit(1);
    }
  }

 private:
  int file_ = -1;
};

}  // namespace grpc_node
