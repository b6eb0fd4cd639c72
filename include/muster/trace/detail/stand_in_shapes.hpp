// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI::trace::detail {

struct cores_share {
  double cores = 0.0;
  double share = 0.0;  // need not add up to one
};

// An amount per task: one cores^power exp(spread Z) with Z standard normal, at most `most`.
struct amount_by_cores {
  double one = 0.0;  // for one core: GB or s
  double power = 0.0;
  double spread = 0.0;
  double most = 0.0;
};

struct arrival_shape {
  double per_hour = 0.0;
  double peak = 0.0;   // hour of the day; intensity ~ exp(daily cos(2 pi (hour - peak) / 24))
  double daily = 0.0;  // 0 is an even day
  double even = 1.0;   // shape of the gamma gaps, whose variation is even^-1/2: 1 is Poisson
};

/// Parameters of a made-up workload.
struct stand_in_shape {
  std::string_view name;
  std::string_view after;  // what the shape follows
  std::array<cores_share, 12> cpu;
  amount_by_cores memory;
  amount_by_cores run;
  arrival_shape arrivals;
};

// Powers and spreads start from least-squares fits of the logarithms; cpu shares are counts.
// "Counted" means on public rows, "chosen" that no public number decides. No request is above the
// largest machine that PFRL-DM, table 3, gives the client (table 2, where that is less).
inline constexpr std::array<stand_in_shape, 10> stand_in_shapes{{
    // Demands counted on 936 tasks of the 2011 trace, as fractions of a largest machine taken to
    // be 32 cores and 128 GB (its size is not published). Run times: half within 10 min and 90 %
    // within the hour (Di, Kondo, Cirne: Characterization and comparison of cloud versus grid
    // workloads, 2012). 25 million tasks in 29 days. Day and bursts are chosen.
    {.name = "google",
     .after = "Google cluster trace of 2011",
     .cpu = {{{2, .585}, {1, .135}, {6, .10}, {.5, .075}, {.2, .055}, {4, .05}}},
     .memory = {3.2, .75, .79, 64},
     .run = {500, 0, 1.54, 86'400},
     .arrivals = {36'000, 14, .15, .5}},
    // Run times: 99 % within about 1000 s (Jiang et al.: Characteristics of co-allocated online
    // services and batch jobs, 2019). Half cores, memory, rate, and batch work by night are chosen.
    {.name = "alibaba_2017",
     .after = "Alibaba cluster trace of 2017",
     .cpu = {{{.5, .62}, {1, .31}, {2, .04}, {.25, .03}}},
     .memory = {3.0, .9, .4, 32},
     .run = {60, .2, 1.2, 7'200},
     .arrivals = {3'400, 2, .6, .25}},
    // Counted on 39,931 rows of batch_task of 2018; 100 % of a machine's memory taken as 512 GB.
    {.name = "alibaba_2018",
     .after = "Alibaba cluster trace of 2018",
     .cpu = {{{1, .527},
              {.5, .35},
              {4, .029},
              {.1, .028},
              {.3, .026},
              {.05, .026},
              {.75, .009},
              {2, .002}}},
     .memory = {1.9, .83, .45, 20},
     .run = {9, 0, 2.1, 40'000},
     .arrivals = {238, 4, .3, .15}},
    // Not public. Stand-in: cpu, run times and arrivals counted on the HPC2N log of 2002, up to 40
    // cores; memory is chosen.
    {.name = "hpc_ks",
     .after = "the shape of HPC2N 2002, since HPC-KS is not public",
     .cpu = {{{16, .236},
              {20, .144},
              {8, .123},
              {4, .099},
              {32, .08},
              {24, .078},
              {12, .051},
              {36, .055},
              {1, .05},
              {10, .034},
              {2, .033},
              {30, .017}}},
     .memory = {3.0, .9, .3, 256},
     .run = {210, .64, 2.76, 432'000},
     .arrivals = {2.3, 5, .9, .033}},
    // Not public. Stand-in: cpu, run times, rate and day counted on the NASA iPSC log of 1993, up
    // to 32 cores; memory and bursts are chosen.
    {.name = "hpc_hf",
     .after = "the shape of NASA iPSC 1993, since HPC-HF is not public",
     .cpu = {{{1, .297}, {32, .22}, {4, .162}, {8, .108}, {16, .107}, {2, .106}}},
     .memory = {4.0, .8, .5, 256},
     .run = {40, .53, 1.64, 62'640},
     .arrivals = {8.3, 13, 1.5, .10}},
    // Not public. Stand-in: run times and arrivals counted on the LCG grid log of 2005, whose
    // tasks have one core each; the larger requests and memory are chosen.
    {.name = "hpc_wz",
     .after = "the shape of LCG 2005, since HPC-WZ is not public",
     .cpu = {{{1, .70}, {2, .10}, {4, .10}, {8, .06}, {16, .04}}},
     .memory = {6.0, .6, .6, 128},
     .run = {330, .2, 2.4, 172'800},
     .arrivals = {712, 16, .35, .73}},
    // Stand-in: instances of OpenStack's usual sizes (2 GB per core, up to m1.xlarge) that live
    // for hours, as in teaching; shares, lives and arrivals are chosen.
    {.name = "kvm_2019",
     .after = "OpenStack flavours, not the Chameleon traces themselves",
     .cpu = {{{1, .45}, {2, .35}, {4, .12}, {8, .08}}},
     .memory = {2.0, 1, .1, 64},
     .run = {7'200, .1, 2.2, 2'592'000},
     .arrivals = {4.2, 15, .7, .4}},
    // The same a year later, taken to be larger and to live longer; everything is chosen.
    {.name = "kvm_2020",
     .after = "OpenStack flavours, not the Chameleon traces themselves",
     .cpu = {{{1, .18}, {2, .30}, {4, .27}, {8, .20}, {16, .05}}},
     .memory = {2.0, 1, .1, 64},
     .run = {28'800, .1, 2.4, 2'592'000},
     .arrivals = {6.5, 20, .9, .2}},
    // Counted on the CERIT-SC log "wagap" of 2013, up to 64 cores.
    {.name = "cerit_sc",
     .after = "CERIT-SC wagap 2013",
     .cpu = {{{1, .53},
              {2, .08},
              {32, .075},
              {6, .073},
              {8, .055},
              {12, .043},
              {4, .042},
              {20, .031},
              {64, .03},
              {16, .019},
              {10, .017},
              {24, .01}}},
     .memory = {1.06, .92, 1.49, 400},
     .run = {1'500, .52, 2.9, 1'209'600},
     .arrivals = {8.4, 11, 1.1, .043}},
    // Not CERIT-SC's Kubernetes: cpu, memory, run times and day counted on the "openb" pods of
    // 2023, up to 16 cores; most of these ask for a GPU too. Gaps are chosen.
    {.name = "k8s",
     .after = "Alibaba openb pods of 2023",
     .cpu = {{{3.152, .217},
              {8, .12},
              {11.3, .119},
              {4, .112},
              {11.908, .106},
              {11.4, .09},
              {12.5, .05},
              {12, .047},
              {15.7, .04},
              {9.81, .027},
              {6, .022},
              {16, .022}}},
     .memory = {1.6, 1.35, .4, 90},
     .run = {310, .37, 1.89, 604'800},
     .arrivals = {2.4, 20, .65, .6}},
}};

}  // namespace muster::inline MUSTER_ABI::trace::detail
