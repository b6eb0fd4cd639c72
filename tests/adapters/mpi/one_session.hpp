// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/adapters/mpi/session.hpp>

namespace support {

/// MPI can be begun once in a process, and these tests share one. They are a single rank; several
/// are tests/mpi/run.
inline muster::adapters::mpi::session& one_session() {
  static char name[] = "test";
  static char* arguments[] = {name, nullptr};
  static int count = 1;
  static char** first = arguments;
  static muster::adapters::mpi::session session{count, first};
  return session;
}

}  // namespace support
