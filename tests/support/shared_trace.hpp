// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

#ifndef MUSTER_SOURCE_DIR
#define MUSTER_SOURCE_DIR "."
#endif

namespace support {

/// Folder of the published trace files, which are not part of this repository.
inline std::string shared_data() {
  const char* given = std::getenv("MUSTER_SHARED_DATA");
  return given != nullptr ? given : MUSTER_SOURCE_DIR "/../shared/data";
}

/// The text of Task_1 or Task_2, unpacked by zcat; empty, with a line that says so, if absent.
inline std::string alibaba_2018_text(int part) {
  const std::string path =
      shared_data() + "/alibaba-batch-2018/Task_" + std::to_string(part) + ".csv.gz";
  std::FILE* there = std::fopen(path.c_str(), "rb");
  if (there == nullptr) {
    std::printf("skipped: no %s (set MUSTER_SHARED_DATA to the folder of the trace files)\n",
                path.c_str());
    return {};
  }
  std::fclose(there);
  std::string text;
  if (std::FILE* pipe = popen(("zcat '" + path + "'").c_str(), "r")) {
    char chunk[1 << 14];
    for (std::size_t n = 0; (n = std::fread(chunk, 1, sizeof chunk, pipe)) != 0;) {
      text.append(chunk, n);
    }
    pclose(pipe);
  }
  return text;
}

}  // namespace support
