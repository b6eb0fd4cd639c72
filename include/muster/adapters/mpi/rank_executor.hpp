// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <muster/adapters/mpi/session.hpp>
#include <muster/concepts/client_executor.hpp>
#include <muster/core/contracts.hpp>
#include <muster/core/thread_pool.hpp>
#include <muster/federated/detail/run_job.hpp>
#include <muster/federated/messages.hpp>

namespace muster::inline MUSTER_ABI::adapters::mpi {

/// Trains the clients of a federation in many processes.
///
/// Idea      client c belongs to rank c mod ranks, and never leaves it: what crosses the network is
///           what the federation counts, a header and the numbers, each way. Rank 0 has the server
///           and clients of its own; the others serve.
/// Use       mpi::session session{argc, argv};
///           std::vector<client> own = ...;  // clients rank, rank + ranks, rank + 2 ranks, ...
///           auto made = mpi::rank_executor<client>::make(own);
///           if (!made) ...;                 // the same error on every rank
///           if (session.rank() != 0) return made->serve(), 0;
///           federated::basic_federation f{server, *std::move(made)};
/// Batch     its jobs go out together (MPI_Scatterv), each rank trains its own, and what they
///           upload comes back together (MPI_Gatherv).
/// End       the destructor on rank 0 sends the others home. A rank that goes before, by an
///           exception or a mistake, ends the program on all of them with a message.
/// Cost      rank 0 holds a second copy of the numbers of a batch.
/// Determinism  the same bytes as federated::in_process, with any number of ranks.
template <federated_client Client>
class rank_executor {
 public:
  using client_type = Client;

  /// How many of `total` clients belong to a rank.
  [[nodiscard]] static std::size_t share(std::size_t total, std::size_t rank,
                                         std::size_t ranks) noexcept {
    return (total + ranks - 1 - rank) / ranks;
  }

  /// Called by all ranks together. `own` stays in place as long as this is used; `pool` lends its
  /// threads to this rank. Refused, on all ranks, if the clients are not spread as they should be,
  /// or exchange different numbers.
  [[nodiscard]] static result<rank_executor> make(std::span<Client> own,
                                                  thread_pool* pool = nullptr,
                                                  MPI_Comm comm = MPI_COMM_WORLD) {
    rank_executor e{own, pool, comm};
    const std::size_t n = e.link_.ranks;
    // Of each rank: how many clients, how many numbers the first exchanges, and one that differs.
    std::uint64_t mine[3] = {own.size(), own.empty() ? 0 : own[0].exchange_size(), 0};
    mine[2] = mine[1];
    for (const Client& c : own) {
      if (c.exchange_size() != mine[1]) mine[2] = c.exchange_size();
    }
    std::vector<std::uint64_t> all(3 * n);
    MPI_Allgather(mine, 3, MPI_UINT64_T, all.data(), 3, MPI_UINT64_T, comm);
    e.width_ = static_cast<std::size_t>(all[1]);
    for (std::size_t r = 0; r < n; ++r) e.clients_ += static_cast<std::size_t>(all[3 * r]);
    if (e.clients_ == 0) return e.refuse(0, "has no clients", "one at least");
    for (std::size_t r = 0; r < n; ++r) {
      const std::size_t expected = share(e.clients_, r, n);
      if (all[3 * r] != expected) {
        return e.refuse(r, "has " + std::to_string(all[3 * r]) + " clients",
                        std::to_string(expected) + " of " + std::to_string(e.clients_) +
                            ", client c on rank c mod " + std::to_string(n));
      }
      for (const std::uint64_t width : {all[3 * r + 1], all[3 * r + 2]}) {
        if (expected != 0 && width != e.width_) {
          return e.refuse(r, "has a client that exchanges " + std::to_string(width) + " numbers",
                          std::to_string(e.width_) + ", as on rank 0");
        }
      }
    }
    return e;
  }

  /// Has the jobs done; for rank 0.
  [[nodiscard]] result<void> run(std::span<training_job> jobs) {
    MUSTER_EXPECTS(link_.rank == 0, "muster: mpi::rank_executor::run is for rank 0; call serve()");
    for (const training_job& job : jobs) {
      if (auto fault = fault_of(job)) return *std::move(fault);
    }
    // Those that go to others, rank by rank.
    const std::size_t n = link_.ranks;
    std::vector<int> counts(n), starts(n);
    std::vector<std::size_t> away;
    for (std::size_t r = 1; r < n; ++r) {
      starts[r] = static_cast<int>(away.size());
      for (std::size_t j = 0; j < jobs.size(); ++j) {
        if (index_of(jobs[j].client) % n == r) away.push_back(j);
      }
      counts[r] = static_cast<int>(away.size()) - starts[r];
    }
    resize(away.size());
    for (std::size_t k = 0; k < away.size(); ++k) {
      const training_job& job = jobs[away[k]];
      down_[k] = {job.info.version, static_cast<std::uint32_t>(job.client),
                  static_cast<std::uint32_t>(job.info.kind)};
      std::copy(job.numbers.begin(), job.numbers.end(), row(k).begin());
    }
    link_.tell(counts);
    const types t{width_};
    MPI_Scatterv(down_.data(), counts.data(), starts.data(), t.down, nullptr, 0, t.down, 0,
                 link_.comm);
    MPI_Scatterv(numbers_.data(), counts.data(), starts.data(), t.row, nullptr, 0, t.row, 0,
                 link_.comm);
    own_jobs_.clear();
    for (training_job& job : jobs) {
      if (index_of(job.client) % n == 0) own_jobs_.push_back(&job);
    }
    train();
    MPI_Gatherv(nullptr, 0, t.up, up_.data(), counts.data(), starts.data(), t.up, 0, link_.comm);
    MPI_Gatherv(nullptr, 0, t.row, numbers_.data(), counts.data(), starts.data(), t.row, 0,
                link_.comm);
    for (std::size_t k = 0; k < away.size(); ++k) {
      training_job& job = jobs[away[k]];
      job.report = {up_[k].weight, up_[k].steps, up_[k].score};
      job.upload_bytes = up_[k].bytes;
      std::copy(row(k).begin(), row(k).end(), job.numbers.begin());
    }
    return {};
  }

  /// Does what rank 0 asks for, until that has ended; for all other ranks.
  void serve() {
    MUSTER_EXPECTS(link_.rank != 0, "muster: mpi::rank_executor::serve is not for rank 0; it runs");
    const types t{width_};
    std::vector<training_job> jobs;
    for (int n = link_.told(); n != connection::go_home; n = link_.told()) {
      resize(static_cast<std::size_t>(n));
      MPI_Scatterv(nullptr, nullptr, nullptr, t.down, down_.data(), n, t.down, 0, link_.comm);
      MPI_Scatterv(nullptr, nullptr, nullptr, t.row, numbers_.data(), n, t.row, 0, link_.comm);
      jobs.resize(down_.size());
      own_jobs_.clear();
      for (std::size_t k = 0; k < jobs.size(); ++k) {
        jobs[k] = {.client = client_id{down_[k].client},
                   .info = {down_[k].version, static_cast<download_kind>(down_[k].kind)},
                   .numbers = row(k)};
        own_jobs_.push_back(&jobs[k]);
      }
      train();
      for (std::size_t k = 0; k < jobs.size(); ++k) {
        const training_report& r = jobs[k].report;
        up_[k] = {jobs[k].info.version, r.weight,        r.steps, r.score,
                  jobs[k].upload_bytes, down_[k].client, 0};
      }
      MPI_Gatherv(up_.data(), n, t.up, nullptr, nullptr, nullptr, t.up, 0, link_.comm);
      MPI_Gatherv(numbers_.data(), n, t.row, nullptr, nullptr, nullptr, t.row, 0, link_.comm);
    }
  }

  /// Of all ranks.
  [[nodiscard]] std::size_t clients() const noexcept { return clients_; }

 private:
  /// Who we are, and the duty to part in order.
  struct connection {
    static constexpr int go_home = -1;
    MPI_Comm comm = MPI_COMM_NULL;  // null: nobody waits for us
    std::size_t rank = 0, ranks = 1;

    explicit connection(MPI_Comm c) : comm{c} {
      int me = 0, all = 1;
      MPI_Comm_rank(c, &me);
      MPI_Comm_size(c, &all);
      rank = static_cast<std::size_t>(me);
      ranks = static_cast<std::size_t>(all);
    }
    connection(connection&& other) noexcept
        : comm{std::exchange(other.comm, MPI_COMM_NULL)}, rank{other.rank}, ranks{other.ranks} {}
    connection& operator=(connection&& other) noexcept {
      std::swap(comm, other.comm);
      std::swap(rank, other.rank);
      std::swap(ranks, other.ranks);
      return *this;
    }
    ~connection() {
      if (comm == MPI_COMM_NULL) return;
      if (rank == 0) {
        tell(std::vector<int>(ranks, go_home));
      } else {
        end_everywhere(std::uncaught_exceptions() > 0
                           ? "a client threw an exception"
                           : "goes although rank 0 may still ask; call serve()");
      }
    }
    void tell(const std::vector<int>& each) const {
      int own = 0;
      MPI_Scatter(each.data(), 1, MPI_INT, &own, 1, MPI_INT, 0, comm);
    }
    int told() {
      int what = go_home;
      MPI_Scatter(nullptr, 0, MPI_INT, &what, 1, MPI_INT, 0, comm);
      if (what == go_home) comm = MPI_COMM_NULL;
      return what;
    }
  };
  /// What is sent, as MPI types, so that counts are of clients: those fit an int.
  struct types {
    MPI_Datatype down{}, up{}, row{};
    explicit types(std::size_t width) {
      make(sizeof(federated::download_header), MPI_BYTE, down);
      make(sizeof(federated::upload_header), MPI_BYTE, up);
      make(width, MPI_FLOAT, row);
    }
    types(const types&) = delete;
    types& operator=(const types&) = delete;
    ~types() {
      for (MPI_Datatype* t : {&down, &up, &row}) MPI_Type_free(t);
    }
    static void make(std::size_t n, MPI_Datatype of, MPI_Datatype& type) {
      MPI_Type_contiguous(static_cast<int>(n), of, &type);
      MPI_Type_commit(&type);
    }
  };

  rank_executor(std::span<Client> own, thread_pool* pool, MPI_Comm comm)
      : own_{own}, pool_{pool}, link_{comm} {}

  error refuse(std::size_t rank, std::string what, std::string expected) {
    link_.comm = MPI_COMM_NULL;  // all ranks have come to the same answer, and part
    return {std::move(what), {}, 0, "rank " + std::to_string(rank), std::move(expected)};
  }
  [[nodiscard]] std::optional<error> fault_of(const training_job& job) const {
    if (index_of(job.client) >= clients_) {
      return federated::detail::no_such_client(job.client,
                                               "a number below " + std::to_string(clients_));
    }
    // All clients exchange as many numbers as the first one here: `make` has seen to that.
    return federated::detail::job_fault(own_[0], job);
  }
  void resize(std::size_t jobs) {
    down_.resize(jobs);
    up_.resize(jobs);
    numbers_.resize(jobs * width_);
  }
  [[nodiscard]] std::span<float> row(std::size_t k) noexcept {
    return std::span{numbers_}.subspan(k * width_, width_);
  }
  void train() {
    const auto turn = [&](std::size_t k) {
      training_job& job = *own_jobs_[k];
      federated::detail::run_job(own_[index_of(job.client) / link_.ranks], job);
    };
    if (pool_ != nullptr) {
      pool_->for_each(own_jobs_.size(), turn);
    } else {
      for (std::size_t k = 0; k < own_jobs_.size(); ++k) turn(k);
    }
  }

  std::span<Client> own_;
  thread_pool* pool_;
  connection link_;
  std::size_t clients_ = 0, width_ = 0;
  // Of the batch at hand, the jobs that travel:
  std::vector<federated::download_header> down_;
  std::vector<federated::upload_header> up_;
  std::vector<float> numbers_;
  std::vector<training_job*> own_jobs_;
};

}  // namespace muster::inline MUSTER_ABI::adapters::mpi
