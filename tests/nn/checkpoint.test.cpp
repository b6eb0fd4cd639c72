// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <muster/nn/checkpoint.hpp>
#include <muster/nn/optim/adamw.hpp>
#include <muster/nn/optim/clip_norm.hpp>
#include <muster/nn/optim/sgd.hpp>
#include <muster/nn/optim/staircase.hpp>
#include <string>

#include "nn/checkpoint_fuzz.hpp"
#include "support/catch.hpp"

namespace nn = muster::nn;
using muster::num::shape;

namespace {

/// A folder of its own that disappears with the test.
struct folder {
  std::string path;
  folder() {
    char name[] = "/tmp/muster-checkpoint-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~folder() {
    for (const char* f : {"/a", "/b"}) ::unlink((path + f).c_str());
    ::rmdir(path.c_str());
  }
};

std::string slurp(const std::string& path) {
  std::string text;
  if (std::FILE* f = std::fopen(path.c_str(), "rb")) {
    for (int c = std::fgetc(f); c != EOF; c = std::fgetc(f)) text += static_cast<char>(c);
    std::fclose(f);
  }
  return text;
}
void spill(const std::string& path, const std::string& text) {
  std::FILE* f = std::fopen(path.c_str(), "wb");
  REQUIRE(f != nullptr);
  REQUIRE(std::fwrite(text.data(), 1, text.size(), f) == text.size());
  std::fclose(f);
}
auto bytes_of(const std::string& s) { return std::as_bytes(std::span{s}); }

/// Training in small: noisy gradients of a quadratic, clipped, with a falling rate.
template <class Optimiser>
struct run {
  nn::parameter_store<> store;
  nn::parameter w = store.add("net.0.weight", {5, 7});
  nn::parameter b = store.add("net.0.bias", {7});
  Optimiser optimiser;
  muster::rng g;
  std::uint64_t step = 0;
  float average = 0.0F;
  nn::checkpoint file{"quadratic", 9};

  explicit run(std::uint64_t seed, typename Optimiser::config c) : optimiser{c}, g{seed} {
    store.commit();
    for (float& x : store.value(w).span()) x = static_cast<float>(muster::uniform01(g));
    file.add(store);
    file.add("optimiser", store, optimiser);
    file.add("rng", g);
    file.add("step", step);
    file.add("average", std::span<float>{&average, 1});
  }
  void train(int steps) {
    for (; steps > 0; --steps, ++step) {
      for (const auto p : {w, b})
        for (std::size_t i = 0; i < store.value(p).size(); ++i)
          store.grad(p)[i] =
              store.value(p)[i] - 0.3F + static_cast<float>(muster::uniform01(g) - 0.5);
      const auto norm = nn::clip_norm(store, 1.0);
      average += 0.1F * (static_cast<float>(norm.norm) - average);
      optimiser.step(store, nn::staircase{.every = 7}(step), norm.scale);
    }
  }
};

template <class Optimiser>
void split_run_equals_whole_run(typename Optimiser::config c) {
  const folder f;
  constexpr int half = 25;
  run<Optimiser> whole{1, c};
  whole.train(2 * half);
  {
    run<Optimiser> first{1, c};
    first.train(half);
    REQUIRE(first.file.save(f.path + "/a").has_value());
  }
  run<Optimiser> second{1234, c};  // other values and random numbers until the file is loaded
  second.train(3);
  const auto loaded = second.file.load(f.path + "/a");
  REQUIRE(loaded.has_value());
  CHECK(loaded->seed == 9);
  CHECK(second.step == half);
  second.train(half);
  CHECK(second.file.bytes() == whole.file.bytes());  // values, moments, generator, counters
}

}  // namespace

TEST_CASE("a resumed run equals one that never stopped, bit for bit", "[nn][checkpoint]") {
  split_run_equals_whole_run<nn::adam<>>({.rate = 0.01});
  split_run_equals_whole_run<nn::adamw<>>({.rate = 0.01});
  split_run_equals_whole_run<nn::sgd<>>({.rate = 0.01, .momentum = 0.9});
  split_run_equals_whole_run<nn::sgd<>>({.rate = 0.01});
}

TEST_CASE("a checkpoint is a safetensors file", "[nn][checkpoint]") {
  checkpoint_fuzz::subject s;
  const std::string file = s.file.bytes();
  const auto header = nn::parse_safetensors(bytes_of(file), "memory");
  REQUIRE(header.has_value());
  CHECK(header->tensors.size() == 3 + 6 + 1 + 3);
  const auto* w = header->find("a.weight");
  REQUIRE(w != nullptr);
  CHECK(w->dtype == "F32");
  CHECK(w->shape == std::vector<std::uint64_t>{2, 3});
  float third = 0.0F;
  std::memcpy(&third, file.data() + header->data_begin + w->begin + 8, 4);
  CHECK(third == 2.0F);
  CHECK(header->find("adam/mean/a.weight") != nullptr);
  CHECK(header->find("adam/steps")->shape.empty());
  CHECK(header->find("rng")->dtype == "U64");
  CHECK(header->find_note("format")->value == "muster.checkpoint");
  CHECK(header->find_note("seed")->value == "42");
  // Every array lies at a multiple of its element size.
  for (const auto& t : header->tensors)
    CHECK((header->data_begin + t.begin) % nn::dtype_size(t.dtype) == 0);
  const auto about = s.file.restore(bytes_of(file), "memory");
  REQUIRE(about.has_value());
  CHECK(about->type == "fuzz \"subject\"");
  CHECK(about->muster_version == MUSTER_VERSION_STRING);
  REQUIRE(about->notes.size() == 1);
  CHECK(about->notes[0].second == "{\"rate\": 5e-4}\n\xC3\xA9");
}

static_assert(nn::dtype_of<float>() == "F32" && nn::dtype_of<double>() == "F64");
static_assert(nn::dtype_of<std::uint8_t>() == "U8" && nn::dtype_of<std::int16_t>() == "I16");
static_assert(nn::dtype_of<std::uint32_t>() == "U32" && nn::dtype_of<std::int64_t>() == "I64");
static_assert(nn::dtype_of<bool>() == "BOOL" && nn::dtype_of<std::size_t>() == "U64");

TEST_CASE("CRC-64/XZ gives its published check value", "[nn][checkpoint]") {
  CHECK(nn::detail::crc64(bytes_of("123456789")) == 0x995DC9BBDF1939FAU);
  CHECK(nn::detail::crc64(bytes_of("6789"), nn::detail::crc64(bytes_of("12345"))) ==
        0x995DC9BBDF1939FAU);
}

TEST_CASE("a checkpoint cut at any byte, or with any byte changed, is refused",
          "[nn][checkpoint]") {
  checkpoint_fuzz::subject s;
  const std::string good = s.file.bytes();
  s.episode = 1000;  // so that a load that goes through would show
  const std::string before = s.file.bytes();
  std::size_t accepted = 0;
  for (std::size_t n = 0; n < good.size(); ++n) {
    const std::string cut = good.substr(0, n);
    if (s.file.restore(bytes_of(cut), "cut")) ++accepted;
    for (const int flip : {1, 0x20, 0x80, 0xFF}) {
      std::string bad = good;
      bad[n] = static_cast<char>(bad[n] ^ flip);
      if (s.file.restore(bytes_of(bad), "flipped")) ++accepted;
    }
  }
  CHECK(accepted == 0);
  for (const std::string& tail : {std::string(1, '\0'), std::string(1, ' '), good})
    CHECK_FALSE(s.file.restore(bytes_of(good + tail), "longer").has_value());
  CHECK(s.file.bytes() == before);
  CHECK(s.file.restore(bytes_of(good), "good").has_value());
  CHECK(s.episode == 7);
}

TEST_CASE("damaged checkpoints neither crash nor change the model", "[nn][checkpoint]") {
  CHECK(checkpoint_fuzz::run(/*seed=*/1, /*rounds=*/100000) == 0);
}

TEST_CASE("a checkpoint of another model is refused by tensor and shape", "[nn][checkpoint]") {
  const auto refusal = [](auto&& saved, auto&& model) {
    nn::parameter_store<> from;
    saved(from);
    from.commit();
    nn::checkpoint file{"mlp"};
    file.add(from);
    nn::parameter_store<> to;
    model(to);
    to.commit();
    to.values()[0] = 5.0F;
    nn::checkpoint mine{"mlp"};
    mine.add(to);
    const auto r = mine.restore(bytes_of(file.bytes()), "model.st");
    CHECK((r.has_value() || to.values()[0] == 5.0F));
    return r ? std::string{"accepted"} : r.failure().to_string();
  };
  const auto small = [](auto& s) {
    s.add("0.weight", {4, 2});
    s.add("0.bias", {2});
  };
  CHECK(refusal(small, small) == "accepted");
  CHECK(refusal(small, [](auto& s) {
          s.add("0.weight", {4, 3});
          s.add("0.bias", {3});
        }) == "model.st: 0.weight: is F32 [4, 2] in the file; expected F32 [4, 3]");
  CHECK(refusal(small, [](auto& s) {
          s.add("0.weight", {2, 4});  // as many elements, another shape
          s.add("0.bias", {2});
        }) == "model.st: 0.weight: is F32 [4, 2] in the file; expected F32 [2, 4]");
  CHECK(refusal(small, [](auto& s) {
          s.add("0.weight", {4, 2});
          s.add("0.bias", {2});
          s.add("1.weight", {2, 1});
        }) == "model.st: 1.weight: is missing from the file; expected F32 [2, 1]");
  CHECK(refusal(small, [](auto& s) {
          s.add("0.weight", {4, 2});
        }) == "model.st: 0.bias: is F32 [2] in the file; expected no tensor of this name");

  nn::parameter_store<double> wide;
  small(wide);
  wide.commit();
  nn::parameter_store<> narrow;
  small(narrow);
  narrow.commit();
  nn::checkpoint file{"mlp"};
  file.add(wide);
  nn::checkpoint mine{"mlp"};
  mine.add(narrow);
  CHECK(mine.restore(bytes_of(file.bytes()), "m").failure().to_string() ==
        "m: 0.weight: is F64 [4, 2] in the file; expected F32 [4, 2]");
}

TEST_CASE("an array of any length comes back as long as it was", "[nn][checkpoint]") {
  std::vector<float> buffer{1.5F, -2.0F, 3.0F};
  std::vector<std::uint64_t> ids{7};
  nn::checkpoint a{"lists", 1};
  a.add("buffer", buffer);
  a.add("ids", ids);
  buffer.push_back(4.25F);  // after `add`: what counts is the length when it is written
  const std::string three_things = a.bytes();

  buffer = {9.0F};
  ids.clear();
  const std::string others = a.bytes();
  REQUIRE(a.restore(bytes_of(three_things), "memory").has_value());
  CHECK(buffer == std::vector<float>{1.5F, -2.0F, 3.0F, 4.25F});
  CHECK(ids == std::vector<std::uint64_t>{7});
  REQUIRE(a.restore(bytes_of(others), "memory").has_value());
  CHECK(buffer == std::vector<float>{9.0F});
  CHECK(ids.empty());

  std::vector<double> wrong;  // the number type still has to match
  nn::checkpoint b{"lists", 1};
  b.add("buffer", wrong);
  b.add("ids", ids);
  CHECK_FALSE(b.restore(bytes_of(three_things), "memory").has_value());
  CHECK(wrong.empty());
}

TEST_CASE("networks can be taken out of a training run's checkpoint", "[nn][checkpoint]") {
  checkpoint_fuzz::subject s;
  const std::string file = s.file.bytes();
  nn::parameter_store<> store;
  store.add("a.weight", {2, 3});
  store.commit();
  nn::checkpoint policy{"fuzz \"subject\""};
  policy.add(store);
  CHECK_FALSE(policy.restore(bytes_of(file), "f").has_value());
  REQUIRE(policy.restore(bytes_of(file), "f", nn::checkpoint::contents::at_least).has_value());
  CHECK(store.values()[5] == 5.0F);

  nn::checkpoint other{"pfrl"};
  other.add(store);
  CHECK(other.restore(bytes_of(file), "f", nn::checkpoint::contents::at_least)
            .failure()
            .to_string() == "f: type: is \"fuzz \\\"subject\\\"\"; expected \"pfrl\"");
}

TEST_CASE("a file that is no checkpoint of this version says so", "[nn][checkpoint]") {
  checkpoint_fuzz::subject s;
  const auto swapped = [&](const std::string& from, const std::string& to) {
    std::string file = s.file.bytes();
    const std::size_t at = file.find(from);
    REQUIRE(at != std::string::npos);
    file.replace(at, from.size(), to);
    checkpoint_fuzz::seal(file);
    return s.file.restore(bytes_of(file), "f").failure().to_string();
  };
  CHECK(swapped("\"format_version\":\"1\"", "\"format_version\":\"2\"") ==
        "f: format_version: is \"2\"; expected 1");
  CHECK(swapped("muster.checkpoint", "muster_checkpoint") ==
        "f: format: is \"muster_checkpoint\"; expected muster.checkpoint");
  CHECK(swapped("\"seed\":\"42\"", "\"seed\":\"4x\"") ==
        "f: seed: is \"4x\"; expected a whole number");
  CHECK(swapped("\"seed\"", "\"sead\"") ==
        "f: seed: is missing from __metadata__; expected a file that muster saved");
  CHECK(swapped("\"scale\"", "\"skale\"").substr(0, 8) == "f: spec:");
  CHECK(swapped("crc64-xz", "crc32-xz") ==
        "f: checksum: has an unknown form; expected crc64-xz:16 digits");
  // A plain safetensors file from another tool
  const std::vector<nn::tensor_record> none;
  const std::vector<std::pair<std::string, std::string>> notes{{"format", "pt"}};
  CHECK(s.file.restore(bytes_of(nn::format_safetensors_header(none, notes)), "f").failure().field ==
        "format_version");
}

TEST_CASE("saving replaces the whole file or none of it", "[nn][checkpoint]") {
  const folder f;
  checkpoint_fuzz::subject s;
  const std::string path = f.path + "/a";
  spill(path, "an older file that is not a checkpoint");
  CHECK_FALSE(s.file.load(path).has_value());
  REQUIRE(s.file.save(path).has_value());
  CHECK(slurp(path) == s.file.bytes());
  // Nothing else stays in the folder: it can be removed once the file is gone.
  ::unlink(path.c_str());
  CHECK(::rmdir(f.path.c_str()) == 0);

  const auto nowhere = s.file.save(f.path + "/no/such/folder/a");
  REQUIRE_FALSE(nowhere.has_value());
  CHECK(nowhere.failure().file == f.path + "/no/such/folder/a");
  CHECK(nowhere.failure().what == "cannot be written: No such file or directory");
}

TEST_CASE("a path that cannot be read or replaced is an error, not a crash", "[nn][checkpoint]") {
  const folder f;
  checkpoint_fuzz::subject s;
  CHECK(s.file.load(f.path + "/none").failure().to_string() ==
        f.path + "/none: cannot be opened: No such file or directory");
  CHECK(s.file.load(f.path).failure().what == "is not a file");
  CHECK(s.file.load("/dev/null").failure().what == "is not a file");
  spill(f.path + "/a", "");
  CHECK(s.file.load(f.path + "/a").failure().what == "is too short");
  // The target is a folder: rename refuses, and the draft is removed again.
  const std::string folder_path = f.path + "/b";
  REQUIRE(::mkdir(folder_path.c_str(), 0777) == 0);
  CHECK_FALSE(s.file.save(folder_path).has_value());
  CHECK(::rmdir(folder_path.c_str()) == 0);
  CHECK(::unlink((f.path + "/a").c_str()) == 0);
  CHECK(::rmdir(f.path.c_str()) == 0);
}
