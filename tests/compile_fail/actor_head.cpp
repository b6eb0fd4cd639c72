// expect: muster: rl::actor needs a head with log_probs\(tape, logits, mask\) and probabilities\(backend, logits, mask, out\)
// A head that can act but not learn.
#include <muster/rl/actor.hpp>

#ifdef CORRECT
using head = muster::rl::masked_softmax_head;
#else
struct head {
  template <class T, class Backend>
  void probabilities(const Backend& backend, muster::num::view<const T> logits,
                     muster::num::view<const std::uint8_t>, muster::num::view<T> out) const {
    backend.softmax(logits, out);
  }
};
#endif
using actor = muster::rl::actor<muster::nn::mlp<>, head>;

actor* made() { return new actor{{.network = {4, 2, {8}}, .head = {}}}; }
