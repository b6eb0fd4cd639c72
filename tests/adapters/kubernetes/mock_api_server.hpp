// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <httplib.h>

#include <muster/adapters/kubernetes/json_objects.hpp>
#include <muster/adapters/kubernetes/memory_cluster.hpp>

namespace support {

namespace kube = muster::adapters::kubernetes;
using kube::json;

/// An API server on loopback with a memory_cluster behind it, in this process.
class mock_api_server {
 public:
  kube::memory_cluster cluster;  ///< hold `lock` while changing it during a call
  std::mutex lock;
  std::string token;              ///< demanded if not empty
  std::atomic<int> fail_next{0};  ///< so many calls are answered with fail_status
  std::atomic<int> fail_status{503};
  std::string retry_after;           ///< sent with those
  std::atomic<bool> garbled{false};  ///< answers are cut in half
  std::vector<std::string> seen;     ///< METHOD path?query, in order
  std::vector<json> bodies;          ///< of POST, PATCH, DELETE
  std::vector<std::string> content_types;

  explicit mock_api_server(kube::memory_cluster::config c = {}) : cluster{c} {
    using httplib::Request;
    using httplib::Response;
    server_.set_pre_routing_handler([this](const Request& ask, Response& out) {
      const std::scoped_lock held{lock};
      seen.push_back(ask.method + ' ' + ask.target);
      if (fail_next > 0) {
        --fail_next;
        if (!retry_after.empty()) out.set_header("Retry-After", retry_after);
        status(out, fail_status, "told to fail");
        return httplib::Server::HandlerResponse::Handled;
      }
      if (!token.empty() && ask.get_header_value("Authorization") != "Bearer " + token) {
        status(out, 401, "Unauthorized");
        return httplib::Server::HandlerResponse::Handled;
      }
      return httplib::Server::HandlerResponse::Unhandled;
    });
    server_.Get("/api/v1/nodes", [this](const Request& ask, Response& out) {
      if (ask.has_param("watch")) return watch<kube::node>(ask, out);
      const std::scoped_lock held{lock};
      list(ask, out, "NodeList", *cluster.list_nodes());
    });
    server_.Get("/api/v1/pods", [this](const Request& ask, Response& out) {
      if (ask.has_param("watch")) return watch<kube::pod>(ask, out);
      const std::scoped_lock held{lock};
      list(ask, out, "PodList", *cluster.list_pods());
    });
    server_.Post(R"(/api/v1/namespaces/([^/]+)/pods/([^/]+)/binding)",
                 [this](const Request& ask, Response& out) {
                   const std::scoped_lock held{lock};
                   const json body = body_of(ask);
                   kube::pod p = named(ask);
                   p.meta.uid = body["metadata"].value("uid", "");
                   give(out, cluster.bind(p, body["target"].value("name", "")), 201);
                 });
    const char* scale = R"(/apis/apps/v1/namespaces/([^/]+)/deployments/([^/]+)/scale)";
    server_.Get(scale, [this](const Request& ask, Response& out) {
      const std::scoped_lock held{lock};
      give(out, cluster.read_scale(ask.matches[1], ask.matches[2]));
    });
    server_.Patch(scale, [this](const Request& ask, Response& out) {
      const std::scoped_lock held{lock};
      const json body = body_of(ask);
      kube::scale s;
      s.meta.space = ask.matches[1];
      s.meta.name = ask.matches[2];
      if (body.contains("metadata")) s.meta.version = body["metadata"].value("resourceVersion", "");
      s.wanted = body["spec"].value("replicas", 0);
      give(out, cluster.write_scale(s));
    });
    const char* pod = R"(/api/v1/namespaces/([^/]+)/pods/([^/]+))";
    server_.Patch(pod, [this](const Request& ask, Response& out) {
      const std::scoped_lock held{lock};
      const json body = body_of(ask);
      kube::pod p = named(ask);
      p.meta.version = body["metadata"].value("resourceVersion", "");
      const auto& note = body["metadata"]["annotations"].items().begin();
      give(out, cluster.annotate(p, note.key(), note.value().get<std::string>()));
    });
    server_.Delete(pod, [this](const Request& ask, Response& out) {
      const std::scoped_lock held{lock};
      const json body = body_of(ask);
      kube::pod p = named(ask);
      p.meta.uid = body["preconditions"].value("uid", "");
      p.meta.version = body["preconditions"].value("resourceVersion", "");
      give(out, cluster.remove(p));
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread{[this] { server_.listen_after_bind(); }};
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~mock_api_server() {
    stopping_ = true;
    server_.stop();
    thread_.join();
  }

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  static void status(httplib::Response& out, int code, const std::string& message) {
    out.status = code;
    out.set_content(json{{"kind", "Status"}, {"code", code}, {"message", message}}.dump(),
                    "application/json");
  }
  static int code_of(kube::api_status s) {
    switch (s) {
      case kube::api_status::not_found:
        return 404;
      case kube::api_status::conflict:
        return 409;
      case kube::api_status::gone:
        return 410;
      case kube::api_status::refused:
        return 422;
      default:
        return 500;
    }
  }
  template <class T>
  void give(httplib::Response& out, const kube::answer<T>& a, int good = 200) {
    if (!a) return status(out, code_of(a.status()), a.failure().what);
    out.status = good;
    std::string text;
    if constexpr (std::is_same_v<T, kube::happened>) {
      text = json{{"kind", "Status"}, {"status", "Success"}}.dump();
    } else {
      text = kube::write_object(*a).dump();
    }
    if (garbled) text.resize(text.size() / 2);
    out.set_content(text, "application/json");
  }
  json body_of(const httplib::Request& ask) {
    bodies.push_back(json::parse(ask.body, nullptr, false));
    content_types.push_back(ask.get_header_value("Content-Type"));
    return bodies.back();
  }
  static kube::pod named(const httplib::Request& ask) {
    kube::pod p;
    p.meta.space = ask.matches[1];
    p.meta.name = ask.matches[2];
    return p;
  }
  // Pages: the token to go on with is the number of the next object.
  template <class Object>
  void list(const httplib::Request& ask, httplib::Response& out, const char* kind,
            const kube::listing<Object>& all) {
    const std::size_t first =
        ask.has_param("continue") ? std::stoul(ask.get_param_value("continue").substr(1)) : 0;
    const std::size_t most = std::stoul(ask.get_param_value("limit"));
    json j{{"kind", kind}, {"apiVersion", "v1"}};
    j["metadata"]["resourceVersion"] = all.version;
    j["items"] = json::array();
    for (std::size_t i = first; i < all.items.size() && i < first + most; ++i) {
      j["items"].push_back(kube::write_object(all.items[i]));
    }
    if (first + most < all.items.size()) {
      j["metadata"]["continue"] = "&" + std::to_string(first + most);  // must be escaped
    }
    std::string text = j.dump();
    if (garbled) text.resize(text.size() / 2);
    out.set_content(text, "application/json");
  }
  template <class Object>
  void watch(const httplib::Request& ask, httplib::Response& out) {
    const auto until = std::chrono::steady_clock::now() +
                       std::chrono::seconds(std::stoi(ask.get_param_value("timeoutSeconds")));
    auto since = std::make_shared<std::string>(ask.get_param_value("resourceVersion"));
    out.set_chunked_content_provider("application/json", [this, since, until](
                                                             std::size_t, httplib::DataSink& sink) {
      for (;;) {
        std::string text;
        bool over = false;
        {
          const std::scoped_lock held{lock};
          kube::answer<kube::watch_batch<Object>> batch = [&] {
            if constexpr (std::is_same_v<Object, kube::node>) {
              return cluster.watch_nodes(*since, {});
            } else {
              return cluster.watch_pods(*since, {});
            }
          }();
          if (!batch) {
            text = json{{"type", "ERROR"},
                        {"object",
                         {{"code", code_of(batch.status())}, {"message", batch.failure().what}}}}
                       .dump() +
                   '\n';
            over = true;
          } else {
            constexpr const char* names[] = {"ADDED", "MODIFIED", "DELETED"};
            for (const auto& e : batch->events) {
              text += json{{"type", names[static_cast<int>(e.kind)]},
                           {"object", kube::write_object(e.object)}}
                          .dump() +
                      '\n';
            }
            if (batch->version != *since) {
              text += json{{"type", "BOOKMARK"},
                           {"object", {{"metadata", {{"resourceVersion", batch->version}}}}}}
                          .dump() +
                      '\n';
            }
            *since = batch->version;
          }
        }
        if (!text.empty() && !sink.write(text.data(), text.size())) return false;
        if (over || stopping_ || std::chrono::steady_clock::now() >= until) {
          sink.done();
          return true;
        }
        if (!text.empty()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    });
  }

  httplib::Server server_;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  int port_ = 0;
};

}  // namespace support
