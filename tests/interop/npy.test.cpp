// SPDX-License-Identifier: Apache-2.0
#if defined(__GNUC__) && !defined(__clang__)
// xtensor's reader, the oracle below, uses std::regex, about which gcc 12 is wrong with sanitizers.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <muster/interop/npy.hpp>
#include <string>

#include "support/catch.hpp"

namespace num = muster::num;
namespace interop = muster::interop;

namespace {
struct file {
  std::string path;
  file() {
    char name[] = "/tmp/muster-npy-XXXXXX";
    const int d = ::mkstemp(name);
    REQUIRE(d >= 0);
    ::close(d);
    path = name;
  }
  ~file() { ::unlink(path.c_str()); }
};

/// An .npy file by hand, version 1.0 or as told.
std::string npy(const std::string& header, const std::string& data, char major = 1) {
  std::string f = "\x93NUMPY";
  f += major;
  f += '\0';
  std::size_t n = header.size();
  for (int k = 0; k < (major == 1 ? 2 : 4); ++k, n /= 256) f += static_cast<char>(n % 256);
  return f + header + data;
}
template <class T>
std::string raw(std::initializer_list<T> values) {
  std::string text;
  for (const T& v : values) text.append(reinterpret_cast<const char*>(&v), sizeof v);
  return text;
}
template <class T = float>
std::string refusal(const std::string& bytes) {
  const auto r = interop::decode_npy<T>(bytes, "a.npy");
  return r ? "accepted" : r.failure().to_string();
}
const std::string good_header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n";
}  // namespace

TEMPLATE_TEST_CASE("an array written is read again, bit for bit", "[interop][npy]", float, double,
                   std::uint8_t, std::uint32_t, std::int64_t, bool) {
  const file f;
  for (const num::shape& s : {num::shape{}, num::shape{5}, num::shape{2, 3}, num::shape{2, 1, 3},
                              num::shape{2, 3, 1, 2}, num::shape{0, 4}}) {
    num::tensor<TestType> t{s};
    for (std::size_t i = 0; i < t.size(); ++i) t[i] = static_cast<TestType>(i % 2 == 0 ? i : 1);
    REQUIRE(interop::write_npy(f.path, t.view()).has_value());
    const auto r = interop::read_npy<TestType>(f.path);
    REQUIRE(r.has_value());
    CHECK(r->shape() == s);
    for (std::size_t i = 0; i < t.size(); ++i) CHECK((*r)[i] == t[i]);
  }
}

// 3x4 floats: the header ends at byte 128, so the file has 128 + 48 bytes.
TEST_CASE("the file is what NumPy and xtensor expect", "[interop][npy]") {
  const file f;
  num::tensor<float> t{{3, 4}};
  for (std::size_t i = 0; i < 12; ++i) t[i] = static_cast<float>(i) / 4.0F;
  REQUIRE(interop::write_npy(f.path, t.view()).has_value());
  const auto a = xt::load_npy<float>(f.path);
  CHECK(a.dimension() == 2);
  CHECK(a(2, 1) == 2.25F);
  std::FILE* in = std::fopen(f.path.c_str(), "rb");
  REQUIRE(in != nullptr);
  std::string bytes(1000, ' ');
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), in));
  std::fclose(in);
  CHECK(bytes.size() == 176);
  CHECK(bytes.substr(0, 10) == std::string("\x93NUMPY\x01\x00\x76\x00", 10));
  CHECK(bytes[127] == '\n');
}

TEST_CASE("files of other programs are read", "[interop][npy]") {
  const std::string six = raw<float>({1, 2, 3, 4, 5, 6});
  CHECK(refusal(npy(good_header, six)) == "accepted");
  CHECK(refusal(npy(good_header, six, 2)) == "accepted");
  CHECK(refusal(npy(good_header, six, 3)) == "accepted");
  // A header as long as this one has a length byte above 127.
  CHECK(refusal(npy(good_header + std::string(120, ' ') + "\n", six)) == "accepted");
  CHECK(refusal(npy("{\"shape\":(2,3),\"descr\":\"<f4\",\"fortran_order\":False}", six)) ==
        "accepted");

  // Fortran order: column by column. [[1, 2, 3], [4, 5, 6]] is stored 1 4 2 5 3 6.
  const auto r =
      interop::decode_npy<float>(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n",
                                     raw<float>({1, 4, 2, 5, 3, 6})),
                                 "f");
  REQUIRE(r.has_value());
  for (std::size_t i = 0; i < 6; ++i) CHECK((*r)[i] == static_cast<float>(i + 1));
}

TEST_CASE("a bad .npy file is refused with a reason", "[interop][npy]") {
  const std::string six = raw<float>({1, 2, 3, 4, 5, 6});
  CHECK(refusal("") == "a.npy: is no .npy file; expected the first bytes \\x93NUMPY");
  CHECK(refusal("PK\x03\x04 a zip archive") ==
        "a.npy: is no .npy file; expected the first bytes \\x93NUMPY");
  CHECK(refusal(npy(good_header, six, 4)) ==
        "a.npy: header: has version 4.0; expected 1.0, 2.0 or 3.0");
  CHECK(refusal(npy(good_header, six.substr(1))) ==
        "a.npy: shape: has 23 bytes of data; expected 24");
  CHECK(refusal(npy(good_header, six + "x")) == "a.npy: shape: has 25 bytes of data; expected 24");
  CHECK(refusal<double>(npy(good_header, six)) == "a.npy: descr: is '<f4'; expected '<f8'");
  const auto shaped = [&](const std::string& s) {
    return refusal(npy("{'descr': '<f4', 'fortran_order': False, 'shape': " + s + ", }\n", six));
  };
  CHECK(shaped("(2, 3)") == "accepted");
  CHECK(shaped("(6,)") == "accepted");
  CHECK(shaped("(1,1,1,2,3)") == "a.npy: shape: has 5 axes; expected at most 4");
  CHECK(shaped("(4294967296, 4294967296)") == "a.npy: shape: is too large; expected less");
  for (const char* bad : {"(6)", "6", "(-6,)", "(2 3)", "(2.0, 3)", "()()", "(,)", "(2,,3)", "",
                          "(99999999999999999999,)", "[2, 3]"}) {
    INFO(bad);
    CHECK(shaped(bad) ==
          "a.npy: header: has a header of another form; expected {'descr': '<f4', "
          "'fortran_order': False, 'shape': (3, 4), }");
  }
  for (const char* bad :
       {"", "{}", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': 0, 'shape': (6,)}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (6,)}",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (6,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (6,)} x",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (6,), 'x': 1}", "{'descr", "{'descr'"}) {
    INFO(bad);
    CHECK(refusal(npy(bad, six)).find("another form") != std::string::npos);
  }
}

TEST_CASE("an .npy file cut anywhere, or with a byte changed, never crashes", "[interop][npy]") {
  const std::string good = npy(good_header, raw<float>({1, 2, 3, 4, 5, 6}));
  for (std::size_t n = 0; n < good.size(); ++n) {
    CHECK(refusal(good.substr(0, n)) != "accepted");
    for (int b = 0; b < 256; ++b) {
      std::string bad = good;
      bad[n] = static_cast<char>(b);
      static_cast<void>(refusal(bad));
    }
  }
}

TEST_CASE("paths that do not work are errors", "[interop][npy]") {
  CHECK(interop::read_npy<float>("/no/such/file.npy").failure().to_string() ==
        "/no/such/file.npy: cannot be opened: No such file or directory");
  CHECK_FALSE(interop::read_npy<float>("/tmp").has_value());
  const num::tensor<float> t{{2}};
  CHECK(interop::write_npy("/no/such/file.npy", t.view()).failure().file == "/no/such/file.npy");
}
