// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace cli {

/// From here on the first Ctrl-C (or SIGTERM) only sets a flag, the second ends the program
/// at once with exit code 130.
void watch_for_interrupt();

/// Whether the person wants to stop; to be asked between steps.
[[nodiscard]] bool interrupted() noexcept;

}  // namespace cli
