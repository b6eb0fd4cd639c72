// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <limits>
#include <set>
#include <string>
#include <vector>

#include <muster/testing/archetypes/federated_client.hpp>
#include <muster/testing/laws/federated_client.hpp>

using namespace muster;
using good = testing::resumable_client_archetype;

static_assert(!federated_client<int>);
static_assert(resumable_client<good, nn::checkpoint>);
static_assert(!resumable_client<testing::federated_client_archetype, nn::checkpoint>);

namespace {

const std::vector<float> model{1.0F, 2.0F, -3.0F};
const good::config settings{.optimum = {0.0F, 5.0F, 1.0F}, .steps = 3, .noise = 0.7F, .seed = 8};

/// Keeps the span instead of the numbers.
struct borrower : good {
  using good::good;
  std::span<const float> lent{};
  void download(std::span<const float> m, const download_info&) { lent = m; }
  training_report train() {
    good::download(lent, {});
    return good::train();
  }
};
/// Leaves the last number as it was.
struct forgetful : good {
  using good::good;
  void upload(std::span<float> out) const {
    for (std::size_t i = 0; i + 1 < out.size(); ++i) out[i] = model_[i];
  }
};
/// Draws its noise from a hidden counter that all of its kind share.
struct global_noise : good {
  using good::good;
  training_report train() {
    static std::uint64_t calls = 0;
    rounds_ = ++calls;
    return good::train();
  }
};
struct negative : good {
  using good::good;
  training_report train() {
    training_report r = good::train();
    r.weight = -1.0;
    return r;
  }
};
struct diverging : good {
  using good::good;
  training_report train() {
    const training_report r = good::train();
    model_[1] = std::numeric_limits<float>::infinity();
    return r;
  }
};
/// Saves its model and not its count of rounds, on which its noise depends.
struct half_saved : good {
  using good::good;
  template <class Checkpoint>
  void add_to(Checkpoint& c) {
    c.add("model", std::span<float>{model_});
  }
};

template <class Client>
std::set<std::string> broken() {
  std::set<std::string> laws;
  const auto report = [&](const char* law, bool holds) {
    if (!holds) laws.insert(law);
  };
  const auto make = [] { return Client{settings}; };
  testing::check_federated_client_laws(make, model, 5, report);
  testing::check_resumable_client_laws(make, model, 5, report);
  return laws;
}
using names = std::set<std::string>;
const std::string alike = "two built alike do the same, and write every number";
const std::string repeats = "restored, it repeats its round bit for bit";

}  // namespace

TEST_CASE("the archetype obeys the laws of federated_client", "[testing][laws]") {
  CHECK(broken<good>().empty());
}

TEST_CASE("clients that break a law are found", "[testing][laws]") {
  CHECK(broken<borrower>().contains("what it sends is finite"));
  CHECK(broken<forgetful>().contains(alike));
  CHECK(broken<global_noise>().contains(alike));
  CHECK(broken<negative>() == names{"its weight is finite and not negative"});
  CHECK(broken<diverging>() == names{"what it sends is finite"});
  CHECK(broken<half_saved>() == names{repeats});
  const std::vector<float> two(2);
  testing::check_federated_client_laws(
      [] { return good{settings}; }, two, 1,
      [](const char* law, bool holds) {
        CHECK(std::string{law} == "it exchanges as many numbers as the model has");
        CHECK_FALSE(holds);
      });
}
