#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One client of PFRL-DM in PyTorch, as a careful user would write it: the peer of client.bench.cpp.

Same machines, tasks, observation (472 numbers, padding included), rewards, networks (one hidden layer
of 64), episodes, batches (4 epochs of minibatches of 256), Adam with rates 3e-4 and 1e-4, GAE with
lambda 0.8, targets of mean 0 and deviation 1. The environment is numpy, one vCPU row per machine;
values of an episode are computed in one block; acting is one forward pass per decision.

    client_torch.py TASKS.csv [EPISODES]    the tasks that client.bench.cpp writes to $MUSTER_TASKS
"""
import sys
import time

try:
    import numpy as np
    import torch
except ImportError as missing:
    print(f"client_torch: left out, {missing.name} is not installed (Debian: python3-torch)")
    sys.exit(0)

torch.set_num_threads(1)
MACHINES = [(8, 64.0)] + [(16, 128.0)] * 4 + [(64, 512.0)] * 2  # the first client of Table 3
L, U, Q, WAIT = 7, 64, 5, 7


class CloudVm:
    """Time stands still while placements succeed; a wait or a denial moves it by one slot."""

    def __init__(self, tasks):
        self.tasks = tasks
        self.demands = np.stack([tasks[:, 2] / 8.0, tasks[:, 3] / 64.0], 1).astype(np.float32)
        self.cpu = np.array([m[0] for m in MACHINES])
        self.memory = np.array([m[1] for m in MACHINES])
        self.exists = np.arange(U)[None, :] < self.cpu[:, None]

    def reset(self):
        self.free_cpu, self.free_memory = self.cpu.copy(), self.memory.copy()
        self.start = np.zeros((L, U), np.float32)
        self.run = np.zeros((L, U), np.float32)  # 0: idle
        self.running = []  # (end, machine, vCPUs, memory)
        self.head, self.now = 0, int(self.tasks[0, 0])
        self.arrived = int(np.searchsorted(self.tasks[:, 0], self.now, side="right"))

    def observe(self):
        x = np.full(2 * L + L * U + 2 * Q, -1.0, np.float32)
        x[0:2 * L:2] = self.free_cpu / 8.0
        x[1:2 * L:2] = self.free_memory / 64.0
        busy = self.run > 0
        progress = np.where(busy, (self.now - self.start) / np.maximum(self.run, 1.0), 0.0)
        x[2 * L:2 * L + L * U] = np.where(self.exists, progress, -1.0).ravel()
        waiting = self.demands[self.head:min(self.arrived, self.head + Q)].ravel()
        x[2 * L + L * U:2 * L + L * U + waiting.size] = waiting
        return x

    def balance(self):
        cpu, memory = self.free_cpu / self.cpu, self.free_memory / self.memory
        return 0.5 * cpu.std() + 0.5 * memory.std()

    def advance(self, slot):
        self.now = slot
        for job in [j for j in self.running if j[0] <= slot]:
            self.running.remove(job)
            _, v, vcpus, memory = job
            self.free_cpu[v] += len(vcpus)
            self.free_memory[v] += memory
            self.run[v, vcpus] = 0.0
        self.arrived = int(np.searchsorted(self.tasks[:, 0], slot, side="right"))

    def step(self, action):
        arrival, run, cpu, memory = self.tasks[self.head]
        fits = (self.free_cpu >= cpu) & (self.free_memory >= memory)
        if action < L and fits[action]:
            before = self.balance()
            vcpus = np.flatnonzero((self.run[action] == 0) & self.exists[action])[:int(cpu)]
            self.start[action, vcpus], self.run[action, vcpus] = self.now, run
            self.running.append((self.now + run, action, vcpus, memory))
            self.free_cpu[action] -= int(cpu)
            self.free_memory[action] -= memory
            change = self.balance() - before
            reward = 0.5 * np.exp(run / (run + self.now - arrival)) + 0.5 * (1.0 if change <= 1e-6 else -change)
            self.head += 1
        else:
            if action == WAIT:
                reward = -5.0 if fits.any() else 0.0
            else:
                used = 1 - 0.5 * (self.free_cpu / self.cpu + self.free_memory / self.memory)
                reward = -np.exp(used[action])
            self.advance(self.now + 1)
        if self.head == len(self.tasks):
            return reward, True
        if self.head == self.arrived:
            self.advance(int(self.tasks[self.head, 0]))
        return reward, False


def mlp(out):
    return torch.nn.Sequential(torch.nn.Linear(472, 64), torch.nn.ReLU(), torch.nn.Linear(64, out))


def main():
    tasks = np.loadtxt(sys.argv[1], delimiter=",")
    episodes = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    tasks[:, 0] -= tasks[0, 0]
    torch.manual_seed(1)
    actor, critics = mlp(L + 1), [mlp(1), mlp(1)]
    actor_step = torch.optim.Adam(actor.parameters(), 3e-4)
    critic_step = torch.optim.Adam([p for c in critics for p in c.parameters()], 1e-4)
    env = CloudVm(tasks)
    alpha, count, mean, square = 0.5, 0, 0.0, 0.0
    start, decisions = time.perf_counter(), 0
    for episode in range(episodes):
        seen, actions, logs, rewards = [], [], [], []
        env.reset()
        done = False
        while not done:
            x = env.observe()
            with torch.no_grad():
                log_p = torch.log_softmax(actor(torch.from_numpy(x)), -1)
                action = int(torch.multinomial(log_p.exp(), 1))
            reward, done = env.step(action)
            seen.append(x)
            actions.append(action)
            logs.append(float(log_p[action]))
            rewards.append(float(reward))
        states, chosen = torch.from_numpy(np.stack(seen)), torch.tensor(actions)
        old = torch.tensor(logs)
        n = len(actions)
        decisions += n
        sd = max(square / count - mean * mean, 1e-12) ** 0.5 if count else 1.0
        with torch.no_grad():
            v = (alpha * critics[0](states) + (1 - alpha) * critics[1](states)).squeeze(1).numpy() * sd + mean
        returns, g = np.zeros(n, np.float32), 0.0
        for k in reversed(range(n)):
            g = rewards[k] + (0.99 * (0.2 * v[k + 1] + 0.8 * g) if k + 1 < n else 0.0)
            returns[k] = g
        count, mean = count + n, (mean * count + returns.sum()) / (count + n)
        square += float((returns.astype(np.float64) ** 2).sum())
        sd = max(square / count - mean * mean, 1e-12) ** 0.5
        advantages = torch.from_numpy(returns - v)
        advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
        targets = torch.from_numpy((returns - mean) / sd).float().unsqueeze(1)
        for _ in range(4):
            for part in torch.randperm(n).split(256):
                s = states[part]
                log_p = torch.log_softmax(actor(s), -1)
                ratio = (log_p.gather(1, chosen[part, None]).squeeze(1) - old[part]).exp()
                a = advantages[part]
                gain = torch.min(ratio * a, ratio.clamp(0.8, 1.2) * a).mean()
                entropy = -(log_p.exp() * log_p).sum(1).mean()
                off = sum(torch.nn.functional.mse_loss(c(s), targets[part]) for c in critics)
                actor_step.zero_grad()
                critic_step.zero_grad()
                (off - gain - 0.01 * entropy).backward()
                torch.nn.utils.clip_grad_norm_(actor.parameters(), 0.5)
                torch.nn.utils.clip_grad_norm_([p for c in critics for p in c.parameters()], 0.5)
                actor_step.step()
                critic_step.step()
        with torch.no_grad():
            losses = [torch.nn.functional.mse_loss(c(states), targets) for c in critics]
            alpha = float(torch.sigmoid(losses[1] - losses[0]))
        print(f"client_torch: episode {episode + 1}, reward {sum(rewards):.0f}, {n} decisions", flush=True)
    wall = time.perf_counter() - start
    print(f"client_torch: {decisions / wall:.0f} decisions/s, {wall / episodes * 1e3:.0f} ms per episode")


main()
