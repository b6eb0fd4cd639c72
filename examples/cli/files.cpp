// SPDX-License-Identifier: Apache-2.0
#include "files.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

namespace cli {
namespace {

muster::error system_error(const std::string& path, std::string_view doing,
                           std::string_view expected) {
  return {std::string{doing} + ": " + std::strerror(errno), path, 0, "", std::string{expected}};
}

}  // namespace

muster::result<std::string> read_maybe_gzip(const std::string& path) {
  struct stat info {};
  if (path != "-") {
    if (stat(path.c_str(), &info) != 0) {
      return system_error(path, "cannot be opened", "a file that can be read");
    }
    if (S_ISDIR(info.st_mode)) {
      return muster::error{"is a folder", path, 0, "", "a file, plain or gzip"};
    }
  }
  errno = 0;
  gzFile file = path == "-" ? gzdopen(dup(STDIN_FILENO), "rb") : gzopen(path.c_str(), "rb");
  if (file == nullptr) return system_error(path, "cannot be opened", "a file that can be read");
  std::string text;
  std::vector<char> chunk(std::size_t{1} << 17);
  int n = 0;
  while ((n = gzread(file, chunk.data(), static_cast<unsigned>(chunk.size()))) > 0) {
    text.append(chunk.data(), static_cast<std::size_t>(n));
  }
  int code = Z_OK;
  const char* reason = gzerror(file, &code);
  const std::string words = reason == nullptr ? "" : reason;
  gzclose(file);
  if (n < 0 || (code != Z_OK && code != Z_STREAM_END)) {
    return muster::error{"cannot be decompressed" + (words.empty() ? "" : " (" + words + ")"), path,
                         0, "", "a whole gzip file, or plain text"};
  }
  return text;
}

muster::result<std::string> read_text(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return system_error(path, "cannot be opened", "a file that can be read");
  std::string text;
  char chunk[4096];
  std::size_t n = 0;
  while ((n = std::fread(chunk, 1, sizeof chunk, file)) > 0) text.append(chunk, n);
  const bool bad = std::ferror(file) != 0;
  std::fclose(file);
  if (bad) return system_error(path, "cannot be read", "a file that can be read");
  return text;
}

muster::result<void> write_file(const std::string& path, std::string_view text) {
  const std::string draft = path + ".tmp";
  std::FILE* file = std::fopen(draft.c_str(), "wb");
  if (file == nullptr) return system_error(path, "cannot be written", "a folder to write to");
  bool good = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  good = std::fflush(file) == 0 && good;
  good = fsync(fileno(file)) == 0 && good;
  good = std::fclose(file) == 0 && good;
  if (!good || std::rename(draft.c_str(), path.c_str()) != 0) {
    const muster::error e = system_error(path, "cannot be written", "room on the disk");
    std::remove(draft.c_str());
    return e;
  }
  return {};
}

std::uint64_t digest(std::string_view text) noexcept {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001B3U;
  }
  return hash;
}

}  // namespace cli
