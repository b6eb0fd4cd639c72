// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <httplib.h>

#include <muster/adapters/kubernetes/api.hpp>
#include <muster/adapters/kubernetes/json_place.hpp>
#include <muster/coordination/retry.hpp>
#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>

namespace muster::inline MUSTER_ABI::adapters::kubernetes {

/// Where an API server is, and how to talk to it.
struct http_config {
  std::string server = "http://127.0.0.1:8001";  ///< scheme, host and port; no path
  std::string token{};            ///< bearer token; empty: none, or the one in token_file
  std::string token_file{};       ///< read again every minute, because tokens are renewed
  std::string ca_file{};          ///< certificates that sign the server's; empty: the system's
  duration timeout = seconds(5);  ///< to connect and for each answer; > 0
  std::uint32_t page = 500;       ///< objects per page of a list; > 0
  coordination::backoff::config retry{
      .first = milliseconds(100), .most = seconds(5), .attempts = 4};
  std::uint64_t seed = 1;  ///< of the random waits
};

/// Waits for real.
struct thread_sleep {
  void operator()(duration d) const {
    std::this_thread::sleep_for(std::chrono::microseconds(d.us));
  }
};

namespace detail {

/// The connection to an API server: rights, status codes, retries. Knows nothing of objects.
template <class Sleep>
class http_channel {
 public:
  http_channel(http_config c, Sleep sleep)
      : config_{std::move(c)},
        backoff_{config_.retry},
        random_{config_.seed},
        sleep_{std::move(sleep)},
        client_{checked(config_.server)} {
    client_.set_connection_timeout(whole(config_.timeout), rest(config_.timeout));
    client_.set_read_timeout(whole(config_.timeout), rest(config_.timeout));
    client_.set_write_timeout(whole(config_.timeout), rest(config_.timeout));
    client_.set_keep_alive(true);
    client_.set_tcp_nodelay(true);
#ifdef CPPHTTPLIB_OPENSSL_SUPPORT
    if (!config_.ca_file.empty()) client_.set_ca_cert_path(config_.ca_file.c_str());
    client_.enable_server_certificate_verification(true);
#endif
  }

  [[nodiscard]] answer<std::string> get(const std::string& path) {
    return send([&](const httplib::Headers& h) { return client_.Get(path, h); });
  }
  [[nodiscard]] answer<std::string> post(const std::string& path, const json& body) {
    return send([&, text = write_json(body)](const httplib::Headers& h) {
      return client_.Post(path, h, text, "application/json");
    });
  }
  [[nodiscard]] answer<std::string> merge(const std::string& path, const json& body) {
    return send([&, text = write_json(body)](const httplib::Headers& h) {
      return client_.Patch(path, h, text, "application/merge-patch+json");
    });
  }
  [[nodiscard]] answer<std::string> remove(const std::string& path, const json& body) {
    return send([&, text = write_json(body)](const httplib::Headers& h) {
      return client_.Delete(path, h, text, "application/json");
    });
  }

  /// Reads the lines of an answer that does not end, for about `time`; `on_line(line)` false ends
  /// it. Not tried again: whoever watches comes back anyway.
  template <class OnLine>
  [[nodiscard]] answer<happened> lines(const std::string& path, duration time, OnLine on_line) {
    const auto begin = clock::now();
    client_.set_read_timeout(whole(time), rest(time));
    std::string partial;
    int code = 0;
    ++calls_;
    const httplib::Result r = client_.Get(
        path, headers(),
        [&](const httplib::Response& head) {
          code = head.status;
          return true;
        },
        [&](const char* data, std::size_t size) {
          partial.append(data, size);
          if (code != 200) return partial.size() < 65536;
          std::size_t from = 0;
          for (std::size_t end; (end = partial.find('\n', from)) != partial.npos; from = end + 1) {
            const std::string_view line{partial.data() + from, end - from};
            if (!line.empty() && !on_line(line)) return false;
          }
          partial.erase(0, from);
          return clock::now() - begin < std::chrono::microseconds(time.us);
        });
    client_.set_read_timeout(whole(config_.timeout), rest(config_.timeout));
    if (code == 0) return {api_status::unavailable, lost(r.error())};
    if (code != 200) return {status_of(code), reason(code, partial)};
    return happened{};  // it ended because its time was over, whoever ended it
  }

  static api_status status_of(int code) noexcept {
    if (code >= 200 && code < 300) return api_status::done;
    switch (code) {
      case 401:
      case 403:
        return api_status::forbidden;
      case 404:
        return api_status::not_found;
      case 409:
        return api_status::conflict;
      case 410:
        return api_status::gone;
      case 429:
        return api_status::busy;
      default:
        return code >= 500 ? api_status::unavailable : api_status::refused;
    }
  }
  /// What the server says in a Status object, or the bare number.
  [[nodiscard]] error reason(int code, const std::string& body) const {
    error why{"HTTP status " + std::to_string(code), config_.server, 0, "", ""};
    if (const auto document = read_json(body, ""); document) {
      std::string message;
      error ignored;
      if (json_place{*document}.member("message").text(message, ignored)) {
        why.what += ": ";
        for (const char c : message.substr(0, 500)) {
          why.what += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
        }
      }
    }
    return why;
  }

  [[nodiscard]] const http_config& settings() const noexcept { return config_; }
  [[nodiscard]] std::uint64_t calls() const noexcept { return calls_; }

 private:
  using clock = std::chrono::steady_clock;

  static time_t whole(duration d) noexcept { return static_cast<time_t>(d.us / 1'000'000); }
  static time_t rest(duration d) noexcept { return static_cast<time_t>(d.us % 1'000'000); }
  static const std::string& checked(const std::string& server) {
    MUSTER_EXPECTS(server.starts_with("http://") || server.starts_with("https://"),
                   "muster: kubernetes::http_api server has no scheme; write "
                   "http://host:port or https://host:port");
#ifndef CPPHTTPLIB_OPENSSL_SUPPORT
    MUSTER_EXPECTS(server.starts_with("http://"),
                   "muster: kubernetes::http_api was built without TLS; define "
                   "CPPHTTPLIB_OPENSSL_SUPPORT as the library's package does, or use http://");
#endif
    return server;
  }

  httplib::Headers headers() {
    if (!config_.token_file.empty() && (!token_read_ || clock::now() >= token_again_)) {
      if (std::FILE* file = std::fopen(config_.token_file.c_str(), "rb")) {
        char buffer[16384];
        const std::size_t n = std::fread(buffer, 1, sizeof buffer, file);
        std::fclose(file);
        config_.token.assign(buffer, n);
        while (!config_.token.empty() && static_cast<unsigned char>(config_.token.back()) <= ' ') {
          config_.token.pop_back();
        }
        token_read_ = true;
        token_again_ = clock::now() + std::chrono::minutes(1);
      }
    }
    httplib::Headers h{{"Accept", "application/json"}};
    if (!config_.token.empty()) h.emplace("Authorization", "Bearer " + config_.token);
    return h;
  }

  [[nodiscard]] error lost(httplib::Error e) const {
    return {
        "no answer: " + httplib::to_string(e), config_.server, 0, "",
        "a server that can be reached within " + std::to_string(config_.timeout.us / 1000) + " ms"};
  }

  // Seconds; the other form, a date, is not sent by API servers and reads as 0.
  static duration retry_after(const httplib::Response& r) {
    std::int64_t s = 0;
    for (const char c : r.get_header_value("Retry-After")) {
      if (c < '0' || c > '9' || s > 3600) break;
      s = s * 10 + (c - '0');
    }
    return seconds((std::min)(s, std::int64_t{60}));
  }

  template <class Call>
  answer<std::string> send(Call call) {
    for (std::uint32_t tries = 1;; ++tries) {
      ++calls_;
      const httplib::Result r = call(headers());
      const api_status status = r ? status_of(r->status) : api_status::unavailable;
      if (status == api_status::done) return std::string{r->body};
      if (!may_retry(status) || tries >= backoff_.settings().attempts) {
        return {status, r ? reason(r->status, r->body) : lost(r.error())};
      }
      const duration wait = backoff_.wait(tries, random_);
      sleep_((std::max)(wait, r ? retry_after(*r) : duration{}));
    }
  }

  http_config config_;
  coordination::backoff backoff_;
  rng random_;
  Sleep sleep_;
  httplib::Client client_;
  bool token_read_ = false;
  clock::time_point token_again_{};
  std::uint64_t calls_ = 0;
};

}  // namespace detail

}  // namespace muster::inline MUSTER_ABI::adapters::kubernetes
