// expect: muster: kmps::pipeline has a reward that cannot read its environment; give it assign\(environment, decisions, rewards\) and self_contained
// A reward that wants the outcome of one decision at a time: it is known only at the end.
#include <muster/kmps/pipeline.hpp>

struct on_time_only {
  struct config : muster::kmps::reward_weights {};
  on_time_only() = default;
  explicit on_time_only(config c) : settings_{c} {}
  const config& settings() const noexcept { return settings_; }
#ifdef CORRECT
  static constexpr bool self_contained = true;
  template <class Env>
  void assign(const Env& e, std::span<const muster::placed> decisions, std::span<float> out) const {
    for (std::size_t i = 0; i < decisions.size(); ++i) {
      out[i] += e.records()[decisions[i].request].state == muster::env::request_state::on_time;
    }
  }
#else
  float operator()(const muster::env::request_record& r) const {
    return r.state == muster::env::request_state::on_time ? 1.0F : 0.0F;
  }
#endif
  config settings_{};
};

using scheduler = muster::kmps::pipeline<muster::slot::reward<on_time_only>>;

scheduler* made() { return new scheduler{}; }
