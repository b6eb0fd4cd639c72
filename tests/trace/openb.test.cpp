// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <algorithm>
#include <array>
#include <muster/trace/openb.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "trace/reader_checks.hpp"

using namespace muster::trace;
using muster::duration;
using muster::instant;
using muster::seconds;

namespace {

const std::string header =
    "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,"
    "deletion_time,scheduled_time\n";
const std::string nodes_header = "sn,cpu_milli,memory_mib,gpu,model\n";

const std::string pods = header +
                         "openb-pod-0000,12000,16384,1,1000,,LS,Running,0,12537496,0\n"
                         "openb-pod-0001,6000,12288,1,460,V100M16|V100M32,BE,Running,427061,"
                         "12902960,427063\r\n"
                         "openb-pod-0002,500,0,0,0,,Guaranteed,Pending,400000,400100,\n"
                         "openb-pod-0003,120200,737280,8,1000,T4,Burstable,Failed,500000,500000,"
                         "500000";
const std::string nodes = nodes_header +
                          "openb-node-0000,32000,262144,0,\n"
                          "openb-node-0001,128000,786432,8,G2\n";

std::string reason(const std::string& text, bad_row_policy p = bad_row_policy::fail) {
  const auto t = read_tasks(openb{"t.csv", {.bad_rows = p}}, std::string_view{text});
  return t ? std::string{"read"} : t.failure().to_string();
}
std::string node_reason(const std::string& text) {
  const auto t = read_rows(openb_nodes{"t.csv"}, std::string_view{text});
  return t ? std::string{"read"} : t.failure().to_string();
}

}  // namespace

TEST_CASE("pods become tasks", "[trace][openb]") {
  const auto t = read_rows(openb{"t.csv"}, std::string_view{pods});
  REQUIRE(t);
  REQUIRE(t->tasks.size() == 3);
  const openb_pod& a = t->tasks[0];
  CHECK(a.start == instant{});
  CHECK(a.allowance == seconds(12'537'496));
  CHECK(a.wait == duration{});
  CHECK(a.cpu == 12.0F);
  CHECK(a.memory == 16.0F);
  CHECK(a.type == 0);
  CHECK((a.gpus == 1 && a.gpu_milli == 1000 && a.gpu_models == 0));
  CHECK(a.line == 2);
  const openb_pod& b = t->tasks[1];
  CHECK(b.allowance == seconds(12'475'899));
  CHECK(b.wait == seconds(2));
  CHECK(openb_qos[b.type] == "BE");
  CHECK((b.gpu_milli == 460 && b.gpu_models == 0b1100));
  CHECK(openb_gpu_models[2] == "V100M16");
  CHECK(t->tasks[2].cpu == 120.2F);
  CHECK(t->tasks[2].memory == 720.0F);
  CHECK((t->tasks[2].type == 2 && t->tasks[2].gpus == 8));
  CHECK(t->counts.rows == 4);
  CHECK(t->counts.skipped == 1);
  CHECK(t->counts.zero_allowance == 1);
  CHECK(t->counts.out_of_order == 0);
}

TEST_CASE("pods that were never scheduled are kept by choice", "[trace][openb]") {
  const auto t = read_rows(openb{"t.csv", {.keep_unscheduled = true}}, std::string_view{pods});
  REQUIRE(t);
  REQUIRE(t->tasks.size() == 4);
  CHECK(t->tasks[2].wait == unknown_time);
  CHECK(t->tasks[2].allowance == seconds(100));
  CHECK(openb_qos[t->tasks[2].type] == "Guaranteed");
  CHECK(t->counts.out_of_order == 1);
}

TEST_CASE("nodes", "[trace][openb]") {
  const auto t = read_rows(openb_nodes{"t.csv"}, std::string_view{nodes});
  REQUIRE(t);
  REQUIRE(t->tasks.size() == 2);
  CHECK(t->tasks[0] == openb_node{32.0F, 256.0F, 0, 0, 2});
  CHECK(t->tasks[1] == openb_node{128.0F, 768.0F, 8, 1U << 5, 3});
}

TEST_CASE("each kind of wrong list is told in one line", "[trace][openb]") {
  const std::string row = "p,1,1,0,0,,LS,Running,5,7,6\n";
  struct example {
    std::string text;
    std::vector<std::string_view> parts;
  };
  const std::vector<example> examples{
      {"", {"t.csv: the file is empty", "11 columns: name,cpu_milli"}},
      {header, {"t.csv: there are no rows"}},
      {row, {"t.csv:1: the first line is not the header of this format", "11 columns: name,"}},
      {nodes, {"t.csv:1: the first line is not the header of this format"}},
      {header + "p,1,1\n", {"t.csv:2: num_gpu: missing, the row has only 3 of 11 columns"}},
      {header + "p,1,1,0,0,,LS,Running,5,7,6,x\n", {"t.csv:2: the row has more than 11 columns"}},
      {header + "p,1,1,0,0,,LS,Running,,7,6\n", {"t.csv:2: creation_time: nothing is given"}},
      {header + "p,1,1,0,0,,LS,Running,5,late,6\n", {"deletion_time: 'late' is not a number"}},
      {header + "p,1,1,0,0,,LS,Running,5,7,1e50\n", {"scheduled_time: '1e50' is too large"}},
      {header + "p,-1,1,0,0,,LS,Running,5,7,6\n", {"cpu_milli: '-1' is negative"}},
      {header + "p,1,?,0,0,,LS,Running,5,7,6\n", {"memory_mib: '?' is not a number", "MiB"}},
      {header + "p,1,1,1.5,0,,LS,Running,5,7,6\n", {"num_gpu: '1.5' is not a number"}},
      {header + "p,1,1,1,0,T4|H100,LS,Running,5,7,6\n",
       {"gpu_spec: 'T4|H100' is not a known type", "V100M16|V100M32"}},
      {header + "p,1,1,0,0,,Best,Running,5,7,6\n", {"qos: 'Best' is not a known type", "LS"}},
  };
  for (const example& e : examples) {
    const std::string text = reason(e.text);
    INFO(text);
    for (const auto part : e.parts) CHECK(text.find(part) != std::string::npos);
    CHECK(text.find('\n') == std::string::npos);
  }
  const auto t = read_tasks(openb{"t.csv", {.bad_rows = bad_row_policy::repair}},
                            std::string_view{header + "p,x,x,x,x,,LS,Running,5,7,6\n"});
  REQUIRE(t);
  CHECK(t->tasks[0].cpu == 11.3F);
  CHECK(t->tasks[0].memory == 0.0F);
  CHECK(t->counts.repaired == 1);
  CHECK(node_reason(pods).find("t.csv:1: the first line is not the header") == 0);
  CHECK(node_reason(nodes_header + "n,1,1,0,H100\n").find("t.csv:2: model: 'H100'") == 0);
  CHECK(node_reason(nodes_header + "n,1,-1,0,\n").find("t.csv:2: memory_mib: '-1'") == 0);
}

TEST_CASE("openb and openb_nodes obey the laws of trace_reader", "[trace][openb][laws][fuzz]") {
  std::size_t good = 0;
  const auto make = [](bad_row_policy p) {
    return openb{"f",
                 {.bad_rows = p, .keep_negative = true, .keep_unscheduled = true, .max_line = 120}};
  };
  CHECK(reader_checks::broken_laws(make, pods, good).empty());
  CHECK(good > reader_checks::inputs / 8);
  const auto make_nodes = [](bad_row_policy p) {
    return openb_nodes{"f", {.bad_rows = p, .max_line = 64}};
  };
  CHECK(reader_checks::broken_laws(make_nodes, nodes, good).empty());
  CHECK(good > reader_checks::inputs / 8);
}

TEST_CASE("openb reads a million pods without taking memory", "[trace][openb]") {
  openb reader{"t.csv", {.bad_rows = bad_row_policy::skip}};
  std::uint64_t rows = 0;
  CHECK(reader_checks::allocations(reader, header, pods.substr(header.size()) + "\nbad,row\n",
                                   rows) == 0);
  CHECK(rows >= 1'000'000);
}

TEST_CASE("the published lists have the published numbers of pods", "[trace][openb][data]") {
  struct expected {
    const char* name;
    std::uint64_t rows, unscheduled;
    bool sorted;
  };
  for (const expected& e :
       {expected{"default", 8'152, 897, true}, expected{"gpuspec33", 8'152, 897, true},
        expected{"gpushare40", 8'152, 981, false}, expected{"cpu250", 9'420, 934, false}}) {
    const std::string file = std::string{"alibaba-openb-2023/openb_pod_list_"} + e.name + ".csv.gz";
    const std::string text = reader_checks::published(file);
    if (text.empty()) return;
    INFO(file);
    const auto t = read_rows(openb{file}, std::string_view{text});
    REQUIRE(t);
    CHECK(t->counts.rows == e.rows);
    CHECK(t->counts.kept == e.rows - e.unscheduled);
    CHECK((t->counts.out_of_order == 0) == e.sorted);
    const auto all = read_rows(openb{file, {.keep_unscheduled = true}}, std::string_view{text});
    REQUIRE(all);
    CHECK(all->counts.kept == e.rows);
    if (e.name != std::string_view{"default"}) continue;
    std::vector<double> life, cpu, wait;
    std::array<std::size_t, 9> gpus{};
    for (const openb_pod& p : all->tasks) {
      life.push_back(p.allowance.seconds());
      cpu.push_back(static_cast<double>(p.cpu));
      ++gpus.at(p.gpus);
      if (p.wait != unknown_time) wait.push_back(p.wait.seconds());
    }
    const auto quantile = [](std::vector<double>& v, double q) {
      std::sort(v.begin(), v.end());
      return v[static_cast<std::size_t>(q * static_cast<double>(v.size() - 1))];
    };
    CHECK(gpus == std::array<std::size_t, 9>{1'088, 6'989, 16, 0, 15, 0, 0, 0, 44});
    CHECK(quantile(life, 0.05) == Approx(48).margin(1));
    CHECK(quantile(life, 0.5) == Approx(540).margin(5));
    CHECK(quantile(life, 0.95) == Approx(16'400).margin(100));
    CHECK(quantile(cpu, 0.5) == Approx(11.3).margin(0.05));
    CHECK(quantile(wait, 0.5) == 2.0);
    CHECK(quantile(wait, 0.95) == Approx(241).margin(2));
  }
  const std::string text =
      reader_checks::published("alibaba-openb-2023/openb_node_list_all_node.csv.gz");
  const auto t = read_rows(openb_nodes{"nodes"}, std::string_view{text});
  REQUIRE(t);
  CHECK(t->counts.kept == 1'523);
  double cores = 0.0;
  std::uint64_t gpus = 0, none = 0;
  std::array<std::size_t, 7> models{};
  for (const openb_node& n : t->tasks) {
    cores += static_cast<double>(n.cpu);
    gpus += n.gpus;
    none += n.gpu_models == 0 ? 1U : 0U;
    for (std::size_t i = 0; i < 7; ++i) models[i] += n.gpu_models >> i & 1U;
  }
  CHECK(cores == 125'514.0);
  CHECK(gpus == 6'212);
  CHECK(none == 310);
  CHECK(models == std::array<std::size_t, 7>{134, 404, 55, 30, 2, 549, 39});
}
