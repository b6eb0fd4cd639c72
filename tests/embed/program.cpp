// SPDX-License-Identifier: Apache-2.0
// The smallest program of a stranger: picks a job from a queue.
#include <array>

#include <muster/queue/least_slack.hpp>

int main() {
  const std::array jobs{
      muster::job{.id = muster::job_id{1}, .deadline = {9'000'000}, .work = muster::seconds(2)},
      muster::job{.id = muster::job_id{2}, .deadline = {5'000'000}, .work = muster::seconds(4)}};
  return muster::queue::least_slack{}.pick(jobs, muster::instant{0}) == 1 ? 0 : 1;
}
