// SPDX-License-Identifier: Apache-2.0
#pragma once

// Open MPI 4 still brings the C++ bindings of MPI 2, which were withdrawn and throw.
#ifndef OMPI_SKIP_MPICXX
#define OMPI_SKIP_MPICXX 1
#endif
#include <mpi.h>

#include <cstdio>
#include <exception>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI::adapters::mpi {

/// Prints one line and ends the program on all ranks, whatever they are at.
[[noreturn]] inline void end_everywhere(const char* text) {
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  std::fprintf(stderr, "muster: mpi: rank %d: %s\n", rank, text);
  std::fflush(stderr);
  MPI_Abort(MPI_COMM_WORLD, 1);
  std::terminate();  // MPI_Abort does not return, but does not say so
}

/// MPI from construction to destruction: the first object in main, before anything that uses it.
///
/// Errors   MPI's own end the program with a message, which is its default. Left by an exception,
///          a session ends the program on all ranks: the others wait for messages that will not
///          come. (A rank that crashes, or exits without this, is noticed by mpirun.)
/// Threads  those of a thread_pool may run beside it; MPI is called from the main thread alone.
class session {
 public:
  session(int& argc, char**& argv) {
    int provided = 0;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks_);
    if (provided < MPI_THREAD_FUNNELED) end_everywhere("this MPI does not work beside threads");
  }
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  ~session() {
    if (std::uncaught_exceptions() > 0) end_everywhere("left by an exception");
    MPI_Finalize();
  }

  [[nodiscard]] int rank() const noexcept { return rank_; }
  [[nodiscard]] int ranks() const noexcept { return ranks_; }

 private:
  int rank_ = 0;
  int ranks_ = 1;
};

}  // namespace muster::inline MUSTER_ABI::adapters::mpi
