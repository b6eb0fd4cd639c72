// SPDX-License-Identifier: Apache-2.0
#include "experiments/pfrl_dm/method.hpp"

namespace experiments::pfrl_dm {

std::unique_ptr<method> make_method(std::string_view name, method::setup s) {
  for (const auto make :
       {make_pfrl_dm, make_similar, make_averaged, make_alone, make_mfpo, make_rule}) {
    if (auto made = make(name, s)) return made;
  }
  return nullptr;
}

}  // namespace experiments::pfrl_dm
