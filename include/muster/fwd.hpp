// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <muster/core/config.hpp>

/// Names without definitions, for headers of other projects that pass muster's types by
/// reference. Do not write such declarations yourself: the inline namespace depends on options.
/// Types whose arguments have defaults are here without them; name all arguments, or include.
namespace muster::inline MUSTER_ABI {

enum class job_id : std::uint64_t;
enum class agent_id : std::uint32_t;
enum class node_id : std::uint32_t;
enum class service_id : std::uint32_t;
struct duration;
struct instant;
struct job;
struct error;
template <class T>
class result;
class rng;
class thread_pool;
class dispatch_view;

namespace num {
class shape;
template <class T>
class view;
template <class T>
class tensor;
class reference;
class simd;
}  // namespace num

namespace autodiff {
template <class T, class Backend>
class tape;
template <class T, class Backend>
struct var;
}  // namespace autodiff

namespace nn {
template <class T, class Backend>
class parameter_store;
template <class T, class Backend>
class mlp;
class checkpoint;
}  // namespace nn

namespace rl {
struct ppo_batch;
struct ppo_stats;
class rollout;
}  // namespace rl

namespace trace {
struct task;
struct arrival;
class replay;
}  // namespace trace

namespace env {
struct edge_cloud_config;
}  // namespace env

namespace kmps {
struct episode_result;
}  // namespace kmps

}  // namespace muster::inline MUSTER_ABI
