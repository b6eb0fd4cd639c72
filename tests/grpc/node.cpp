// SPDX-License-Identifier: Apache-2.0
// One cluster as a process. It makes requests of its own, runs what it can, offers the rest to its
// neighbours over gRPC, sends to a (simulated) cloud what nobody takes, and runs what neighbours
// offer. tests/grpc/run starts three of them, kills one, and reads their journals.
//   node FOLDER NUMBER CLUSTERS RATE END_US
//
// Who is responsible: the origin owns a request from `born` to `outcome`, and only it counts. An
// executor promises to run what it accepts once, and to remember what became of it: both survive
// its death, because the journal line comes before the promise.
//
//   born ID WORK DEADLINE          the origin has a new request
//   sent ID CLUSTER                ... is about to offer it there
//   cloud ID                       ... gives it to the cloud
//   outcome ID done|missed BY      ... counts it: once for each ID
//   run ORIGIN ID WORK DEADLINE    an executor promises to run it
//   again ORIGIN ID                ... and begins anew, after it was killed
//   ran ORIGIN ID done|missed      ... and has
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <muster/adapters/grpc/client.hpp>
#include <muster/adapters/grpc/server.hpp>
#include <muster/adapters/grpc/unix_clock.hpp>
#include <muster/coordination/offer_around.hpp>
#include <muster/coordination/offer_ledger.hpp>

#include "executor.hpp"
#include "journal.hpp"

using namespace muster;
using adapters::grpc::client, adapters::grpc::server;

namespace {

constexpr duration wan = milliseconds(100), cross = milliseconds(25);
constexpr duration grace = seconds(3);            // after its deadline a request is given up
constexpr duration patience = milliseconds(100);  // without a sign of life of its executor
constexpr std::size_t replicas = 4;

const char* word(request_outcome o) { return o == request_outcome::done ? "done" : "missed"; }

/// A request of our own that has no outcome yet.
struct owned {
  job request{};
  enum class place { here, searching, away, cloud } at = place::here;
  std::set<std::uint32_t> asked{};  // clusters that may have it
  instant back{};                   // from the cloud
  bool moved = false;               // offered anew because its executor was silent
};

class node {
 public:
  node(std::string folder, std::uint32_t self, std::uint32_t clusters, double rate, instant end)
      : folder_{std::move(folder)},
        self_{self},
        rate_{rate},
        end_{end},
        journal_{folder_ + "/journal." + std::to_string(self), past_},
        random_{1000 + self},
        client_{settings(self, clusters)},
        silent_since_(clusters, never),
        addresses_(clusters) {
    recover();
  }

  // --- what neighbours ask: a cluster_host ------------------------------------------------------

  cluster_capacity capacity(service_id, instant now) {
    const std::lock_guard hold{mutex_};
    const auto busy = static_cast<std::uint32_t>(executor_.running() + executor_.waiting());
    cluster_capacity c{
        replicas, busy < replicas ? static_cast<std::uint32_t>(replicas) - busy : 0, {}};
    if (c.idle == 0) c.wait = executor_.expected(job{}, now) - now;
    return c;
  }
  cluster_load load(instant) {
    const std::lock_guard hold{mutex_};
    return {static_cast<std::uint32_t>(executor_.waiting()),
            static_cast<std::uint32_t>(executor_.running()),
            static_cast<double>(executor_.running()) / replicas, 0.0};
  }
  offer_reply offer(const offered_job& o, instant now) {
    const std::lock_guard hold{mutex_};
    if (const offer_reply* before = ledger_.find(o.key())) return *before;
    const instant done = executor_.expected(o.request, now);
    if (done + cross > o.request.deadline) {
      return {
          o.request.deadline < now + o.request.work ? offer_verdict::too_late : offer_verdict::full,
          0, never};
    }
    const offer_reply yes{offer_verdict::accepted, 0, done};
    if (!ledger_.accept(o.key(), o.request.deadline, yes, now)) return {};
    promise(o.key(), o.request);
    return yes;
  }
  request_outcome outcome(request_key key, instant) {
    const std::lock_guard hold{mutex_};
    return ledger_.outcome(key);
  }

  int live() {
    auto served = server::start(*this, server::config{});
    if (!served) {
      std::fprintf(stderr, "%s\n", served.failure().to_string().c_str());
      return 1;
    }
    publish("port." + std::to_string(self_), std::to_string(served->port()) + "\n");
    std::vector<std::thread> threads;
    for (std::uint64_t i = 0; i < 4; ++i) threads.emplace_back([this, i] { search(i); });
    threads.emplace_back([this] { ask_around(); });
    bool announced = false;
    for (instant look{}; !std::ifstream{folder_ + "/stop"}.good();) {
      const instant now = clock_.wait(clock_.now() + milliseconds(2));
      if (now >= look) {
        find_neighbours();
        look = now + milliseconds(50);
      }
      const std::lock_guard hold{mutex_};
      executor_.advance(now, [&](request_key k, request_outcome o) { ran(k, o); });
      for (auto i = open_.begin(); i != open_.end();) {
        const auto& [id, r] = *i++;  // settling erases it
        if (r.at == owned::place::cloud && r.back <= now) {
          settle(id, r.back <= r.request.deadline ? request_outcome::done : request_outcome::missed,
                 "cloud");
        } else if (r.at == owned::place::away && now > r.request.deadline + grace) {
          settle(id, request_outcome::missed, "nobody");
        }
      }
      while (next_ <= now && next_ < end_) {
        bear(now);
        next_ = next_ + from_seconds(-std::log(1.0 - uniform01(random_)) / rate_);
      }
      if (now >= end_ && open_.empty() && !announced) {
        announced = true;
        publish("settled." + std::to_string(self_), "");
      }
    }
    ending_ = true;
    wake_.notify_all();
    for (auto& t : threads) t.join();
    served->stop();
    return 0;
  }

 private:
  static client::config settings(std::uint32_t self, std::uint32_t clusters) {
    client::config c;
    c.self = self;
    c.clusters = clusters;
    c.timeout = milliseconds(250);
    c.retry = {milliseconds(5), milliseconds(40), 2};
    c.breaker = {3, 1, milliseconds(300)};
    return c;
  }
  void publish(const std::string& name, const std::string& text) const {
    const std::string draft = folder_ + "/draft." + std::to_string(self_);
    std::ofstream{draft} << text;
    std::rename(draft.c_str(), (folder_ + "/" + name).c_str());
  }
  void find_neighbours() {
    for (std::uint32_t c = 0; c < addresses_.size(); ++c) {
      std::string port;
      std::ifstream{folder_ + "/port." + std::to_string(c)} >> port;
      if (c == self_ || port.empty() || port == addresses_[c]) continue;
      addresses_[c] = port;
      const std::vector<std::string> there{"127.0.0.1:" + port};
      client_.connect(c, there);
    }
  }

  // --- the executor's side; the mutex is held --------------------------------------------------

  void promise(request_key key, const job& j) {
    journal_.write(clock_.now(), "run %u %llu %lld %lld", key.origin, number(key.id),
                   static_cast<long long>(j.work.us), static_cast<long long>(j.deadline.us));
    executor_.add(key, j);
  }
  void ran(request_key key, request_outcome o) {
    journal_.write(clock_.now(), "ran %u %llu %s", key.origin, number(key.id), word(o));
    if (key.origin == self_) {
      settle(static_cast<std::uint64_t>(key.id), o, std::to_string(self_).c_str());
    } else {
      ledger_.settle(key, o);
    }
  }

  // --- the origin's side; the mutex is held ----------------------------------------------------

  void bear(instant now) {
    const std::uint64_t id = next_id_++;
    owned r;
    job& j = r.request;
    j.id = job_id{id};
    j.arrival = now;
    j.work = milliseconds(10 + static_cast<std::int64_t>(uniform_below(random_, 61)));
    const bool patient = uniform_below(random_, 5) == 0;  // has time for an outage
    j.deadline =
        now + j.work +
        milliseconds(patient ? 2500 : 250 + static_cast<std::int64_t>(uniform_below(random_, 500)));
    j.cpu = 0.25F;
    journal_.write(now, "born %llu %lld %lld", number(j.id), static_cast<long long>(j.work.us),
                   static_cast<long long>(j.deadline.us));
    dispatch(id, open_.emplace(id, r).first->second, now);
  }
  /// Own cluster, else neighbours, else the cloud: the last two by the threads that search.
  void dispatch(std::uint64_t id, owned& r, instant now) {
    if (executor_.expected(r.request, now) <= r.request.deadline && !promised_.contains(id)) {
      r.at = owned::place::here;
      promised_.insert(id);
      promise({self_, job_id{id}}, r.request);
    } else {
      r.at = owned::place::searching;
      overflow_.push_back(id);
      wake_.notify_one();
    }
  }
  void settle(std::uint64_t id, request_outcome o, const char* by) {
    if (open_.erase(id) == 0) return;  // counted already
    promised_.erase(id);
    journal_.write(clock_.now(), "outcome %llu %s %s", static_cast<unsigned long long>(id), word(o),
                   by);
  }
  static unsigned long long number(job_id id) { return static_cast<unsigned long long>(id); }

  /// Asks neighbours as the client does, but says in the journal whom, before.
  struct noting_rpc {
    node* all = nullptr;
    [[nodiscard]] std::uint32_t clusters() const noexcept { return all->client_.clusters(); }
    rpc_answer<cluster_capacity> capacity(std::uint32_t c, service_id s, rpc_call x, rng& g) {
      return all->client_.capacity(c, s, x, g);
    }
    rpc_answer<cluster_load> load(std::uint32_t c, rpc_call x, rng& g) {
      return all->client_.load(c, x, g);
    }
    rpc_answer<std::size_t> outcomes(std::uint32_t c, std::span<const request_key> k,
                                     std::span<request_outcome> o, rpc_call x, rng& g) {
      return all->client_.outcomes(c, k, o, x, g);
    }
    rpc_answer<offer_reply> offer(std::uint32_t c, const offered_job& o, rpc_call x, rng& g) {
      const auto id = static_cast<std::uint64_t>(o.request.id);
      {
        const std::lock_guard hold{all->mutex_};
        const auto r = all->open_.find(id);
        if (r == all->open_.end())
          return rpc_answer<offer_reply>::failed(rpc_status::not_tried, x.now);
        r->second.asked.insert(c);
        all->journal_.write(all->clock_.now(), "sent %llu %u", number(o.request.id), c);
      }
      auto answer = all->client_.offer(c, o, x, g);
      if (answer && !answer.value->accepted()) {
        const std::lock_guard hold{all->mutex_};
        if (const auto r = all->open_.find(id); r != all->open_.end()) r->second.asked.erase(c);
      }
      return answer;
    }
  };

  /// Offers what overflows; what nobody takes goes to the cloud.
  void search(std::uint64_t thread) {
    coordination::offer_around around{self_, client_.clusters()};
    noting_rpc rpc{this};
    rng random = rng{77, self_}.fork(thread);
    for (;;) {
      std::unique_lock hold{mutex_};
      wake_.wait_for(hold, std::chrono::milliseconds(50),
                     [&] { return ending_ || !overflow_.empty(); });
      if (ending_) return;
      if (overflow_.empty()) continue;
      const std::uint64_t id = overflow_.front();
      overflow_.pop_front();
      const auto found = open_.find(id);
      if (found == open_.end()) continue;
      const job j = found->second.request;
      hold.unlock();
      const instant now = clock_.now();
      // Until the cloud could only just do it; if it cannot, until a neighbour could.
      const instant last = j.deadline - wan * 2 - j.work;
      const auto p =
          around.place(rpc, {self_, j}, {now, last > now ? last : j.deadline - cross - j.work},
                       random, [&](instant t) { return clock_.wait(t); });
      hold.lock();
      const auto r = open_.find(id);
      if (r == open_.end()) continue;
      if (p.found()) {
        r->second.at = owned::place::away;
      } else {
        to_cloud(id, r->second);
      }
    }
  }
  void to_cloud(std::uint64_t id, owned& r) {
    const instant now = clock_.now();
    journal_.write(now, "cloud %llu", static_cast<unsigned long long>(id));
    r.at = owned::place::cloud;
    r.back = now + wan * 2 + r.request.work;
  }

  /// Learns what became of requests elsewhere; moves those whose executor is silent.
  void ask_around() {
    rng random{78, self_};
    std::vector<request_key> keys;
    std::vector<request_outcome> told;
    while (!ending_) {
      clock_.wait(clock_.now() + milliseconds(20));
      for (std::uint32_t c = 0; c < client_.clusters(); ++c) {
        if (c == self_) continue;
        keys.clear();
        {
          const std::lock_guard hold{mutex_};
          for (const auto& [id, r] : open_) {
            if (r.at == owned::place::away && r.asked.contains(c) && keys.size() < 1000) {
              keys.push_back({self_, job_id{id}});
            }
          }
        }
        if (keys.empty()) continue;
        told.assign(keys.size(), request_outcome::pending);
        const instant now = clock_.now();
        const auto a = client_.outcomes(c, keys, told, {now, now + milliseconds(250)}, random);
        const std::lock_guard hold{mutex_};
        silent_since_[c] = a ? never : (std::min)(silent_since_[c], now);
        for (std::size_t i = 0; i < keys.size(); ++i)
          hear(c, static_cast<std::uint64_t>(keys[i].id), told[i]);
      }
    }
  }
  void hear(std::uint32_t c, std::uint64_t id, request_outcome o) {
    const auto i = open_.find(id);
    if (i == open_.end() || i->second.at != owned::place::away) return;
    owned& r = i->second;
    const instant now = clock_.now();
    if (o == request_outcome::done || o == request_outcome::missed) {
      settle(id, o, std::to_string(c).c_str());
    } else if (o == request_outcome::unknown) {
      // It has never accepted. If nobody else may have it, the search begins anew.
      r.asked.erase(c);
      if (r.asked.empty()) dispatch(id, r, now);
    } else if (silent_since_[c] != never && now - silent_since_[c] > patience && !r.moved &&
               now + cross * 2 + r.request.work < r.request.deadline) {
      r.moved = true;
      dispatch(id, r, now);
    }
  }

  // --- after a restart -------------------------------------------------------------------------

  void recover() {
    const instant now = clock_.now();
    std::map<request_key, std::pair<job, request_outcome>> guests;  // what we promised to run
    std::map<std::uint64_t, request_outcome> ran_here;
    const auto value = [](const std::string& s) { return std::strtoll(s.c_str(), nullptr, 10); };
    const auto outcome_of = [](const std::string& s) {
      return s == "done" ? request_outcome::done : request_outcome::missed;
    };
    for (const auto& line : past_) {
      const std::string& what = line.at(1);
      const auto first = static_cast<std::uint64_t>(value(line.at(2)));
      if (what == "born") {
        owned r;
        r.request.id = job_id{first};
        r.request.arrival = instant{value(line.at(0))};
        r.request.work = duration{value(line.at(3))};
        r.request.deadline = instant{value(line.at(4))};
        r.request.cpu = 0.25F;
        r.at = owned::place::searching;
        open_[first] = r;
        next_id_ = first + 1;
      } else if (what == "sent") {
        if (const auto i = open_.find(first); i != open_.end()) {
          i->second.asked.insert(static_cast<std::uint32_t>(value(line.at(3))));
          i->second.at = owned::place::away;
        }
      } else if (what == "cloud") {
        if (const auto i = open_.find(first); i != open_.end()) i->second.at = owned::place::cloud;
      } else if (what == "outcome") {
        open_.erase(first);
      } else if (what == "run") {
        const request_key key{static_cast<std::uint32_t>(first),
                              job_id{static_cast<std::uint64_t>(value(line.at(3)))}};
        job j;
        j.id = key.id;
        j.work = duration{value(line.at(4))};
        j.deadline = instant{value(line.at(5))};
        guests[key] = {j, request_outcome::pending};
      } else if (what == "ran") {
        guests[{static_cast<std::uint32_t>(first),
                job_id{static_cast<std::uint64_t>(value(line.at(3)))}}]
            .second = outcome_of(line.at(4));
      }
    }
    past_.clear();
    // What had run, or was promised: the promise holds.
    for (const auto& [key, g] : guests) {
      const auto& [j, o] = g;
      if (key.origin == self_) {
        const auto id = static_cast<std::uint64_t>(key.id);
        const auto i = open_.find(id);
        if (i == open_.end()) continue;
        if (o != request_outcome::pending) {
          settle(id, o, std::to_string(self_).c_str());
          continue;
        }
        i->second.at = owned::place::here;
        promised_.insert(id);
      } else if (!ledger_.accept(key, j.deadline, {offer_verdict::accepted, 0, never}, now)) {
        continue;
      } else if (o != request_outcome::pending) {
        ledger_.settle(key, o);
        continue;
      }
      journal_.write(now, "again %u %llu", key.origin, number(key.id));
      executor_.add(key, j);
    }
    for (auto& [id, r] : open_) {
      if (r.at == owned::place::searching) dispatch(id, r, now);
      if (r.at == owned::place::cloud) to_cloud(id, r);
    }
    next_ = now;
  }

  std::string folder_;
  std::uint32_t self_;
  double rate_;
  instant end_;
  adapters::grpc::unix_clock clock_;
  std::vector<std::vector<std::string>> past_;
  std::mutex mutex_;  // guards everything below but the client, which has its own
  grpc_node::journal journal_;
  rng random_;
  client client_;
  grpc_node::executor executor_{replicas};
  coordination::offer_ledger ledger_{{1 << 16, seconds(60)}};
  std::map<std::uint64_t, owned> open_;
  std::set<std::uint64_t> promised_;  // open, and promised to be run here
  std::deque<std::uint64_t> overflow_;
  std::condition_variable wake_;
  std::vector<instant> silent_since_;
  std::vector<std::string> addresses_;
  std::uint64_t next_id_ = 0;
  instant next_{};
  std::atomic<bool> ending_{false};
};

static_assert(cluster_host<node>);

}  // namespace

int main(int count, char** words) {
  if (count != 6) {
    std::fprintf(stderr, "node: write node FOLDER NUMBER CLUSTERS RATE END_US\n");
    return 2;
  }
  const auto whole = [&](int i) { return std::strtoll(words[i], nullptr, 10); };
  node n{words[1], static_cast<std::uint32_t>(whole(2)), static_cast<std::uint32_t>(whole(3)),
         std::strtod(words[4], nullptr), instant{whole(5)}};
  return n.live();
}
