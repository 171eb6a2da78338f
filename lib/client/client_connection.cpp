#include "client/client_connection.hpp"

#include <utility>

#include "client/client_connection_asio.hpp"

namespace restream {

ClientConnection::ClientConnection(Loop& loop, Request request)
    : inside_(std::make_shared<Inside>(loop, std::move(request))) {
    inside_->begin();
}

ClientConnection::~ClientConnection() = default;

bool ClientConnection::is_accepted() const { return inside_->is_accepted(); }
bool ClientConnection::was_accepted() const { return inside_->was_accepted(); }
std::optional<RtmpEnding> ClientConnection::ending() const { return inside_->ending(); }
ClientConnection::Event ClientConnection::poll() { return inside_->poll(); }
bool ClientConnection::is_ready() const { return inside_->is_ready(); }
void ClientConnection::send(const Tag& tag) { inside_->send(tag); }
void ClientConnection::finish(const Deadline& deadline) { inside_->finish(deadline); }
std::optional<double> ClientConnection::rtt_ms() const { return inside_->rtt_ms(); }
SteadyClock::duration ClientConnection::standing(SteadyTime now) const {
    return inside_->standing(now);
}
std::optional<TcpFacts> ClientConnection::tcp() const { return inside_->tcp(); }
SteadyTime ClientConnection::last_moved() const { return inside_->last_moved(); }

}  // namespace restream
