#include "server/embedded_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <list>
#include <utility>

#include "base/error.hpp"
#include "ingest/address.hpp"
#include "net/loop.hpp"
#include "server/line_budget.hpp"

namespace restream {

namespace {

constexpr Milliseconds shortest_record_interval(100);
constexpr Milliseconds figures_interval = std::chrono::seconds(1);
/// Descriptors for what is no connection: listening, the loop, files that are written.
constexpr std::size_t other_descriptors = 64;
constexpr int most_accepted_a_turn = 64;

}  // namespace

struct EmbeddedServer::Inside {
    struct Listener {
        Fd socket;
        std::unique_ptr<SocketWatch> watch;  ///< goes before its socket
    };

    Inside(EmbeddedSettings wanted, Publish publish_record, Log log_line)
        : settings(std::move(wanted)),
          tell(std::move(publish_record)),
          write_log(std::move(log_line)),
          publications(Admission(settings.admission), settings.publications),
          context{.loop = loop,
                  .publications = publications,
                  .limits = settings.connection,
                  .now = SteadyClock::now(),
                  .log = [this](std::string line) { log(std::move(line)); }} {}

    void listen();
    void accept_all(Listener& listener);
    /// False where nobody more can be taken now.
    bool accept_one(Listener& listener, bool somebody_waits);
    bool has_given_way();
    void settle();
    void keep_to_budget();
    void look_at_clocks();
    void tell_record();
    PublicationsRecord make_record();
    void log(std::string line);
    void turn_away(const Visitor& visitor);
    Deadline next_deadline() const;
    void say_goodbye();

    // The order is that of destruction, backwards: connections leave publications, and watches
    // their loop.
    EmbeddedSettings settings;
    Publish tell;
    Log write_log;
    LineBudget log_budget;
    Loop loop;
    Publications publications;
    ConnectionContext context;
    std::list<Listener> listeners;
    std::string listen_problem;                 ///< as Listening's
    std::list<EmbeddedConnection> connections;  ///< the oldest first
    bool is_accepting = true;
    SteadyTime last_look{};
    SteadyTime last_told{};
    std::uint64_t told_changes = 0;
    std::size_t told_connections = 0;
    std::uint64_t told_cut_offs = 0;
    std::atomic<bool> is_stopping = false;
};

EmbeddedServer::EmbeddedServer(EmbeddedSettings settings, Publish publish, Log log)
    : inside_(std::make_unique<Inside>(std::move(settings), std::move(publish), std::move(log))) {
    inside_->listen();
}

EmbeddedServer::~EmbeddedServer() = default;

int EmbeddedServer::port() const { return port_of(inside_->listeners.front().socket); }

void EmbeddedServer::stop() {
    inside_->is_stopping = true;
    inside_->loop.wake();
}

void EmbeddedServer::run() {
    Inside& inside = *inside_;
    inside.tell_record();
    while (!inside.is_stopping) {
        inside.loop.run_once(inside.next_deadline());
        inside.settle();
        inside.keep_to_budget();
        inside.look_at_clocks();
        inside.tell_record();
    }
    inside.say_goodbye();
}

void EmbeddedServer::Inside::listen() {
    const std::size_t limit = raise_descriptor_limit(settings.most_connections + other_descriptors);
    const std::size_t most = limit > other_descriptors ? limit - other_descriptors : 1;
    settings.most_connections = std::min(settings.most_connections, most);
    const bool is_guarded = Admission(settings.admission).is_guarded();
    Listening listening = listen_for_ingest(settings.listen_host, settings.listen_port);
    listen_problem = std::move(listening.problem);
    if (!listen_problem.empty()) log(listen_problem);
    for (Fd& socket : listening.sockets) {
        if (is_beyond_loopback(socket) && !is_guarded) {
            throw Error(ErrorKind::config,
                        fmt::format("[ingest] listen: {} can be reached from other machines, so "
                                    "that anybody could publish; set publish_key or allow_publish, "
                                    "or listen at 127.0.0.1:{}",
                                    host_and_port(settings.listen_host, settings.listen_port),
                                    settings.listen_port));
        }
        Listener& listener = listeners.emplace_back(Listener{std::move(socket), nullptr});
        listener.watch = std::make_unique<SocketWatch>(loop, listener.socket,
                                                       [this, &listener] { accept_all(listener); });
        listener.watch->await_readable();
    }
}

void EmbeddedServer::Inside::accept_all(Listener& listener) {
    context.now = SteadyClock::now();
    for (int i = 0; i < most_accepted_a_turn; ++i) {
        if (!accept_one(listener, i == 0)) break;
    }
    // Where there is no descriptor for one who waits, the next look tries again: asking at once
    // would turn in circles.
    if (is_accepting) listener.watch->await_readable();
}

/// `somebody_waits`: else a missing descriptor says nothing, because the system looks for one
/// before it looks who waits.
bool EmbeddedServer::Inside::accept_one(Listener& listener, bool somebody_waits) {
    auto accepted = accept_connection(listener.socket);
    if (const auto* why = std::get_if<NotAccepted>(&accepted)) {
        if (*why == NotAccepted::no_descriptors && somebody_waits) {
            is_accepting = has_given_way();
            return is_accepting;
        }
        return *why == NotAccepted::gone;
    }
    Accepted& visit = std::get<Accepted>(accepted);
    const Visitor visitor = visit.visitor;
    // Where nobody gives way, all publish or play: the new one has to go, and comes again.
    if (connections.size() >= settings.most_connections && !has_given_way()) {
        turn_away(visitor);
        return true;
    }
    try {
        connections.emplace_back(context, std::move(visit));
    } catch (const Error&) {
        turn_away(visitor);
        is_accepting = false;
    }
    return is_accepting;
}

bool EmbeddedServer::Inside::has_given_way() {
    const auto oldest = std::ranges::find_if(connections, &EmbeddedConnection::is_idle);
    if (oldest == connections.end()) return false;
    oldest->give_way("too_many_connections");
    settle();
    return true;
}

void EmbeddedServer::Inside::turn_away(const Visitor& visitor) {
    CutOff cut_off{.role = CutOff::Role::client,
                   .when = std::chrono::system_clock::now(),
                   .address = visitor.address.text(),
                   .code = "too_many_connections"};
    log(fmt::format("turned away {}: too many connections", cut_off.address));
    context.cut_offs.note(std::move(cut_off));
}

void EmbeddedServer::Inside::log(std::string line) {
    if (!write_log || !log_budget.take(SteadyClock::now())) return;
    if (const auto left_out = log_budget.take_left_out(); left_out > 0) {
        write_log(fmt::format("{} lines about connections were left out", left_out));
    }
    write_log(std::move(line));
}

void EmbeddedServer::Inside::settle() {
    // Settling may touch others: a player hears that its publisher is gone.
    std::vector<EmbeddedConnection*> over;
    for (std::size_t i = 0; i < context.touched.size(); ++i) {
        EmbeddedConnection& each = *context.touched[i];
        each.settle();
        if (each.is_over()) over.push_back(&each);
    }
    context.touched.clear();
    if (over.empty()) return;
    connections.remove_if([](const EmbeddedConnection& each) { return each.is_over(); });
}

/// The player with the most unread bytes goes first, the owner's own processes last. Others may
/// share a player's payloads, so that several may have to go.
void EmbeddedServer::Inside::keep_to_budget() {
    const auto badness = [](const EmbeddedConnection& each) {
        return std::pair(!each.is_owners(), each.unread_bytes());
    };
    while (context.held.bytes() + context.queue_bytes > settings.connection.most_held_bytes) {
        auto worst = connections.end();
        for (auto each = connections.begin(); each != connections.end(); ++each) {
            if (each->unread_bytes() == 0) continue;
            if (worst == connections.end() || badness(*each) > badness(*worst)) worst = each;
        }
        if (worst == connections.end()) return;
        worst->give_way("memory_short");
        settle();
    }
}

void EmbeddedServer::Inside::look_at_clocks() {
    const SteadyTime now = SteadyClock::now();
    if (now - last_look < settings.look_interval) return;
    last_look = context.now = now;
    for (EmbeddedConnection& each : connections) each.look_at_clock();
    settle();
    if (is_accepting) return;
    is_accepting = true;
    for (Listener& each : listeners) each.watch->await_readable();
}

void EmbeddedServer::Inside::tell_record() {
    const SteadyTime now = SteadyClock::now();
    if (now >= publications.next_silence()) publications.look_for_silence(now);
    const bool has_news = publications.changes() != told_changes ||
                          connections.size() != told_connections ||
                          context.cut_offs.total() != told_cut_offs;
    const bool is_due = last_told == SteadyTime{} ||
                        (has_news && now - last_told >= shortest_record_interval) ||
                        (publications.has_publisher() && now - last_told >= figures_interval);
    if (!is_due) return;
    last_told = now;
    told_changes = publications.changes();
    told_connections = connections.size();
    told_cut_offs = context.cut_offs.total();
    tell(make_record());
}

PublicationsRecord EmbeddedServer::Inside::make_record() {
    PublicationsRecord record =
        publications.record(SteadyClock::now(), std::chrono::system_clock::now());
    record.connections = static_cast<std::uint32_t>(connections.size());
    record.dropped_players = context.dropped_players;
    record.cut_offs = context.cut_offs.latest();
    record.cut_off_count = context.cut_offs.total();
    record.silent_visits = context.cut_offs.silent_visits();
    record.listen_problem = listen_problem;
    return record;
}

Deadline EmbeddedServer::Inside::next_deadline() const {
    SteadyTime next = SteadyTime::max();
    if (!connections.empty() || !is_accepting) next = last_look + settings.look_interval;
    if (publications.has_publisher()) next = std::min(next, last_told + figures_interval);
    next = std::min(next, publications.next_silence());
    if (publications.changes() != told_changes || connections.size() != told_connections ||
        context.cut_offs.total() != told_cut_offs) {
        next = std::min(next, last_told + shortest_record_interval);
    }
    return Deadline(next);
}

void EmbeddedServer::Inside::say_goodbye() {
    listeners.clear();
    context.now = SteadyClock::now();
    const Deadline deadline = Deadline::after(settings.goodbye);
    for (EmbeddedConnection& each : connections) each.say_goodbye();
    settle();
    while (!connections.empty() && !deadline.has_passed()) {
        loop.run_once(deadline);
        settle();
    }
    connections.clear();
    PublicationsRecord record = make_record();
    record.publications.clear();
    tell(record);
}

}  // namespace restream
