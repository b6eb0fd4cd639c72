// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <muster/concepts/optimiser.hpp>
#include <muster/core/result.hpp>
#include <muster/core/rng.hpp>
#include <muster/nn/detail/crc64.hpp>
#include <muster/nn/detail/file.hpp>
#include <muster/nn/detail/seal.hpp>
#include <muster/nn/parameter_store.hpp>
#include <muster/nn/safetensors.hpp>
#include <muster/version.hpp>

namespace muster::inline MUSTER_ABI::nn {

/// Everything a training run needs to go on as if it had never stopped, in one file.
///
/// Use      name what belongs to the run once; `save` and `load` then work on the same list:
///
///            nn::checkpoint run{"kmps actor-critic", seed};
///            run.add(store);  run.add("adam", store, optimiser);
///            run.add("rng", generator);  run.add("episode", episode);
///            if (const auto saved = run.save(path); !saved) ...saved.failure().to_string()
///
///          What is added is referred to, so it must outlive the checkpoint; the store must be
///          committed, and may be moved.
/// Format   safetensors, which other tools read: one tensor per parameter under its own name,
///          `adam/mean/<parameter>` and so on for moments, U64 for counters and generators.
///          `__metadata__` has format, format_version, muster_version, type, seed, spec (a hash
///          of names, dtypes and shapes), checksum, and the caller's notes as `note.<key>`.
/// Safety   the checksum covers every byte of the file (CRC-64/XZ, its own 16 digits read as
///          zeros); `load` checks the whole file and every name and shape before it changes
///          anything, so a failure leaves the run as it was. `save` writes beside the old file,
///          synchronises and renames: a crash leaves the old file or the new one.
/// Repeat   values travel as bits: a resumed run equals one that was never interrupted.
/// Cost     one copy of the file in memory.
class checkpoint {
 public:
  static constexpr std::string_view format = "muster.checkpoint";
  static constexpr std::string_view format_version = "1";

  /// What a file says about itself.
  struct description {
    std::string type;
    std::string muster_version;
    std::uint64_t seed = 0;
    std::vector<std::pair<std::string, std::string>> notes;
  };

  /// Whether a file may hold more than what was added.
  enum class contents : bool {
    exact,    ///< no: resume a run
    at_least  ///< yes: take the networks, leave the optimiser
  };

  /// `type` says what the model is, for example a pipeline's name; `load` insists on it.
  explicit checkpoint(std::string_view type, std::uint64_t seed = 0) : type_{type}, seed_{seed} {
    MUSTER_EXPECTS(detail::is_utf8(type), "muster: nn::checkpoint needs its type in UTF-8");
  }

  /// The values of all parameters, each under `prefix` and its own name.
  template <class T, class Backend>
  void add(parameter_store<T, Backend>& store, std::string_view prefix = {}) {
    add_parts(std::string{prefix}, store, store.values());
  }

  /// Moments and step count of an optimiser of that store; allocates the moments if need be.
  template <class T, class Backend, optimiser_for<parameter_store<T, Backend>> Optimiser>
  void add(std::string_view name, parameter_store<T, Backend>& store, Optimiser& optimiser) {
    optimiser.reserve(store);
    optimiser.for_each_moment([&](std::string_view moment, num::view<T> all) {
      add_parts(std::string{name} + '/' + std::string{moment} + '/', store, all);
    });
    add(std::string{name} + "/steps", optimiser.steps());
  }

  void add(std::string_view name, std::uint64_t& counter) {
    push({std::string{name}, "U64", {}, 8, &counter, nullptr, copy_out, copy_in});
  }

  void add(std::string_view name, rng& generator) {
    push({std::string{name},
          "U64",
          {3},
          24,
          &generator,
          nullptr,
          [](const item& i, std::byte* to) {
            const rng::state_type s = static_cast<const rng*>(i.object)->state();
            const std::uint64_t words[3] = {s.seed, s.stream, s.step};
            std::memcpy(to, words, sizeof words);
          },
          [](const item& i, const std::byte* from) {
            std::uint64_t words[3];
            std::memcpy(words, from, sizeof words);
            *static_cast<rng*>(i.object) = rng{rng::state_type{words[0], words[1], words[2]}};
          }});
  }

  /// An array in host memory: running means, histories, replay positions.
  template <class T>
  requires std::is_arithmetic_v<T>
  void add(std::string_view name, std::span<T> values) {
    push({std::string{name},
          dtype_of<T>(),
          {values.size()},
          values.size_bytes(),
          values.data(),
          nullptr,
          copy_out,
          copy_in});
  }

  /// An array that is as long as it happens to be: `load` gives it the length it had.
  template <class T>
  requires std::is_arithmetic_v<T>
  void add(std::string_view name, std::vector<T>& values) {
    item i{std::string{name},
           dtype_of<T>(),
           {0},
           0,
           &values,
           nullptr,
           [](const item& k, std::byte* to) {
             const auto& v = *static_cast<const std::vector<T>*>(k.object);
             copy_bytes(to, v.data(), v.size() * sizeof(T));
           },
           nullptr};
    i.length = [](const item& k) -> std::uint64_t {
      return static_cast<const std::vector<T>*>(k.object)->size();
    };
    i.write_any = [](const item& k, const std::byte* from, std::uint64_t length) {
      auto& v = *static_cast<std::vector<T>*>(k.object);
      v.resize(static_cast<std::size_t>(length));
      copy_bytes(v.data(), from, length * sizeof(T));
    };
    push(std::move(i));
  }

  /// A line of text for people and programs, written as `note.<key>`.
  void note(std::string_view key, std::string_view text) {
    MUSTER_EXPECTS(detail::is_utf8(key) && detail::is_utf8(text),
                   "muster: nn::checkpoint::note needs UTF-8 text");
    MUSTER_EXPECTS(
        std::none_of(notes_.begin(), notes_.end(), [&](const auto& n) { return n.first == key; }),
        "muster: nn::checkpoint::note has this key already; write one note per key");
    notes_.emplace_back(key, text);
  }

  /// The file as it would be written.
  [[nodiscard]] std::string bytes() const {
    // Widest elements first, so that every array is aligned within the file.
    std::vector<const item*> order;
    for (const item& i : items_) order.push_back(&i);
    std::stable_sort(order.begin(), order.end(), [](const item* a, const item* b) {
      return dtype_size(a->dtype) > dtype_size(b->dtype);
    });
    std::vector<tensor_record> records;
    std::uint64_t at = 0;
    for (const item* i : order) {
      const std::uint64_t bytes = i->bytes_now();
      records.push_back({i->name, std::string{i->dtype}, i->shape_now(), at, at + bytes});
      at += bytes;
    }
    std::vector<std::pair<std::string, std::string>> metadata{
        {"format", std::string{format}},
        {"format_version", std::string{format_version}},
        {"muster_version", MUSTER_VERSION_STRING},
        {"type", type_},
        {"seed", std::to_string(seed_)},
        {"spec", detail::hex(spec_hash(records))},
        {"checksum", std::string{detail::seal_name} + std::string(16, '0')}};
    for (const auto& [key, text] : notes_) metadata.emplace_back("note." + key, text);
    std::string file = format_safetensors_header(records, metadata);
    std::size_t place = file.size();
    file.resize(file.size() + static_cast<std::size_t>(at));
    for (const item* i : order) {
      i->read(*i, reinterpret_cast<std::byte*>(file.data()) + place);
      place += static_cast<std::size_t>(i->bytes_now());
    }
    detail::seal(file);
    return file;
  }

  /// Writes the file, or leaves what was there.
  [[nodiscard]] result<void> save(std::string_view path) const {
    const std::string file = bytes();
    return detail::replace_file(path, std::as_bytes(std::span{file}));
  }

  /// Reads the file into everything that was added, or changes nothing.
  [[nodiscard]] result<description> load(std::string_view path,
                                         contents wanted = contents::exact) const {
    const auto file = detail::read_file(path);
    if (!file) return file.failure();
    return restore(file->span(), path, wanted);
  }

  /// As `load`, from bytes in memory; `file_name` is for messages.
  [[nodiscard]] result<description> restore(std::span<const std::byte> file,
                                            std::string_view file_name,
                                            contents wanted = contents::exact) const {
    const auto parsed = parse_safetensors(file, file_name);
    if (!parsed) return parsed.failure();
    const safetensors_header& header = *parsed;
    auto about = describe(header, file, file_name);
    if (!about) return about;
    std::vector<const tensor_record*> found;
    for (const item& i : items_) {
      const tensor_record* t = header.find(i.name);
      if (t == nullptr)
        return error{.what = "is missing from the file",
                     .file = std::string{file_name},
                     .field = i.name,
                     .expected = std::string{i.dtype} + " " + to_string(i.shape)};
      if (t->dtype != i.dtype || !i.takes(t->shape))
        return error{.what = "is " + t->dtype + " " + to_string(t->shape) + " in the file",
                     .file = std::string{file_name},
                     .field = i.name,
                     .expected = std::string{i.dtype} + " " + to_string(i.shape)};
      found.push_back(t);
    }
    if (wanted == contents::exact && header.tensors.size() != items_.size())
      for (const tensor_record& t : header.tensors)
        if (std::none_of(items_.begin(), items_.end(),
                         [&](const item& i) { return i.name == t.name; }))
          return error{.what = "is " + t.dtype + " " + to_string(t.shape) + " in the file",
                       .file = std::string{file_name},
                       .field = t.name,
                       .expected = "no tensor of this name"};
    for (std::size_t k = 0; k < items_.size(); ++k) {
      const std::byte* const from = file.data() + header.data_begin + found[k]->begin;
      if (items_[k].length != nullptr) {
        items_[k].write_any(items_[k], from, found[k]->shape[0]);
      } else {
        items_[k].write(items_[k], from);
      }
    }
    return about;
  }

 private:
  struct item {
    std::string name;
    std::string_view dtype;
    std::vector<std::uint64_t> shape;
    std::uint64_t bytes = 0;
    void* object = nullptr;         // where the value lives, maybe on a device
    const void* backend = nullptr;  // who can reach it
    void (*read)(const item&, std::byte* to) = nullptr;
    void (*write)(const item&, const std::byte* from) = nullptr;
    // Of an array of any length; else null.
    std::uint64_t (*length)(const item&) = nullptr;
    void (*write_any)(const item&, const std::byte* from, std::uint64_t length) = nullptr;

    [[nodiscard]] std::uint64_t bytes_now() const {
      return length != nullptr ? length(*this) * dtype_size(dtype) : bytes;
    }
    [[nodiscard]] std::vector<std::uint64_t> shape_now() const {
      return length != nullptr ? std::vector<std::uint64_t>{length(*this)} : shape;
    }
    [[nodiscard]] bool takes(const std::vector<std::uint64_t>& stored) const {
      return length != nullptr ? stored.size() == 1 : stored == shape;
    }
  };

  static void copy_out(const item& i, std::byte* to) {
    if (i.bytes != 0) std::memcpy(to, i.object, static_cast<std::size_t>(i.bytes));
  }
  static void copy_in(const item& i, const std::byte* from) {
    if (i.bytes != 0) std::memcpy(i.object, from, static_cast<std::size_t>(i.bytes));
  }

  template <class T, class Backend>
  void add_parts(const std::string& prefix, const parameter_store<T, Backend>& store,
                 num::view<T> all) {
    MUSTER_EXPECTS(store.committed(),
                   "muster: nn::checkpoint::add needs a store with memory; call commit() first");
    for (const auto& e : store.entries()) {
      std::vector<std::uint64_t> shape;
      for (std::size_t axis = 0; axis < e.shape.rank(); ++axis) shape.push_back(e.shape[axis]);
      push({prefix + e.name, dtype_of<T>(), std::move(shape), e.shape.size() * sizeof(T),
            all.data() + e.offset, &store.backend(),
            [](const item& i, std::byte* to) {
              std::vector<T> host(static_cast<std::size_t>(i.bytes) / sizeof(T));
              static_cast<const Backend*>(i.backend)->download(
                  num::view<const T>{static_cast<T*>(i.object), num::shape{host.size()}},
                  std::span<T>{host});
              copy_bytes(to, host.data(), i.bytes);
            },
            [](const item& i, const std::byte* from) {
              std::vector<T> host(static_cast<std::size_t>(i.bytes) / sizeof(T));
              copy_bytes(host.data(), from, i.bytes);
              static_cast<const Backend*>(i.backend)->upload(
                  std::span<const T>{host},
                  num::view<T>{static_cast<T*>(i.object), num::shape{host.size()}});
            }});
    }
  }
  static void copy_bytes(void* to, const void* from, std::uint64_t n) {
    if (n != 0) std::memcpy(to, from, static_cast<std::size_t>(n));
  }

  void push(item i) {
    MUSTER_EXPECTS(!i.name.empty() && i.name != "__metadata__" && detail::is_utf8(i.name),
                   "muster: nn::checkpoint::add needs a name in UTF-8 other than __metadata__");
    MUSTER_EXPECTS(std::none_of(items_.begin(), items_.end(),
                                [&](const item& other) { return other.name == i.name; }),
                   "muster: nn::checkpoint::add has this name already; give a prefix");
    items_.push_back(std::move(i));
  }

  static std::uint64_t spec_hash(const std::vector<tensor_record>& records) {
    std::uint64_t sum = 0;
    for (const tensor_record& t : records) {
      const std::string line = t.name + '\0' + t.dtype + to_string(t.shape) + '\n';
      sum = detail::crc64(std::as_bytes(std::span{line}), sum);
    }
    return sum;
  }

  /// Checks everything in the file that does not depend on what was added, but the type.
  result<description> describe(const safetensors_header& header, std::span<const std::byte> file,
                               std::string_view file_name) const {
    const auto refuse = [&](std::string what, std::string_view field, std::string expected) {
      return error{.what = std::move(what),
                   .file = std::string{file_name},
                   .field = std::string{field},
                   .expected = std::move(expected)};
    };
    for (const std::string_view key :
         {"format", "format_version", "muster_version", "type", "seed", "spec", "checksum"})
      if (header.find_note(key) == nullptr)
        return refuse("is missing from __metadata__", key, "a file that muster saved");
    const auto text = [&](std::string_view key) -> const std::string& {
      return header.find_note(key)->value;
    };
    if (text("format") != format)
      return refuse("is " + detail::json_quoted(text("format")), "format", std::string{format});
    if (text("format_version") != format_version)
      return refuse("is " + detail::json_quoted(text("format_version")), "format_version",
                    std::string{format_version});

    const auto sum = detail::check_seal(*header.find_note("checksum"), file, header.data_begin);
    if (!sum.known_form)
      return refuse("has an unknown form", "checksum",
                    std::string{detail::seal_name} + "16 digits");
    if (sum.written != sum.actual)
      return refuse("does not match: the file is damaged", "checksum",
                    sum.written + ", not " + sum.actual);

    if (text("spec") != detail::hex(spec_hash(header.tensors)))
      return refuse("does not match the tensors", "spec", detail::hex(spec_hash(header.tensors)));
    if (text("type") != type_)
      return refuse("is " + detail::json_quoted(text("type")), "type", detail::json_quoted(type_));
    description about{text("type"), text("muster_version"), 0, {}};
    detail::json_scanner number{text("seed")};
    if (!number.number(about.seed) || number.position() != text("seed").size())
      return refuse("is " + detail::json_quoted(text("seed")), "seed", "a whole number");
    for (const auto& n : header.metadata)
      if (n.key.starts_with("note.")) about.notes.emplace_back(n.key.substr(5), n.value);
    return about;
  }

  std::string type_;
  std::uint64_t seed_ = 0;
  std::vector<item> items_;
  std::vector<std::pair<std::string, std::string>> notes_;
};

}  // namespace muster::inline MUSTER_ABI::nn
