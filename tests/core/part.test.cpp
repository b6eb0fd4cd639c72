// SPDX-License-Identifier: Apache-2.0
#include <muster/core/part.hpp>

#include <type_traits>

#include "support/catch.hpp"

using namespace muster;

namespace {

struct plain {
  int value = 7;
};
struct configured {
  struct config {
    int value = 1;
  };
  explicit configured(config c) : value{c.value} {}
  int value;
};
/// Names a config, but is made without it.
struct deaf {
  struct config {
    int value = 1;
  };
  int value = 3;
};

}  // namespace

TEST_CASE("parts are made from their configs, if they have one", "[core][part]") {
  STATIC_REQUIRE(std::is_same_v<config_of<plain>, no_config>);
  STATIC_REQUIRE(std::is_same_v<config_of<configured>, configured::config>);
  CHECK(make_part<plain>({}).value == 7);
  CHECK(make_part<configured>({.value = 5}).value == 5);
  CHECK(make_part<deaf>({.value = 5}).value == 3);
}
