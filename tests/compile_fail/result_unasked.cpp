// expect: result
// expect: error
// A result does not turn into its value silently: ask first, then take it.
#include <vector>

#include <muster/core/result.hpp>

muster::result<std::vector<int>> read();

int program() {
#ifdef CORRECT
  const auto rows = read();
  return rows ? static_cast<int>(rows->size()) : -1;
#else
  const std::vector<int> rows = read();
  return static_cast<int>(rows.size());
#endif
}
