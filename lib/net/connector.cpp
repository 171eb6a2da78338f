#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "net/connector_asio.hpp"
#include "net/loop_asio.hpp"
#include "net/socket_words_asio.hpp"
#include "system/tcp_facts.hpp"

namespace restream {

namespace {

using boost::asio::ip::tcp;
using Code = boost::system::error_code;

/// **Source**: RFC 8305, section 5, "Connection Attempt Delay".
constexpr Milliseconds head_start(250);
/// Of one name. A zone can name hundreds; nobody waits for them.
constexpr std::size_t most_addresses = 16;

/// The other kind of address comes second, so that a network on which one kind leads nowhere
/// costs one head start.
std::vector<tcp::endpoint> in_turn(const std::vector<std::string>& addresses, int port) {
    std::vector<tcp::endpoint> kinds[2];
    for (const std::string& each : addresses) {
        Code error;
        const auto address = boost::asio::ip::make_address(each, error);
        if (error) continue;
        const tcp::endpoint endpoint(address, static_cast<unsigned short>(port));
        const bool is_first_kind =
            kinds[0].empty() || kinds[0].front().protocol() == endpoint.protocol();
        auto& kind = kinds[is_first_kind ? 0 : 1];
        if (std::ranges::find(kind, endpoint) == kind.end()) kind.push_back(endpoint);
    }
    std::vector<tcp::endpoint> result;
    for (std::size_t i = 0; i < std::max(kinds[0].size(), kinds[1].size()); ++i) {
        for (const auto& kind : kinds) {
            if (i < kind.size()) result.push_back(kind[i]);
        }
    }
    if (result.size() > most_addresses) result.resize(most_addresses);
    return result;
}

/// Of several failures, which one to tell: somebody who answered no knows most.
int rank(RtmpEnding::Cause cause) {
    switch (cause) {
        case RtmpEnding::Cause::connection_refused:
            return 3;
        case RtmpEnding::Cause::connect_timed_out:
            return 2;
        case RtmpEnding::Cause::unreachable:
            return 1;
        default:
            return 0;
    }
}

/// On loopback, a connection to a port where nobody listens can get that very port as its own and
/// meet itself (TCP's simultaneous open).
bool met_itself(const tcp::socket& socket) {
    Code ignored;
    return socket.local_endpoint(ignored) == socket.remote_endpoint(ignored);
}

}  // namespace

class Connector::Inside : public std::enable_shared_from_this<Inside> {
  public:
    Inside(Loop& loop, std::string host, int port, const Deadline& deadline, Done done)
        : loop_(loop),
          timer_(loop.inside().context),
          host_(std::move(host)),
          port_(port),
          deadline_(deadline),
          done_(std::move(done)) {}

    void begin(LookUp how) {
        Code error;
        (void)boost::asio::ip::make_address(host_, error);
        if (!error) {
            endpoints_ = in_turn({host_}, port_);
            boost::asio::post(loop_.inside().context, [self = weak_from_this()] {
                if (const auto inside = self.lock()) inside->try_next();
            });
            return;
        }
        wait_until(deadline_.at());
        try {
            begin_look_up(loop_, how ? std::move(how) : LookUp(look_up), host_, weak_from_this(),
                          [this](LookedUp found) { take(std::move(found)); });
        } catch (const Error& failure) {
            boost::asio::post(loop_.inside().context,
                              [self = weak_from_this(), words = std::string(failure.what())] {
                                  if (const auto inside = self.lock()) {
                                      inside->finish(RtmpEnding{RtmpEnding::Cause::failed, words});
                                  }
                              });
        }
    }

  private:
    struct Attempt {
        tcp::socket socket;
        tcp::endpoint endpoint;
        bool is_over = false;
    };

    void take(LookedUp found) {
        if (!done_) return;
        endpoints_ = in_turn(found.addresses, port_);
        if (!endpoints_.empty()) {
            try_next();
            return;
        }
        if (found.problem.empty()) found.problem = "no address";
        finish(RtmpEnding{RtmpEnding::Cause::name_not_found, host_ + ": " + found.problem});
    }

    void try_next() {
        if (!done_) return;
        if (attempts_.size() < endpoints_.size()) start(endpoints_[attempts_.size()]);
        if (!done_) return;
        const auto untried = endpoints_.size() - attempts_.size();
        const auto share = deadline_.left() / static_cast<int>(untried + 1);
        wait_until(untried == 0 ? deadline_.at()
                                : SteadyClock::now() + std::min(head_start, share));
    }

    void start(const tcp::endpoint& endpoint) {
        auto& attempt = *attempts_.emplace_back(
            std::make_unique<Attempt>(tcp::socket(loop_.inside().context), endpoint));
        Code error;
        attempt.socket.open(endpoint.protocol(), error);
        if (error) {
            fail(attempt, error);
            return;
        }
        close_on_exec(attempt.socket.native_handle());
        attempt.socket.async_connect(endpoint, [self = weak_from_this(), &attempt](Code result) {
            const auto inside = self.lock();
            if (!inside || !inside->done_ || attempt.is_over) return;
            if (!result && met_itself(attempt.socket)) {
                result = boost::asio::error::connection_refused;
            }
            if (result) {
                inside->fail(attempt, result);
            } else {
                inside->finish(std::move(attempt.socket));
            }
        });
    }

    void fail(Attempt& attempt, const Code& error) {
        attempt.is_over = true;
        Code ignored;
        attempt.socket.close(ignored);
        note(socket_ending(error, attempt.endpoint));
        if (attempts_.size() < endpoints_.size()) {
            try_next();
        } else if (std::ranges::all_of(attempts_, &Attempt::is_over, &unwrap)) {
            finish(*failure_);
        }
    }

    static const Attempt& unwrap(const std::unique_ptr<Attempt>& attempt) { return *attempt; }

    void note(RtmpEnding ending) {
        if (!failure_) {
            failure_ = std::move(ending);
            return;
        }
        failure_->detail += "; " + ending.detail;
        if (rank(ending.cause) > rank(failure_->cause)) failure_->cause = ending.cause;
    }

    void wait_until(SteadyTime at) {
        timer_.expires_at(std::min(at, deadline_.at()));
        timer_.async_wait([self = weak_from_this()](const Code& error) {
            const auto inside = self.lock();
            if (!error && inside && inside->done_) inside->look_at_clock();
        });
    }

    void look_at_clock() {
        if (!deadline_.has_passed()) {
            try_next();
            return;
        }
        if (endpoints_.empty()) {
            finish(RtmpEnding{RtmpEnding::Cause::name_not_found,
                              host_ + ": no answer to the look-up in time"});
            return;
        }
        for (const auto& each : attempts_) {
            if (!each->is_over) note(socket_ending(boost::asio::error::timed_out, each->endpoint));
        }
        finish(*failure_);
    }

    void finish(Result result) {
        timer_.cancel();
        const Done done = std::exchange(done_, {});
        if (done) done(std::move(result));
    }

    Loop& loop_;
    boost::asio::steady_timer timer_;
    std::string host_;
    int port_;
    Deadline deadline_;
    Done done_;  ///< empty once it was called
    std::vector<tcp::endpoint> endpoints_;
    std::vector<std::unique_ptr<Attempt>> attempts_;
    std::optional<RtmpEnding> failure_;
};

Connector::Connector(Loop& loop, const std::string& host, int port, LookUp how,
                     const Deadline& deadline, Done done)
    : inside_(std::make_shared<Inside>(loop, host, port, deadline, std::move(done))) {
    inside_->begin(std::move(how));
}

Connector::~Connector() = default;

}  // namespace restream
