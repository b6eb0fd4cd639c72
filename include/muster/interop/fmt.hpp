// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <muster/core/ids.hpp>
#include <muster/core/result.hpp>
#include <muster/core/time.hpp>
#include <muster/num/tensor.hpp>
#include <muster/num/view.hpp>

/// How muster's types print with {fmt}.
///
///   shape            [3, 4]
///   view, tensor     [2, 3] {1, 2, 3, 4, 5, 6}; above eight elements the first and last three:
///                    [100] {0, 1, 2, ..., 97, 98, 99}. The specification is that of one
///                    element: "{:.2f}". Host memory only.
///   duration         the largest unit that keeps it short and exact: 250 ms, 1.5 s, -12 us
///   instant          seconds with microseconds: 12.500000 s, or `never`
///   error            its one line
///   ids              their number, with the specifications of an integer: "{:>4}"

template <>
struct fmt::formatter<muster::num::shape> {
  constexpr auto parse(format_parse_context& context) { return context.begin(); }
  template <class Context>
  auto format(const muster::num::shape& s, Context& context) const {
    auto out = context.out();
    *out++ = '[';
    for (std::size_t axis = 0; axis < s.rank(); ++axis)
      out = fmt::format_to(out, "{}{}", axis == 0 ? "" : ", ", s[axis]);
    *out++ = ']';
    return out;
  }
};

template <class T>
struct fmt::formatter<muster::num::view<T>> : fmt::formatter<std::remove_const_t<T>> {
  template <class Context>
  auto format(const muster::num::view<T>& v, Context& context) const {
    constexpr std::size_t shown = 8;
    constexpr std::size_t edge = 3;
    if (v.empty()) return fmt::format_to(context.out(), "(no array)");
    context.advance_to(fmt::format_to(context.out(), "{} {{", v.shape()));
    for (std::size_t i = 0; i < v.size(); ++i) {
      if (i != 0) context.advance_to(fmt::format_to(context.out(), ", "));
      if (v.size() > shown && i == edge) {
        context.advance_to(fmt::format_to(context.out(), "..., "));
        i = v.size() - edge;
      }
      context.advance_to(fmt::formatter<std::remove_const_t<T>>::format(v[i], context));
    }
    return fmt::format_to(context.out(), "}}");
  }
};

template <class T>
struct fmt::formatter<muster::num::tensor<T>> : fmt::formatter<muster::num::view<const T>> {
  template <class Context>
  auto format(const muster::num::tensor<T>& t, Context& context) const {
    return fmt::formatter<muster::num::view<const T>>::format(t.view(), context);
  }
};

template <>
struct fmt::formatter<muster::duration> {
  constexpr auto parse(format_parse_context& context) { return context.begin(); }
  template <class Context>
  auto format(muster::duration d, Context& context) const {
    const bool negative = d.us < 0;
    // Unsigned, because the most negative number has no positive counterpart.
    const std::uint64_t us =
        negative ? 0 - static_cast<std::uint64_t>(d.us) : static_cast<std::uint64_t>(d.us);
    const std::uint64_t unit = us >= 1'000'000 ? 1'000'000 : us >= 1000 ? 1000 : 1;
    auto out = fmt::format_to(context.out(), "{}{}", negative ? "-" : "", us / unit);
    if (std::uint64_t rest = us % unit; rest != 0) {
      int digits = unit == 1000 ? 3 : 6;
      for (; rest % 10 == 0; rest /= 10) --digits;
      out = fmt::format_to(out, ".{:0{}}", rest, digits);
    }
    return fmt::format_to(out, " {}", unit == 1 ? "us" : unit == 1000 ? "ms" : "s");
  }
};

template <>
struct fmt::formatter<muster::instant> {
  constexpr auto parse(format_parse_context& context) { return context.begin(); }
  template <class Context>
  auto format(muster::instant t, Context& context) const {
    if (t == muster::never) return fmt::format_to(context.out(), "never");
    const bool negative = t.us < 0;
    const std::uint64_t us =
        negative ? 0 - static_cast<std::uint64_t>(t.us) : static_cast<std::uint64_t>(t.us);
    return fmt::format_to(context.out(), "{}{}.{:06} s", negative ? "-" : "", us / 1'000'000,
                          us % 1'000'000);
  }
};

template <>
struct fmt::formatter<muster::error> : fmt::formatter<fmt::string_view> {
  template <class Context>
  auto format(const muster::error& e, Context& context) const {
    return fmt::formatter<fmt::string_view>::format(e.to_string(), context);
  }
};

template <>
struct fmt::formatter<muster::job_id> : fmt::formatter<std::uint64_t> {
  template <class Context>
  auto format(muster::job_id id, Context& context) const {
    return fmt::formatter<std::uint64_t>::format(static_cast<std::uint64_t>(id), context);
  }
};

namespace muster::inline MUSTER_ABI::interop::detail {
template <class Id>
struct small_id_formatter : fmt::formatter<std::uint32_t> {
  template <class Context>
  auto format(Id id, Context& context) const {
    return fmt::formatter<std::uint32_t>::format(static_cast<std::uint32_t>(id), context);
  }
};
}  // namespace muster::inline MUSTER_ABI::interop::detail

template <>
struct fmt::formatter<muster::agent_id>
    : muster::interop::detail::small_id_formatter<muster::agent_id> {};
template <>
struct fmt::formatter<muster::node_id>
    : muster::interop::detail::small_id_formatter<muster::node_id> {};
template <>
struct fmt::formatter<muster::service_id>
    : muster::interop::detail::small_id_formatter<muster::service_id> {};
