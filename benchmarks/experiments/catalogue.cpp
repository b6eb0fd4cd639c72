// SPDX-License-Identifier: Apache-2.0
#include "experiments/catalogue.hpp"

#include "experiments/kmps/conditions.hpp"

namespace experiments {

std::vector<std::string> papers() { return {"kmps"}; }

std::vector<experiment> experiments_of(std::string_view paper) {
  if (paper != "kmps") return {};
  return {kmps::fig07(),  kmps::fig08(),     kmps::fig09(),  kmps::fig10(),
          kmps::fig11(),  kmps::fig12(),     kmps::fig13(),  kmps::fig14(),
          kmps::fig15(),  kmps::fig16(),     kmps::fig17(),  kmps::fig18(),
          kmps::cutoff(), kmps::emergency(), kmps::tuning(), kmps::window()};
}

}  // namespace experiments
