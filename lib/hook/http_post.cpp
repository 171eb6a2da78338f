#include "hook/http_post.hpp"

#include <array>
#include <memory>
#include <utility>

#include "base/error.hpp"
#include "hook/http_answer.hpp"
#include "net/channel_asio.hpp"
#include "net/connector_asio.hpp"
#include "net/loop.hpp"
#include "net/tls_channel_asio.hpp"

namespace restream {

namespace {

using Cause = RtmpEnding::Cause;

/// Certificates do not get better within seconds.
bool is_passing(Cause cause) {
    switch (cause) {
        case Cause::name_not_found:
        case Cause::connection_refused:
        case Cause::unreachable:
        case Cause::connect_timed_out:
        case Cause::reset:
        case Cause::closed:
            return true;
        default:
            return false;
    }
}

std::string_view cause_words(Cause cause) {
    switch (cause) {
        case Cause::name_not_found:
            return "its name was not found";
        case Cause::connection_refused:
            return "the connection was refused";
        case Cause::unreachable:
            return "it can't be reached";
        case Cause::connect_timed_out:
            return "it did not answer in time";
        case Cause::tls_wrong_host:
            return "its certificate is another host's";
        case Cause::tls_expired:
            return "its certificate is not valid now";
        case Cause::tls_untrusted:
            return "its certificate is not trusted";
        case Cause::tls_failed:
            return "TLS failed";
        case Cause::closed:
        case Cause::reset:
            return "the connection broke";
        default:
            return "it failed";
    }
}

/// One exchange, step by step.
class Exchange {
  public:
    Exchange(const HttpTarget& target, const Deadline& deadline)
        : target_(target), deadline_(deadline) {}

    HttpOutcome run(const Secret& request) {
        if (!connect() || !drive([&] { return channel_->open(); })) return outcome_;
        OutputQueue queue;
        const std::string& text = request.reveal();
        queue.push({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
        has_sent_ = is_sending_ = true;
        const bool is_sent = drive([&] {
            Transfer step = channel_->write(queue);
            const bool is_left = !queue.is_empty() || channel_->unwritten_bytes() != 0;
            if (step.state == Transfer::State::more && is_left) {
                step.state = Transfer::State::blocked;
            }
            return step;
        });
        is_sending_ = false;
        if (is_sent) read_status();
        return outcome_;
    }

  private:
    bool connect() {
        std::optional<Connector::Result> result;
        const Connector connector(loop_, target_.host, target_.port, {}, deadline_,
                                  [&](Connector::Result found) { result = std::move(found); });
        while (!result && !deadline_.has_passed()) loop_.run_once(deadline_);
        if (!result) return fail({Cause::connect_timed_out});
        if (const auto* ending = std::get_if<RtmpEnding>(&*result)) return fail(*ending);
        auto socket = std::get<Channel::Socket>(std::move(*result));
        channel_ = target_.is_tls ? make_tls_channel(std::move(socket), target_.host, "")
                                  : make_plain_channel(std::move(socket));
        return true;
    }

    void read_status() {
        HttpAnswer answer;
        std::array<std::uint8_t, 4096> block{};
        drive([&] {
            for (;;) {
                const Transfer step = channel_->read({std::span(block), {}});
                const auto state = answer.feed(std::span(block).first(step.bytes));
                if (state == HttpAnswer::State::malformed) {
                    outcome_.problem = "it does not speak HTTP";
                    return Transfer{.state = Transfer::State::more};
                }
                if (state == HttpAnswer::State::has_status) {
                    outcome_.status = answer.status();
                    return Transfer{.state = Transfer::State::more};
                }
                // What TLS has opened already makes no socket readable.
                if (step.state != Transfer::State::more) return step;
            }
        });
    }

    /// Until a step is done ("more"); false where the connection ended, or the deadline passed.
    template <typename Step>
    bool drive(const Step& step) {
        for (;;) {
            const Transfer done = step();
            if (done.state == Transfer::State::more) return true;
            if (done.state == Transfer::State::ended) return fail(*done.ending);
            if (deadline_.has_passed()) {
                outcome_.problem = "it did not answer in time";
                return false;
            }
            await();
        }
    }

    /// Until the socket can go on with what it was about.
    void await() {
        const auto is_ready = std::make_shared<bool>(false);
        const auto ready = [is_ready](const boost::system::error_code&) { *is_ready = true; };
        const bool wants_to_write = is_sending_ || channel_->unwritten_bytes() != 0;
        channel_->socket().async_wait(
            wants_to_write ? Channel::Socket::wait_write : Channel::Socket::wait_read, ready);
        while (!*is_ready && !deadline_.has_passed()) loop_.run_once(deadline_);
        boost::system::error_code ignored;
        channel_->socket().cancel(ignored);
    }

    bool fail(const RtmpEnding& ending) {
        outcome_.problem = cause_words(ending.cause);
        if (!ending.detail.empty()) outcome_.problem += " (" + ending.detail + ")";
        outcome_.may_try_again = !has_sent_ && is_passing(ending.cause);
        return false;
    }

    const HttpTarget& target_;
    const Deadline deadline_;
    Loop loop_;
    std::unique_ptr<Channel> channel_;
    bool has_sent_ = false;  ///< or maybe so
    bool is_sending_ = false;
    HttpOutcome outcome_;
};

}  // namespace

HttpOutcome http_post(const HttpTarget& target, const std::string& body, const Deadline& deadline) {
    try {
        return Exchange(target, deadline).run(http_request(target, body));
    } catch (const Error& error) {
        return {.problem = error.what()};
    }
}

}  // namespace restream
