// SPDX-License-Identifier: Apache-2.0
#include "adapters/mpi/one_session.hpp"
#include "support/catch.hpp"

TEST_CASE("a program that was started without mpirun is its only rank", "[adapters][mpi]") {
  CHECK(support::one_session().rank() == 0);
  CHECK(support::one_session().ranks() == 1);
  int running = 0;
  MPI_Initialized(&running);
  CHECK(running == 1);
}
