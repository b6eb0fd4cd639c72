// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// Changes the gradients of a learner between the backward pass and the optimiser's step.
///
/// Idea      most of what a federation adds to a client's loss (a pull towards the common model,
///           the drift of the client's own data) is a vector added to the gradient; as such it
///           needs no tape and no knowledge of the loss. What looks at decisions does: it may
///           offer `penalised`, for learners that ask for it (rl/ppo.hpp).
/// Syntax (checked here)   `c.correct(actor_store, critic_store)`, two nn::parameter_store
/// Optional  `c.penalised(tape, loss, observations, mask, log_probs)`: the loss with a term added
///           (rl/fed_kl.hpp); `C::config`, which a learner then has in its own as `correction`.
/// Meaning
///   - called once per step, with the gradients of the loss in `grads()`; adds to them;
///   - before the norm of the gradient is limited, so that the limit holds for the sum;
///   - adds 0 where the values are padding (nn/parameter_store.hpp);
///   - a gradient that is not finite stays so: the step that follows is refused.
template <class C, class ActorStore, class CriticStore>
concept gradient_correction_for = std::movable<C> &&
    requires(C& c, ActorStore& actor, CriticStore& critic) {
  c.correct(actor, critic);
};

/// Leaves the gradients as they are: a learner on its own.
struct no_correction {
  template <class ActorStore, class CriticStore>
  void correct(ActorStore&, CriticStore&) const noexcept {}
};

}  // namespace muster::inline MUSTER_ABI::rl
