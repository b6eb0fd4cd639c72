// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "figures.hpp"
#include "files.hpp"

namespace cli {
namespace {

constexpr int not_found = 127;  // what shells say, too

// Runs `gnuplot script` inside `folder`; its exit code.
int run_gnuplot(const std::string& folder, const std::string& script, const std::string& log) {
  const pid_t child = fork();
  if (child < 0) return -1;
  if (child == 0) {
    if (chdir(folder.c_str()) != 0) _exit(126);
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (out >= 0) {
      dup2(out, STDOUT_FILENO);
      dup2(out, STDERR_FILENO);
    }
    // A gnuplotrc of the person must not change the figures.
    execlp("gnuplot", "gnuplot", "-d", script.c_str(), static_cast<char*>(nullptr));
    _exit(not_found);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

std::vector<std::string> draw(const std::vector<figure>& figures, const std::string& folder,
                              std::string& problem) {
  std::vector<std::string> pictures(figures.size());
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const std::string path = folder + "/" + figures[i].name;
    if (auto ok = write_file(path + ".gp", figures[i].script); !ok) {
      problem = ok.failure().to_string();
      return pictures;
    }
    const int code = run_gnuplot(folder, figures[i].name + ".gp", "gnuplot.log");
    if (code == not_found) {
      problem = "gnuplot is not installed, so there are no figures; the scripts in " + folder +
                " draw them where it is";
      unlink((folder + "/gnuplot.log").c_str());
      return pictures;
    }
    auto log = read_text(folder + "/gnuplot.log");
    unlink((folder + "/gnuplot.log").c_str());
    auto picture = read_text(path + ".svg");
    if (code != 0 || !picture || picture->empty()) {
      problem = "gnuplot failed on " + path + ".gp: " + (log ? log->substr(0, 200) : "");
      continue;
    }
    pictures[i] = *picture;
  }
  return pictures;
}

}  // namespace cli
