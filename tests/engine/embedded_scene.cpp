#include "engine/embedded_scene.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace restream::test {

EmbeddedSettings test_settings() {
    EmbeddedSettings settings;
    settings.listen_port = 0;
    settings.admission.base_path = "live";
    settings.look_interval = Milliseconds(20);
    return settings;
}

RunningServer::RunningServer(EmbeddedSettings settings)
    : server_(
          std::move(settings),
          [this](const PublicationsRecord& record) {
              const std::lock_guard lock(mutex_);
              record_ = record;
              changed_.notify_all();
          },
          [this](std::string line) {
              const std::lock_guard lock(mutex_);
              log_.push_back(std::move(line));
          }),
      thread_([this] { server_.run(); }) {}

RunningServer::~RunningServer() { stop(); }

PublicationsRecord RunningServer::record() const {
    const std::lock_guard lock(mutex_);
    return record_;
}

std::vector<std::string> RunningServer::log() const {
    const std::lock_guard lock(mutex_);
    return log_;
}

bool RunningServer::publishes(const std::function<bool(const PublicationsRecord&)>& is_so) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, long_enough().at(), [&] { return is_so(record_); });
}

Milliseconds RunningServer::stop() {
    const auto begin = SteadyClock::now();
    server_.stop();
    if (thread_.joinable()) thread_.join();
    return std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - begin);
}

TestClient& Clients::connect(RtmpRole role, const std::string& app, const std::string& name) {
    ClientConnection::Request request;
    request.endpoint.host = "127.0.0.1";
    request.endpoint.port = port_;
    request.endpoint.app = app;
    request.endpoint.playpath = Secret(name);
    request.endpoint.tc_url = fmt::format("rtmp://127.0.0.1:{}/{}", port_, app);
    request.role = role;
    auto& client = *clients_.emplace_back(std::make_unique<TestClient>());
    client.connection = std::make_unique<ClientConnection>(loop_, std::move(request));
    return client;
}

TestClient& Clients::play(const std::string& app, const std::string& name) {
    return connect(RtmpRole::play, app, name);
}

TestClient& Clients::publish(const std::string& app, const std::string& name) {
    return connect(RtmpRole::publish, app, name);
}

void Clients::send(TestClient& publisher, const std::vector<Tag>& tags) {
    for (const Tag& each : tags) {
        if (publisher.ending) return;
        publisher.connection->send(each);
        if (!publisher.connection->is_ready()) {
            wait([&] { return publisher.ending || publisher.connection->is_ready(); });
        }
    }
}

bool Clients::wait(const std::function<bool()>& is_so, const Deadline& deadline) {
    for (;;) {
        poll();
        if (is_so()) return true;
        if (deadline.has_passed()) return false;
        // What another thread does wakes no loop of ours.
        loop_.run_once(Deadline(std::min(deadline.at(), SteadyClock::now() + Milliseconds(5))));
    }
}

void Clients::poll() {
    for (auto& client : clients_) {
        if (!client->connection || client->ending || !client->reads) continue;
        for (;;) {
            const auto event = client->connection->poll();
            if (const auto* tag = std::get_if<Tag>(&event)) {
                client->tags.push_back(*tag);
            } else if (std::holds_alternative<ClientConnection::PublisherLeft>(event)) {
                ++client->times_left;
            } else {
                break;
            }
        }
        client->ending = client->connection->ending();
    }
}

std::string difference(const std::vector<Tag>& a, const std::vector<Tag>& b) {
    for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
        if (i >= a.size() || i >= b.size())
            return fmt::format("{} and {} tags", a.size(), b.size());
        if (a[i].type != b[i].type) return fmt::format("the type of tag {}", i);
        if (a[i].time != b[i].time) {
            return fmt::format("tag {}: {} and {} ms", i, a[i].time.ms(), b[i].time.ms());
        }
        if (!std::ranges::equal(a[i].bytes(), b[i].bytes()))
            return fmt::format("bytes of tag {}", i);
    }
    return {};
}

}  // namespace restream::test
