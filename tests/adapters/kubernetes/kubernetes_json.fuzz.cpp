// SPDX-License-Identifier: Apache-2.0
// libFuzzer target of the readers of JSON from outside; scripts/fuzz builds and runs it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <muster/adapters/kubernetes/extender_messages.hpp>
#include <muster/adapters/kubernetes/state_board.hpp>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace kube = muster::adapters::kubernetes;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto one_line = [](const muster::error& e) {
    if (e.to_string().find('\n') != std::string::npos) std::abort();
  };
  if (const auto q = kube::read_quantity(text); q ? *q < 0 : (one_line(q.failure()), false)) {
    std::abort();
  }
  const auto report = kube::read_node_report(text);
  if (report) {
    if (!kube::read_node_report(kube::write_node_report(*report))) std::abort();
  } else {
    one_line(report.failure());
  }
  const auto args = kube::read_extender_args(text);
  if (args) {
    kube::extender_filter_result r;
    for (const auto& n : args->nodes) r.fit.push_back(n.meta.name);
    if (!kube::read_json(kube::write_filter_result(*args, r), "")) std::abort();
  }
  return 0;
}
