// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

/// Runs a script that draws into `figure_path()`; the SVG, or what gnuplot complained about.
/// Empty if gnuplot is not installed.
inline std::string figure_path() {
  return "/tmp/muster_figure_test_" + std::to_string(getpid()) + ".svg";
}

inline std::string draw_with_gnuplot(const std::string& script) {
  if (std::system("command -v gnuplot >/dev/null 2>&1") != 0) return {};
  const std::string script_path = figure_path() + ".gp";
  std::ofstream{script_path} << script;
  const std::string log_path = figure_path() + ".log";
  const int status = std::system(("gnuplot " + script_path + " 2>" + log_path).c_str());
  std::stringstream svg, log;
  svg << std::ifstream{figure_path()}.rdbuf();
  log << std::ifstream{log_path}.rdbuf();
  for (const std::string& path : {script_path, log_path, figure_path()}) std::remove(path.c_str());
  if (status != 0 || !log.str().empty()) return "gnuplot failed: " + log.str();
  return svg.str();
}
