// SPDX-License-Identifier: Apache-2.0
// Kernel text: kernels.hpp includes it once for each instruction set, hence no `#pragma once`.
#if defined(MUSTER_FEDERATED_WIDTH)

// Order statistics of every coordinate over the clients, one coordinate per lane and four
// registers side by side, so that none of them waits for its own last result.
//
// Keys    floats become integers of the same order, so that -0 < +0, comparisons are total, and
//         halving an interval of keys ends after 32 steps however the numbers are scaled.
// Sort    few clients: Batcher's merge exchange (D. Knuth, The Art of Computer Programming 3,
//         algorithm 5.2.2M), whose comparisons do not depend on the data.
// Select  many clients: halve [least, greatest + 1) until it holds one key or is one key wide, by
//         counting the keys below the middle. Linear in the clients.

inline constexpr std::size_t pack = 4;
inline constexpr std::size_t row = pack * width;  ///< columns of a tile, keys of a row
inline constexpr std::size_t sort_at_most = 96;   ///< clients; selecting is faster beyond

/// One register of each pack.
struct keys {
  ivec at[pack];
};
struct sums {
  dvec low[pack], high[pack];
};

MUSTER_FEDERATED_INLINE ivec key_of(ivec bits) { return bits ^ ((bits >> 31) & 0x7FFFFFFF); }
MUSTER_FEDERATED_INLINE vec value_of(ivec key) { return reinterpret_cast<vec>(key_of(key)); }
MUSTER_FEDERATED_INLINE ivec lesser(ivec a, ivec b) { return a < b ? a : b; }
MUSTER_FEDERATED_INLINE ivec greater(ivec a, ivec b) { return a < b ? b : a; }

/// The keys of a tile, a row per client; columns beyond c.n are all equal.
MUSTER_FEDERATED_KERNEL inline bool load_tile(const column_call& c) {
  ivec bad{};
  for (std::size_t k = 0; k < c.clients; ++k) {
    const float* from = c.x[k] + c.first;
    std::int32_t* to = c.keys + k * row;
    for (std::size_t j = 0; j < row; j += width) {
      const std::size_t left = j < c.n ? c.n - j : 0;
      const vec x = left >= width ? load(from + j) : load_first(from + (left > 0 ? j : 0), left);
      const ivec bits = reinterpret_cast<ivec>(x);
      bad |= not_finite(bits);
      store(to + j, key_of(bits));
    }
  }
  return !any(bad);
}
MUSTER_FEDERATED_INLINE void store_tile(const column_call& c, std::size_t j, vec v) {
  if (j < c.n) store_first(c.out + c.first + j, v, c.n - j < width ? c.n - j : width);
}

/// Sorts each column of n rows upwards.
MUSTER_FEDERATED_KERNEL inline void sort_rows(std::int32_t* rows, std::size_t n) {
  if (n < 2) return;
  std::size_t top = 1;
  while (2 * top < n) top *= 2;
  for (std::size_t p = top; p > 0; p /= 2) {
    std::size_t q = top, r = 0, d = p;
    for (;;) {
      // rows i and i + d, for all i with (i & p) == r
      for (std::size_t base = r; base < n - d; base += 2 * p) {
        const std::size_t end = base + p < n - d ? base + p : n - d;
        for (std::size_t i = base * row; i < end * row; i += width) {
          const ivec a = load(rows + i), b = load(rows + i + d * row);
          store(rows + i, lesser(a, b));
          store(rows + i + d * row, greater(a, b));
        }
      }
      if (q == p) break;
      d = q - p;
      q /= 2;
      r = p;
    }
  }
}

/// In each column, how many keys lie below `bound`.
MUSTER_FEDERATED_INLINE keys count_below(const std::int32_t* rows, std::size_t n,
                                         const keys& bound) {
  const ivec one = ivec{} + 1;
  keys count{};
  for (std::size_t i = 0; i < n; ++i) {
    MUSTER_FEDERATED_UNROLL for (std::size_t u = 0; u < pack; ++u) {
      const ivec key = load(rows + i * row + u * width);
      count.at[u] = key < bound.at[u] ? count.at[u] + one : count.at[u];
    }
  }
  return count;
}
/// In each column, the least key that is not below `bound`; the greatest of all if there is none.
MUSTER_FEDERATED_INLINE keys least_from(const std::int32_t* rows, std::size_t n,
                                        const keys& bound) {
  const ivec none = ivec{} + 0x7FFFFFFF;
  keys best;
  MUSTER_FEDERATED_UNROLL for (std::size_t u = 0; u < pack; ++u) best.at[u] = none;
  for (std::size_t i = 0; i < n; ++i) {
    MUSTER_FEDERATED_UNROLL for (std::size_t u = 0; u < pack; ++u) {
      const ivec key = load(rows + i * row + u * width);
      best.at[u] = lesser(best.at[u], key < bound.at[u] ? none : key);
    }
  }
  return best;
}

/// Keys of a column by their rank: one, and the one after it.
struct neighbours_in_rank {
  keys key, next;
};
/// In each column, the key with `rank` others before it. `next` is found only if asked for.
MUSTER_FEDERATED_INLINE neighbours_in_rank select_rank(const std::int32_t* rows, std::size_t n,
                                                       std::size_t rank, bool with_next) {
  const auto wanted = static_cast<std::int32_t>(rank);
  keys from, to, below_from{}, below_to;  // the answer lies in [from, to)
  MUSTER_FEDERATED_UNROLL for (std::size_t u = 0; u < pack; ++u) {
    from.at[u] = to.at[u] = load(rows + u * width);
    below_to.at[u] = ivec{} + static_cast<std::int32_t>(n);
  }
  for (std::size_t i = 1; i < n; ++i) {
    MUSTER_FEDERATED_UNROLL for (std::size_t u = 0; u < pack; ++u) {
      const ivec key = load(rows + i * row + u * width);
      from.at[u] = lesser(from.at[u], key);
      to.at[u] = greater(to.at[u], key);
    }
  }
  MUSTER_FEDERATED_UNROLL for (std::size_t u = 0; u < pack; ++u) to.at[u] += 1;
  for (;;) {
    ivec open{};
    keys middle;
    MUSTER_FEDERATED_UNROLL for (std::size_t u = 0; u < pack; ++u) {
      // The length may be up to 2^32: unsigned.
      const uvec start = reinterpret_cast<uvec>(from.at[u]);
      const uvec length = reinterpret_cast<uvec>(to.at[u]) - start;
      open |= (length != 1) & (below_to.at[u] - below_from.at[u] != 1);
      middle.at[u] = reinterpret_cast<ivec>(start + (length == 1 ? length : length >> 1));
    }
    if (!any(open)) break;
    const keys below = count_below(rows, n, middle);
    MUSTER_FEDERATED_UNROLL for (std::size_t u = 0; u < pack; ++u) {
      const ivec up = below.at[u] <= wanted;
      from.at[u] = up ? middle.at[u] : from.at[u];
      below_from.at[u] = up ? below.at[u] : below_from.at[u];
      to.at[u] = up ? to.at[u] : middle.at[u];
      below_to.at[u] = up ? below_to.at[u] : below.at[u];
    }
  }
  neighbours_in_rank found{.key = least_from(rows, n, from), .next = {}};
  if (!with_next) return found;
  found.next = least_from(rows, n, to);
  MUSTER_FEDERATED_UNROLL for (std::size_t u = 0; u < pack; ++u) {
    const ivec tie = below_to.at[u] > wanted + 1;
    found.next.at[u] = tie ? found.key.at[u] : found.next.at[u];
  }
  return found;
}

/// The two middle rows of sorted ones, or the middle one twice, give the median.
MUSTER_FEDERATED_INLINE vec middle_of(ivec lower, ivec upper) {
  // Halves first: a sum of two floats may be out of range.
  const vec middle = 0.5F * value_of(lower) + 0.5F * value_of(upper);
  return lower == upper ? value_of(lower) : middle;
}

MUSTER_FEDERATED_KERNEL inline bool median(const column_call& c) {
  if (!load_tile(c)) return false;
  const std::size_t n = c.clients, lower = (n - 1) / 2, upper = n / 2;
  if (n <= sort_at_most) {
    sort_rows(c.keys, n);
    for (std::size_t j = 0; j < row; j += width) {
      store_tile(c, j, middle_of(load(c.keys + lower * row + j), load(c.keys + upper * row + j)));
    }
    return true;
  }
  const neighbours_in_rank found = select_rank(c.keys, n, lower, lower != upper);
  for (std::size_t u = 0; u < pack; ++u) {
    const ivec key = found.key.at[u];
    store_tile(c, u * width, middle_of(key, lower != upper ? found.next.at[u] : key));
  }
  return true;
}

MUSTER_FEDERATED_INLINE void add_to(sums& s, std::size_t u, vec x) {
  s.low[u] += widen(low(x));
  s.high[u] += widen(high(x));
}
MUSTER_FEDERATED_INLINE void store_means(const column_call& c, const sums& s, std::size_t count) {
  const double share = 1.0 / static_cast<double>(count);
  for (std::size_t u = 0; u < pack; ++u) {
    alignas(64) float mean_of_lanes[width];
    *reinterpret_cast<loose_half*>(mean_of_lanes) = narrow(s.low[u] * share);
    *reinterpret_cast<loose_half*>(mean_of_lanes + half_width) = narrow(s.high[u] * share);
    store_tile(c, u * width, load(mean_of_lanes));
  }
}

/// Mean of what is left without the `c.drop` least and the `c.drop` greatest.
MUSTER_FEDERATED_KERNEL inline bool trimmed(const column_call& c) {
  if (!load_tile(c)) return false;
  const std::size_t n = c.clients, kept = n - 2 * c.drop;
  sums sum{};
  if (n <= 2 * sort_at_most) {  // there would be two ranks to select
    sort_rows(c.keys, n);
    for (std::size_t i = c.drop; i < n - c.drop; ++i) {
      for (std::size_t u = 0; u < pack; ++u) {
        add_to(sum, u, value_of(load(c.keys + i * row + u * width)));
      }
    }
    store_means(c, sum, kept);
    return true;
  }
  const keys least = select_rank(c.keys, n, c.drop, false).key;
  const keys most = select_rank(c.keys, n, n - 1 - c.drop, false).key;
  keys not_above{}, below{};  // how many: of those that equal a bound, some were dropped
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t u = 0; u < pack; ++u) {
      const ivec key = load(c.keys + i * row + u * width);
      const ivec after = key > least.at[u], before = key < most.at[u];
      const ivec between = after & before;
      add_to(sum, u, between ? value_of(key) : vec{});
      not_above.at[u] += after + 1;
      below.at[u] -= before;
    }
  }
  const auto all = static_cast<std::int32_t>(n), dropped = static_cast<std::int32_t>(c.drop);
  for (std::size_t u = 0; u < pack; ++u) {
    const ivec same = least.at[u] == most.at[u];
    const ivec lows = same ? all - 2 * dropped + ivec{} : not_above.at[u] - dropped;
    const ivec highs = same ? ivec{} : all - below.at[u] - dropped;
    const vec low_count = __builtin_convertvector(lows, vec);
    const vec high_count = __builtin_convertvector(highs, vec);
    const vec low_value = value_of(least.at[u]), high_value = value_of(most.at[u]);
    sum.low[u] += widen(low(low_count)) * widen(low(low_value)) +
                  widen(low(high_count)) * widen(low(high_value));
    sum.high[u] += widen(high(low_count)) * widen(high(low_value)) +
                   widen(high(high_count)) * widen(high(high_value));
  }
  store_means(c, sum, kept);
  return true;
}

/// Mean of the n - c.drop values next to the median; of two as far from it, the lower one.
MUSTER_FEDERATED_KERNEL inline bool around_median(const column_call& c) {
  if (!load_tile(c)) return false;
  const std::size_t n = c.clients, kept = n - c.drop;
  sort_rows(c.keys, n);
  sums sum{};
  for (std::size_t u = 0; u < pack; ++u) {
    const std::int32_t* column = c.keys + u * width;
    const vec middle = middle_of(load(column + (n - 1) / 2 * row), load(column + n / 2 * row));
    // They are neighbours in order: the window moves up while what enters lies nearer than what
    // leaves, and does not turn back.
    ivec start{};
    for (std::size_t i = 0; i < c.drop; ++i) {
      const vec leaves = value_of(load(column + i * row));
      const vec enters = value_of(load(column + (i + kept) * row));
      start -= enters - middle < middle - leaves;
    }
    for (std::size_t i = 0; i < n; ++i) {
      const ivec offset = static_cast<std::int32_t>(i) - start;
      const ivec inside = (offset >= 0) & (offset < static_cast<std::int32_t>(kept));
      add_to(sum, u, inside ? value_of(load(column + i * row)) : vec{});
    }
  }
  store_means(c, sum, kept);
  return true;
}

#endif
