// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>
#include <cstddef>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

namespace support {

/// What `f` prints to standard error before it aborts, run in a process of its own; empty when
/// it does not abort.
template <class F>
[[nodiscard]] std::string broken_contract(F f) {
  int ends[2];
  if (pipe(ends) != 0) return {};
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], 2);
    signal(SIGABRT, SIG_DFL);  // the test runner's own handler would print too
    f();
    _exit(0);
  }
  close(ends[1]);
  std::string text;
  char buffer[256];
  for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(n));
  }
  close(ends[0]);
  int status = 0;
  const bool aborted = child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
                       WTERMSIG(status) == SIGABRT;
  return aborted ? text : std::string{};
}

/// Whether `f` breaks a precondition whose message contains `part`.
template <class F>
[[nodiscard]] bool breaks(const char* part, F f) {
  return broken_contract(f).find(part) != std::string::npos;
}

}  // namespace support
