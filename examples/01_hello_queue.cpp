// SPDX-License-Identifier: Apache-2.0
// Lesson 01: a queue of jobs, and a strategy that says which one is next.
//
// A job is a plain struct: when it arrived, when its answer is due, how long it takes. A dequeue
// strategy is any type with `pick(waiting, now)`, which returns an index. It is a value without a
// base class; the queue is your own vector, muster never takes it from you.
#include <cstdio>
#include <muster/queue/earliest_deadline.hpp>
#include <vector>

int main() {
  //! [jobs]
  using namespace muster;
  const instant start{};
  std::vector<job> waiting(3);
  waiting[0] = {.id = job_id{1}, .deadline = start + seconds(9), .work = seconds(2)};
  waiting[1] = {.id = job_id{2}, .deadline = start + seconds(5), .work = seconds(4)};
  waiting[2] = {.id = job_id{3}, .deadline = start + seconds(6), .work = seconds(1)};
  //! [jobs]

  //! [serve]
  const queue::earliest_deadline strategy;
  instant now = start;
  while (!waiting.empty()) {
    const std::size_t next = strategy.pick(waiting, now);
    const job j = waiting[next];
    waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(next));
    now += j.work;  // one server: the next job starts when this one is done
    std::printf("job %zu done at %.0f s, due at %.0f s%s\n", index_of(j.id), now.seconds(),
                j.deadline.seconds(), now <= j.deadline ? "" : ", late");
  }
  //! [serve]
}

// Output:
// job 2 done at 4 s, due at 5 s
// job 3 done at 5 s, due at 6 s
// job 1 done at 7 s, due at 9 s
