// SPDX-License-Identifier: Apache-2.0
// Other people's headers define macros. These are from windows.h, X11, sys/sysmacros.h, complex.h,
// the kernel, gettext, and what compilers predefine in their own dialect.
// NOLINTBEGIN
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cmath>
#include <complex>
#include <concepts>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))
#define near
#define far
#define small char
#define interface struct
#define ERROR 0
#define IN
#define OUT
#define I (1)
#define _(text) text
#define Bool int
#define None 0L
#define Status int
#define Success 0
#define major(device) ((device) >> 8)
#define minor(device) ((device)&0xFF)
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define linux 1
#define unix 1
// NOLINTEND

#include <muster/muster.hpp>

int main() { return 0; }
