// SPDX-License-Identifier: Apache-2.0
#include <muster/nn/safetensors.hpp>
#include <string>

#include "support/catch.hpp"

namespace nn = muster::nn;
using namespace std::string_literals;

namespace {
/// A file from its header text and a number of data bytes.
std::string file_of(std::string header, std::size_t data = 0) {
  std::string f(8, '\0');
  for (int k = 0; k < 8; ++k)
    f[static_cast<std::size_t>(k)] = static_cast<char>((header.size() >> (8 * k)) & 0xFF);
  return f + header + std::string(data, '\x01');
}
auto parse(const std::string& file) {
  return nn::parse_safetensors(std::as_bytes(std::span{file}), "m.safetensors");
}
std::string refusal(const std::string& file) {
  const auto r = parse(file);
  return r ? "accepted" : r.failure().to_string();
}
std::string tensor(const std::string& name, const std::string& shape, int begin, int end) {
  return "\"" + name + "\":{\"dtype\":\"F32\",\"shape\":" + shape + ",\"data_offsets\":[" +
         std::to_string(begin) + "," + std::to_string(end) + "]}";
}
}  // namespace

TEST_CASE("a safetensors header is read as written", "[nn][safetensors]") {
  // Keys in any order, white space, escapes, metadata at the end, data not in order of names.
  const auto r = parse(file_of(R"({ "b" : {"shape":[2, 3],"data_offsets":[4,28],"dtype":"F32"},
      "\u0061\n":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},
      "__metadata__":{"k":"v \"\u00e9\ud83d\ude00"}}   )",
                               28));
  REQUIRE(r.has_value());
  REQUIRE(r->tensors.size() == 2);
  CHECK(r->tensors[0].name == "a\n");  // sorted by place
  CHECK(r->tensors[0].dtype == "U8");
  CHECK(r->tensors[1].shape == std::vector<std::uint64_t>{2, 3});
  CHECK(r->tensors[1].begin == 4);
  CHECK(r->find("b") == &r->tensors[1]);
  CHECK(r->find("c") == nullptr);
  REQUIRE(r->find_note("k") != nullptr);
  CHECK(r->find_note("k")->value == "v \"\xC3\xA9\xF0\x9F\x98\x80");
}

TEST_CASE("empty tensors, scalars and empty files are legal", "[nn][safetensors]") {
  CHECK(refusal(file_of("{}")) == "accepted");
  CHECK(refusal(file_of("{" + tensor("s", "[]", 0, 4) + "}", 4)) == "accepted");
  CHECK(refusal(file_of("{" + tensor("e", "[0,5]", 4, 4) + "," + tensor("s", "[1]", 0, 4) + "}",
                        4)) == "accepted");
}

TEST_CASE("what is written is read back", "[nn][safetensors]") {
  const std::vector<nn::tensor_record> tensors{{"x \"y\"\n\\", "F64", {2}, 0, 16},
                                               {"z", "I32", {}, 16, 20}};
  const std::vector<std::pair<std::string, std::string>> notes{{"k\x01", "\xC3\xA9"}};
  std::string file = nn::format_safetensors_header(tensors, notes);
  CHECK(file.size() % 8 == 0);
  const auto r = parse(file + std::string(20, 'd'));
  REQUIRE(r.has_value());
  CHECK(r->data_begin == file.size());
  CHECK(r->tensors[0].name == tensors[0].name);
  CHECK(r->tensors[1].shape.empty());
  CHECK(r->metadata[0].key == "k\x01");
  CHECK(file.substr(r->metadata[0].position, 2) == "\xC3\xA9");
}

TEST_CASE("every broken safetensors header is refused by name", "[nn][safetensors]") {
  const auto f = "m.safetensors: "s;
  CHECK(refusal("") == f + "is too short; expected 8 bytes of header length");
  CHECK(refusal("\x02\0\0\0\0\0\0\0{"s) ==
        f + "ends within its header; expected 2 bytes of header, not 1");
  CHECK(refusal("\x01\xE1\xF5\x05\0\0\0\0{}"s) ==
        f + "header length is 100000001; expected at most 100000000");
  CHECK(refusal("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF{}"s).find("at most") != std::string::npos);
  CHECK(refusal(file_of("")) == f + "header byte 8: header does not start an object; expected {");
  CHECK(refusal(file_of(" {}")).find("does not start") != std::string::npos);
  CHECK(refusal(file_of("{}\n")).find("goes on after its object") != std::string::npos);
  CHECK(refusal(file_of("{}x")).find("goes on after its object") != std::string::npos);

  const std::string one = tensor("a", "[1]", 0, 4);
  CHECK(refusal(file_of("{" + one + "}", 4)) == "accepted");
  CHECK(refusal(file_of("{" + one + "}", 3)) ==
        f + "ends within its data; expected 4 bytes of data, not 3");
  CHECK(refusal(file_of("{" + one + "}", 5)) ==
        f + "has bytes after its last tensor; expected 4 bytes of data, not 5");
  CHECK(refusal(file_of("{" + one + "," + one + "}", 4)) ==
        f + "\"a\": appears twice; expected each name once");
  CHECK(refusal(file_of("{" + one + "," + tensor("\\u0061", "[1]", 4, 8) + "}", 8)) ==
        f + "\"a\": appears twice; expected each name once");
  CHECK(refusal(file_of("{" + one + "," + tensor("b", "[1]", 2, 6) + "}", 6)) ==
        f + "b: overlaps another tensor; expected first byte 4");
  CHECK(refusal(file_of("{" + one + "," + tensor("b", "[1]", 8, 12) + "}", 12)) ==
        f + "b: leaves a gap before it; expected first byte 4");
  CHECK(refusal(file_of("{" + tensor("a", "[2]", 0, 4) + "}", 4)) ==
        f + "a: has 4 bytes; expected 8 for F32 [2]");
  CHECK(refusal(file_of("{" + tensor("a", "[1]", 4, 0) + "}", 4)) ==
        f + "a: has no valid data_offsets; expected [begin, end]");
  // 2^32 * 2^32 * 4 bytes would be 0 in 64 bits
  CHECK(refusal(file_of("{" + tensor("a", "[4294967296,4294967296]", 0, 0) + "}")) ==
        f + "a: is too large; expected a size below 2^64");

  for (const char* bad :
       {"{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1}",
        "{\"a\":{}}",
        "{\"a\":[]}",
        "{,}",
        "{\"a\":{\"dtype\"",
        "{\"__metadata__\":{\"k\":1}}",
        "{\"__metadata__\":{\"k\":\"v\",}}",
        "{\"__metadata__\":[]}",
        "{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}",
        "{\"__metadata__\":{},\"__metadata__\":{}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[01],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1,],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[18446744073709551616],\"data_offsets\":[0,4]}}",
        "{\"\\x\":{}}",
        "{\"\\ud800\":{}}",
        "{\"\\udc00\":{}}",
        "{\"\\u12\":{}}",
        "{\"\t\":{}}",
        "{\"\xFF\":{}}",
        "{\"\xC0\x80\":{}}",
        "{\"\xED\xA0\x80\":{}}",
        "{\"\xF5\x80\x80\x80\":{}}",
        "{\"\xC3\":{}}",
        "{'a':{}}",
        "// {}",
        "[]",
        "null"})
    CHECK(refusal(file_of(bad, 4)).substr(0, f.size()) == f);
}

TEST_CASE("dtypes have their sizes", "[nn][safetensors]") {
  CHECK(nn::dtype_size("F32") == 4);
  CHECK(nn::dtype_size("BF16") == 2);
  CHECK(nn::dtype_size("U64") == 8);
  CHECK(nn::dtype_size("BOOL") == 1);
  CHECK(nn::dtype_size("f32") == 0);
}
