// SPDX-License-Identifier: Apache-2.0
// A federation over MPI, and the same one in a single process; tests/mpi/run compares them.
//   federation --alone           in this process, without MPI
//   mpirun -np N federation      the clients spread over N ranks
//   ... --fault KIND             something goes wrong: on rank 1 in the middle (throw, caught,
//                                exit, abort, absent) or at the start (size, spread); or the server
//                                asks for a client that does not exist (stranger)
// Rank 0 prints the version, the bytes and a hash of all models; errors end with status 1.
#include "support/federation_parts.hpp"

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <muster/adapters/mpi/rank_executor.hpp>
#include <muster/adapters/mpi/session.hpp>
#include <muster/federated/federation.hpp>
#include <muster/federated/in_process.hpp>
#include <muster/federated/rounds/first_k.hpp>
#include <muster/federated/selection/random_share.hpp>
#include <muster/nn/parameter_hash.hpp>

using namespace muster;
using namespace muster::federated;

namespace {

constexpr std::size_t all_clients_count = 11;
constexpr std::size_t width = 1000;

/// Fails as asked, in its third turn.
struct client : testing::federated_client_archetype {
  using federated_client_archetype::federated_client_archetype;
  std::string_view fault{};
  training_report train() {
    if (rounds_ == 2 && (fault == "throw" || fault == "caught"))
      throw std::runtime_error{"no more data"};
    if (rounds_ == 2 && fault == "exit") std::exit(0);
    MUSTER_EXPECTS(rounds_ != 2 || fault != "abort", "muster: test: a broken precondition");
    return federated_client_archetype::train();
  }
};

template <class Executor>
int play(Executor executor, bool stranger) {
  const std::vector<float> model(width, 0.5F);
  using server_type = server<support::half_personal, first_k>;
  basic_federation f{server_type{model, {}, first_k{{.k = 4}}}, std::move(executor), random_share{},
                     random_pace{{.jitter = 0.7, .speed = {1.0, 0.5, 3.0}}}};
  f.join(support::client_numbers(all_clients_count));
  if (stranger) f.join(client_id{99});
  std::uint64_t hash = 0;
  double score = 0.0;
  const auto observe = [&](const round_summary& s) {
    hash = hash * 31 + nn::parameter_hash(f.server().model());
    score += s.mean_score;
  };
  for (int piece = 0; piece < 5; ++piece) {
    const auto done = f.run_rounds(8, observe);
    if (!done) {
      std::fprintf(stderr, "%s\n", done.failure().to_string().c_str());
      return 1;
    }
    f.leave(client_id{3});
    if (piece == 2) f.join(client_id{3});
    f.sleep(client_id{5}, f.now() + seconds(2));
  }
  std::printf("version %" PRIu64 " bytes %" PRIu64 " %" PRIu64 " score %.17g hash %016" PRIx64 "\n",
              f.server().version(), f.server().bytes().down, f.server().bytes().up, score, hash);
  return 0;
}

int run(int argc, char** argv) {
  const bool alone = argc > 1 && std::string_view{argv[1]} == "--alone";
  const std::string_view fault = argc > 2 ? argv[2] : "";
  auto clients = support::noisy_clients<client>(all_clients_count, width);
  if (alone) return play(in_process<client>{clients}, false);

  const adapters::mpi::session session{argc, argv};
  std::vector<client> own;
  for (std::size_t i = static_cast<std::size_t>(session.rank()); i < clients.size();
       i += static_cast<std::size_t>(session.ranks())) {
    own.push_back(std::move(clients[i]));
    if (session.rank() == 1) own.back().fault = fault;
  }
  if (session.rank() == 1 && fault == "size") own[1] = client{{.optimum = {1.0F, 2.0F}}};
  if (session.rank() == 1 && fault == "spread") own.pop_back();
  auto made = adapters::mpi::rank_executor<client>::make(own);
  if (!made) {
    if (session.rank() == 0) std::fprintf(stderr, "%s\n", made.failure().to_string().c_str());
    return 1;
  }
  if (session.rank() == 0) return play(*std::move(made), fault == "stranger");
  if (session.rank() == 1 && fault == "absent") return 0;
  made->serve();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || std::string_view{argv[2]} != "caught") return run(argc, argv);
  try {
    return run(argc, argv);
  } catch (const std::exception&) {
    return 1;  // too late for this rank alone: the session has ended the program
  }
}
