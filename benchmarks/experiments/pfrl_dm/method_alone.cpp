// SPDX-License-Identifier: Apache-2.0
#include "experiments/pfrl_dm/method_of.hpp"

namespace experiments::pfrl_dm {

namespace slot = muster::slot;
using namespace muster::pfrl_dm;

std::unique_ptr<method> make_alone(std::string_view name, method::setup& s) {
  if (name == "ppo") return made<independent_ppo>(s);
  if (name == "dual_alone") return made<pipeline<slot::exchange<nothing>>>(s);
  return nullptr;
}

}  // namespace experiments::pfrl_dm
