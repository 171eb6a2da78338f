#include "selftest/scene.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "server/connection_socket.hpp"
#include "system/tcp.hpp"

namespace restream::selftest {

namespace {

/// A command that takes longer hangs: enable comes back after 15 s at the latest.
constexpr Milliseconds longest_command = std::chrono::seconds(20);

/// Free a moment ago: nobody else is likely to be given it at once.
int free_port() {
    const std::vector<Fd> listeners = listen_at("127.0.0.1", 0);
    const int port = port_of(listeners.front());
    const auto problem =
        connect_problem("127.0.0.1", port, Deadline::after(std::chrono::seconds(2)));
    if (!problem) return port;
    throw Error(
        ErrorKind::refused,
        fmt::format("connecting to 127.0.0.1: {}; see that the loopback interface is up, and "
                    "that no firewall stands before it",
                    *problem));
}

}  // namespace

Scene::Scene(std::filesystem::path programs, const Cancel& cancel)
    : cancel_(cancel),
      home_(std::move(programs)),
      registry_(home_.layout()),
      ingest_port_(free_port()) {
    home_.configure(
        fmt::format("[ingest]\nserver = \"embedded\"\nlisten = \"127.0.0.1:{0}\"\n"
                    "url = \"rtmp://127.0.0.1:{0}/live\"\n",
                    ingest_port_));
}

std::vector<int> Scene::sink_ports() const {
    std::vector<int> ports;
    for (const auto& [name, sink] : sinks_) ports.push_back(sink->port());
    return ports;
}

LocalSink& Scene::add(const std::string& name, Manner manner) {
    auto& sink = sinks_[name];
    sink = std::make_unique<LocalSink>(manner);
    home_.add(name, sink->url());
    return *sink;
}

void Scene::publish() {
    leave();
    publisher_ = std::make_unique<Publisher>(fmt::format("rtmp://127.0.0.1:{}/live", ingest_port_),
                                             published_);
}

void Scene::leave() {
    if (!publisher_) return;
    publisher_->leave();
    published_ = publisher_->published();
    publisher_.reset();
}

Counts Scene::published() const { return publisher_ ? publisher_->published() : published_; }

std::string Scene::publisher_trouble() const {
    return publisher_ ? publisher_->trouble().value_or("no answer") : "nobody publishes";
}

Captured Scene::command(const std::string& verb, const std::vector<std::string>& arguments) const {
    return home_.run(verb, arguments, longest_command, [this] { return is_cancelled(); });
}

bool Scene::wait(Milliseconds longest, const std::function<bool()>& is_so) const {
    bool was_so = false;
    wait_until(Deadline::after(longest), [&] {
        was_so = is_so();
        return was_so || is_cancelled();
    });
    return was_so;
}

bool Scene::wait_state(const std::string& name, State state, Milliseconds longest) const {
    return wait(longest, [&] {
        const auto found = record(name);
        return found && found->state == state;
    });
}

std::optional<Record> Scene::record(const std::string& name) const {
    return registry_.last_record(name);
}

std::string Scene::state_words(const std::string& name) const {
    const auto found = record(name);
    if (!found) return "nothing known";
    const std::string state(state_name(found->state));
    return found->reason ? fmt::format("{} ({})", state, found->reason->message) : state;
}

void Scene::empty_stage() {
    publisher_.reset();
    sinks_.clear();
}

}  // namespace restream::selftest
