// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI::trace::detail {

/// A point of a distribution function: P(X <= value) = below.
struct cdf_point {
  double value;
  double below;
};
/// A value and its share.
struct share_of {
  double value;
  double share;
};

/// Counted over 39,931 rows of batch_task (3.5 days each of two parts): the files that the
/// studies of request dispatch take from the 2018 trace. Shares need not add up to one.
struct alibaba_type {
  std::uint32_t type;                    // from 0
  double rows;                           // how many of the 39,931
  std::span<const share_of> cpu;         // hundredths of a core
  std::span<const share_of> memory;      // per cent of a machine
  std::span<const cdf_point> allowance;  // seconds, rows with a known end
};

inline constexpr double alibaba_jobs_per_hour = 88.7;

/// Rows that start in the same second.
inline constexpr std::array<cdf_point, 13> alibaba_batch{{{0, 0.0},
                                                          {1, .5499},
                                                          {2, .6904},
                                                          {3, .8238},
                                                          {4, .8705},
                                                          {5, .9010},
                                                          {6, .9225},
                                                          {8, .9496},
                                                          {10, .9633},
                                                          {15, .9835},
                                                          {20, .9920},
                                                          {30, .9979},
                                                          {64, 1.0}}};

inline constexpr std::array<share_of, 4> cpu_1{
    {{100, .5916}, {50, .4074}, {0, .0008}, {200, .0003}}};
inline constexpr std::array<share_of, 3> cpu_3{{{100, .9434}, {400, .0283}, {600, .0283}}};
inline constexpr std::array<share_of, 1> cpu_4{{{50, 1.0}}};
inline constexpr std::array<share_of, 2> cpu_5{{{400, .9846}, {300, .0154}}};
inline constexpr std::array<share_of, 4> cpu_6{{{10, .3383}, {30, .3247}, {5, .3148}, {0, .0222}}};
inline constexpr std::array<share_of, 1> cpu_7{{{200, 1.0}}};
inline constexpr std::array<share_of, 2> cpu_8{{{200, .5034}, {100, .4966}}};
inline constexpr std::array<share_of, 1> cpu_9{{{100, 1.0}}};
inline constexpr std::array<share_of, 2> cpu_10{{{100, .5953}, {75, .4047}}};
inline constexpr std::array<share_of, 5> cpu_11{
    {{100, .6591}, {300, .1591}, {700, .1023}, {400, .0682}, {500, .0114}}};

inline constexpr std::array<share_of, 6> memory_1{
    {{.2, .34}, {.3, .24}, {.39, .22}, {.49, .13}, {.59, .06}, {1.07, .01}}};
inline constexpr std::array<share_of, 1> memory_5{{{1.72, 1.0}}};
inline constexpr std::array<share_of, 3> memory_6{{{.05, .663}, {.03, .315}, {0, .022}}};
inline constexpr std::array<share_of, 1> memory_10{{{.1, 1.0}}};
inline constexpr std::array<share_of, 7> memory_rest{
    {{.59, .33}, {.39, .21}, {.19, .15}, {.1, .13}, {.79, .06}, {.96, .06}, {1.55, .06}}};

inline constexpr std::array<cdf_point, 14> allowance_1{{{0, .0645},
                                                        {1, .2044},
                                                        {2, .2668},
                                                        {3, .3452},
                                                        {5, .4551},
                                                        {9, .5684},
                                                        {17, .6729},
                                                        {42, .7942},
                                                        {90, .8719},
                                                        {188, .9240},
                                                        {357, .9630},
                                                        {900, .9907},
                                                        {3000, .9990},
                                                        {40000, 1.0}}};
inline constexpr std::array<cdf_point, 7> allowance_5{
    {{17, 0.0}, {29, .25}, {42, .5038}, {90, .7485}, {188, .8879}, {357, .9444}, {900, 1.0}}};
inline constexpr std::array<cdf_point, 14> allowance_6{{{0, .0006},
                                                        {1, .0007},
                                                        {2, .0235},
                                                        {3, .1349},
                                                        {5, .2098},
                                                        {9, .3283},
                                                        {17, .4356},
                                                        {42, .5530},
                                                        {90, .6483},
                                                        {188, .7321},
                                                        {357, .8356},
                                                        {900, .9886},
                                                        {3000, .9994},
                                                        {40000, 1.0}}};
inline constexpr std::array<cdf_point, 13> allowance_10{{{1, 0.0},
                                                         {2, .0091},
                                                         {3, .0940},
                                                         {5, .2401},
                                                         {9, .3364},
                                                         {17, .4337},
                                                         {42, .5617},
                                                         {90, .6059},
                                                         {188, .7022},
                                                         {357, .7939},
                                                         {900, .9581},
                                                         {3000, .9966},
                                                         {40000, 1.0}}};
inline constexpr std::array<cdf_point, 13> allowance_rest{{{1, 0.0},
                                                           {2, .0052},
                                                           {3, .0446},
                                                           {5, .1601},
                                                           {9, .2520},
                                                           {17, .3438},
                                                           {42, .4829},
                                                           {90, .6089},
                                                           {188, .6824},
                                                           {357, .7822},
                                                           {900, .9003},
                                                           {3000, .9843},
                                                           {40000, 1.0}}};

inline constexpr std::array<alibaba_type, 11> alibaba_types{{
    {0, 34243, cpu_1, memory_1, allowance_1},
    {2, 106, cpu_3, memory_rest, allowance_rest},
    {3, 15, cpu_4, memory_rest, allowance_rest},
    {4, 1169, cpu_5, memory_5, allowance_5},
    {5, 3246, cpu_6, memory_6, allowance_6},
    {6, 2, cpu_7, memory_rest, allowance_rest},
    {7, 149, cpu_8, memory_rest, allowance_rest},
    {8, 10, cpu_9, memory_rest, allowance_rest},
    {9, 887, cpu_10, memory_10, allowance_10},
    {10, 88, cpu_11, memory_rest, allowance_rest},
    {11, 16, cpu_9, memory_rest, allowance_rest},
}};

}  // namespace muster::inline MUSTER_ABI::trace::detail
