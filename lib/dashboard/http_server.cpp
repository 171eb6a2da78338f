#include "dashboard/http_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "dashboard/http_connection_asio.hpp"
#include "ingest/address.hpp"
#include "ingest/listen_check.hpp"

namespace restream {

namespace asio = boost::asio;
using boost::beast::error_code;
using tcp = asio::ip::tcp;

namespace {

constexpr std::size_t most_connections = 256;
constexpr std::size_t most_readers = 32;
/// After accepting failed (too many open files): time for some to be closed.
constexpr auto breath = std::chrono::milliseconds(100);

/// For the last answers.
constexpr auto patience_with_answers = std::chrono::seconds(2);

std::string words(const std::string& host, int port, std::error_code why) {
    if (why == std::errc::address_in_use) {
        return fmt::format(
            "port {} is taken {}; end that program, or give another port: --listen 127.0.0.1:{}, "
            "or listen in the [dashboard] section of restream.toml",
            port, taken_by(host, port), port < 65535 ? port + 1 : 5000);
    }
    if (why == std::errc::permission_denied) {
        return "not allowed; ports below 1024 belong to the system: use 5000";
    }
    if (why == std::errc::address_not_available) {
        return "this machine does not have that address; use 127.0.0.1";
    }
    return why.message();
}

tcp::endpoint endpoint_of(const std::string& host, int port) {
    error_code error;
    const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
    if (error) {
        throw Error(ErrorKind::usage,
                    "'" + host + "' is no address; give one of this machine's, such as 127.0.0.1");
    }
    return {address, static_cast<unsigned short>(port)};
}

}  // namespace

struct HttpServer::Inside final : ConnectionOwner {
    Inside(Handler what, Identities whose)
        : handler(std::move(what)), identities(std::move(whose)) {}

    void listen(const std::string& host, int port) {
        const tcp::endpoint endpoint = endpoint_of(host, port);
        error_code error;
        acceptor.open(endpoint.protocol(), error);
        if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
        if (!error) acceptor.bind(endpoint, error);
        if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
        if (error) {
            throw Error(ErrorKind::refused,
                        fmt::format("listening at {}: {}", host_and_port(host, port),
                                    words(host, port, error)),
                        error);
        }
        accept();
    }

    void accept() {
        acceptor.async_accept([this](error_code error, tcp::socket socket) {
            if (error == asio::error::operation_aborted) return;
            if (error) {
                // Too many open files, most likely: who is idle makes room.
                if (make_room()) return accept();
                timer.expires_after(breath);
                timer.async_wait([this](error_code broken) {
                    if (!broken) accept();
                });
                return;
            }
            take(std::move(socket));
            accept();
        });
    }

    void take(tcp::socket socket) {
        if (connections.size() >= most_connections && !make_room()) return;
        const auto identity = identities ? identities() : nullptr;
        auto connection =
            std::make_shared<HttpConnection>(std::move(socket), identity.get(), *this);
        connections.push_back(connection);
        connection->begin();
    }

    /// The one that has been idle longest goes; false where none is.
    bool make_room() {
        std::shared_ptr<HttpConnection> idlest;
        for (const auto& each : connections) {
            if (!each->is_idle()) continue;
            if (!idlest || each->idle_since() < idlest->idle_since()) idlest = each;
        }
        if (!idlest) return false;
        idlest->close();
        std::erase(connections, idlest);
        return true;
    }

    void handle(Request request, Reply reply) override {
        handler(std::move(request), std::move(reply));
    }
    /// The newest reader gets in: somebody looks at that page. Of whoever has the most, the oldest
    /// goes, so that nobody can keep the others out.
    void make_room_for_reader() override {
        std::map<std::string, std::vector<std::shared_ptr<HttpConnection>>> readers;
        std::size_t count = 0;
        for (const auto& each : connections) {
            if (!each->reads_events()) continue;
            readers[each->asker()].push_back(each);
            ++count;
        }
        if (count < most_readers) return;
        const auto& most = std::ranges::max_element(readers, {}, [](const auto& each) {
                               return each.second.size();
                           })->second;
        (*std::ranges::min_element(most, {}, &HttpConnection::reads_since))->end_events();
    }
    void has_ended(HttpConnection& connection) override {
        std::erase_if(connections, [&](const auto& each) { return each.get() == &connection; });
        if (is_closing_ && connections.empty() && !guard.owns_work()) timer.cancel();
    }

    bool is_closing() const override { return is_closing_; }
    void close() {
        is_closing_ = true;
        error_code ignored;
        acceptor.close(ignored);
        timer.cancel();
        for (const auto& each : repeating) each->cancel();
        const auto all = connections;
        for (const auto& each : all) {
            if (!each->is_idle() && !each->reads_events()) continue;
            each->close();
            std::erase(connections, each);
        }
    }
    void finish() {
        guard.reset();
        timer.expires_after(patience_with_answers);
        timer.async_wait([this](error_code error) {
            if (!error) context.stop();
        });
        // Who has been answered leaves nothing to wait for.
        if (connections.empty()) timer.cancel();
    }

    void repeat(std::shared_ptr<asio::steady_timer> at, Milliseconds between,
                std::shared_ptr<std::function<void()>> what) {
        at->expires_after(between);
        at->async_wait([this, at, between, what](error_code error) {
            if (error || is_closing_) return;
            (*what)();
            repeat(at, between, what);
        });
    }

    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> guard{context.get_executor()};
    tcp::acceptor acceptor{context};
    asio::steady_timer timer{context};
    Handler handler;
    Identities identities;
    std::vector<std::shared_ptr<HttpConnection>> connections;
    std::vector<std::shared_ptr<asio::steady_timer>> repeating;
    bool is_closing_ = false;
};

HttpServer::HttpServer(const std::string& host, int port, Handler handler, Identities identities)
    : inside_(std::make_shared<Inside>(std::move(handler), std::move(identities))) {
    inside_->listen(host, port);
}

HttpServer::~HttpServer() = default;

int HttpServer::port() const { return inside_->acceptor.local_endpoint().port(); }

void HttpServer::run() { inside_->context.run(); }

void HttpServer::close() {
    asio::post(inside_->context, [inside = inside_.get()] { inside->close(); });
}

void HttpServer::finish() {
    asio::post(inside_->context, [inside = inside_.get()] { inside->finish(); });
}

void HttpServer::stop() { inside_->context.stop(); }

void HttpServer::post(std::function<void()> work) { asio::post(inside_->context, std::move(work)); }

void HttpServer::every(Milliseconds between, std::function<void()> what) {
    inside_->repeating.push_back(std::make_shared<asio::steady_timer>(inside_->context));
    inside_->repeat(inside_->repeating.back(), between,
                    std::make_shared<std::function<void()>>(std::move(what)));
}

void HttpServer::publish(std::string_view event, std::string_view data) {
    const std::string name(event);
    const std::string text(data);
    // A copy: one that ends leaves the list.
    const auto all = inside_->connections;
    for (const auto& each : all) {
        if (each->reads_events()) each->send_event(name, text);
    }
}

void HttpServer::end_readers() {
    const auto all = inside_->connections;
    for (const auto& each : all) {
        if (!each->reads_events()) continue;
        each->close();
        std::erase(inside_->connections, each);
    }
}

std::size_t HttpServer::readers() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(inside_->connections, &HttpConnection::reads_events));
}

}  // namespace restream
