// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI::federated::detail {

// A table is a struct of vectors, one per column, so that each column is an array in a checkpoint
// that any tool can read. Its `each(f)` calls f(name, column, value of a new row).

template <class Table>
void resize(Table& t, std::size_t rows) {
  t.each([&](const char*, auto& column, auto value) { column.resize(rows, value); });
}
template <class Checkpoint, class Table>
void add_columns(Checkpoint& c, std::string_view prefix, Table& t) {
  t.each([&](const char* name, auto& column, auto) { c.add(std::string{prefix} + name, column); });
}

}  // namespace muster::inline MUSTER_ABI::federated::detail
