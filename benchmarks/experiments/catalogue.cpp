// SPDX-License-Identifier: Apache-2.0
#include "experiments/catalogue.hpp"

#include "experiments/kmps/conditions.hpp"
#include "experiments/pfrl_dm/grid.hpp"

namespace experiments {

std::vector<std::string> papers() { return {"kmps", "pfrl-dm"}; }

std::vector<experiment> experiments_of(std::string_view paper) {
  if (paper == "pfrl-dm") {
    return {pfrl_dm::fig07(),   pfrl_dm::fig08(),    pfrl_dm::fig09(),    pfrl_dm::fig10(),
            pfrl_dm::fig11(),   pfrl_dm::fig12(),    pfrl_dm::fig13(),    pfrl_dm::fig15(),
            pfrl_dm::fig16(),   pfrl_dm::fig17(),    pfrl_dm::fig18(),    pfrl_dm::fig19(),
            pfrl_dm::fig20(),   pfrl_dm::fig21(),    pfrl_dm::ablation(), pfrl_dm::real(),
            pfrl_dm::table4(),  pfrl_dm::unmasked(), pfrl_dm::tuning(),   pfrl_dm::temperature(),
            pfrl_dm::timeline()};
  }
  if (paper != "kmps") return {};
  return {kmps::fig07(),  kmps::fig08(),     kmps::fig09(),  kmps::fig10(),
          kmps::fig11(),  kmps::fig12(),     kmps::fig13(),  kmps::fig14(),
          kmps::fig15(),  kmps::fig16(),     kmps::fig17(),  kmps::fig18(),
          kmps::cutoff(), kmps::emergency(), kmps::tuning(), kmps::window()};
}

}  // namespace experiments
