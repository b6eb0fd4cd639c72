// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <muster/core/result.hpp>

namespace muster::inline MUSTER_ABI::nn::detail {

/// The whole of a file in memory.
class file_bytes {
 public:
  /// Not initialised; `data()` is null when there is not enough memory, which is the fault of
  /// the file and so no reason to stop the program.
  explicit file_bytes(std::size_t size) : data_{new (std::nothrow) std::byte[size]}, size_{size} {}
  file_bytes(file_bytes&& other) noexcept
      : data_{std::exchange(other.data_, nullptr)}, size_{other.size_} {}
  file_bytes& operator=(file_bytes&&) = delete;
  ~file_bytes() { delete[] data_; }

  [[nodiscard]] std::byte* data() noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  void shrink(std::size_t size) noexcept { size_ = size; }
  [[nodiscard]] std::span<const std::byte> span() const noexcept { return {data_, size_}; }

 private:
  std::byte* data_;
  std::size_t size_;
};

/// Closes a descriptor when it goes out of scope.
struct descriptor {
  int number = -1;
  ~descriptor() {
    if (number >= 0) ::close(number);
  }
};

[[nodiscard]] inline error system_error(std::string_view what, std::string_view path, int code) {
  return {.what = std::string{what} + ": " + std::strerror(code),
          .file = std::string{path},
          .field = {},
          .expected = {}};
}

[[nodiscard]] inline result<file_bytes> read_file(std::string_view path) {
  const std::string name{path};
  const descriptor file{::open(name.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.number < 0) return system_error("cannot be opened", path, errno);
  struct stat facts {};
  if (::fstat(file.number, &facts) != 0) return system_error("cannot be read", path, errno);
  if (!S_ISREG(facts.st_mode))
    return error{.what = "is not a file", .file = name, .field = {}, .expected = "a regular file"};
  file_bytes bytes{static_cast<std::size_t>(facts.st_size)};
  if (bytes.data() == nullptr) return system_error("does not fit into memory", path, ENOMEM);
  for (std::size_t done = 0; done < bytes.size();) {
    const auto n = ::read(file.number, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error("cannot be read", path, errno);
    if (n == 0) {
      bytes.shrink(done);  // became shorter meanwhile; the format's own check will tell
      break;
    }
    done += static_cast<std::size_t>(n);
  }
  return bytes;
}

/// Puts the bytes into `path`, or leaves what was there: a reader, and a restart after a power
/// cut, sees the old file or the new one, never a part. The way is a temporary file in the
/// same folder, synchronised to the disk, renamed over the old one, then the folder too.
[[nodiscard]] inline result<void> replace_file(std::string_view path,
                                               std::span<const std::byte> bytes) {
  const std::string name{path};
  const std::string draft = name + ".part-" + std::to_string(::getpid());
  const auto give_up = [&](std::string_view what) {
    const int code = errno;
    ::unlink(draft.c_str());
    return system_error(what, path, code);
  };
  {
    const descriptor file{
        ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666)};
    if (file.number < 0) return system_error("cannot be written", path, errno);
    for (std::size_t done = 0; done < bytes.size();) {
      const auto n = ::write(file.number, bytes.data() + done, bytes.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return give_up("cannot be written");
      done += static_cast<std::size_t>(n);
    }
    if (::fsync(file.number) != 0) return give_up("cannot be written");
  }
  if (::rename(draft.c_str(), name.c_str()) != 0) return give_up("cannot be replaced");
  const std::size_t slash = name.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : name.substr(0, slash + 1);
  const descriptor place{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  // Some file systems cannot synchronise a folder; the file itself is whole either way.
  if (place.number >= 0) static_cast<void>(::fsync(place.number));
  return {};
}

}  // namespace muster::inline MUSTER_ABI::nn::detail
