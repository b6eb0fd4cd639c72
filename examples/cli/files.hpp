// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <muster/core/result.hpp>

namespace cli {

/// The whole content of a file, decompressed if it is gzip; "-" is standard input.
[[nodiscard]] muster::result<std::string> read_maybe_gzip(const std::string& path);

/// The whole content of a file as it is.
[[nodiscard]] muster::result<std::string> read_text(const std::string& path);

/// Replaces a file in one step: a reader sees the old content or the new, never half of it.
[[nodiscard]] muster::result<void> write_file(const std::string& path, std::string_view text);

/// A number that changes when the content does (FNV-1a, 64 bits); not for security.
[[nodiscard]] std::uint64_t digest(std::string_view text) noexcept;

}  // namespace cli
