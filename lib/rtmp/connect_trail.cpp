#include "rtmp/connect_trail.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace restream {

namespace {

using Cause = RtmpEnding::Cause;

bool is_this_machine(std::string_view host) {
    return host == "localhost" || host == "::1" || host == "0.0.0.0" || host == "::" ||
           host.starts_with("127.") || host.starts_with("::ffff:127.");
}

/// What a redirect's URL means to one who publishes or plays `playpath`: the whole path is the app,
/// but for the playpath, where the server wrote it behind the app.
std::optional<RtmpEndpoint> meant(const std::string& url, const RtmpEndpoint& from) {
    const std::string name = from.playpath.reveal().substr(0, from.playpath.reveal().find('?'));
    // As a player's URL, only to see whether the playpath stands there.
    if (auto whole = publish_endpoint(url, Secret())) {
        const std::string& last = whole->playpath.reveal();
        if (!name.empty() && last.substr(0, last.find('?')) == name) {
            if (last == name) whole->playpath = from.playpath;
            return whole;
        }
    }
    // Any key keeps the path together. Without a path, the app is the same there.
    auto app = publish_endpoint(url, Secret("k"));
    if (!app) {
        const auto end = url.find_last_not_of('/') + 1;
        app = publish_endpoint(fmt::format("{}/{}", url.substr(0, end), from.app), Secret("k"));
    }
    if (app) app->playpath = from.playpath;
    return app;
}

RtmpEndpoint with_query(RtmpEndpoint endpoint, const Secret& query) {
    const auto add = [&query](std::string& text) {
        text += text.find('?') == std::string::npos ? '?' : '&';
        text += query.reveal();
    };
    add(endpoint.app);
    add(endpoint.tc_url);
    return endpoint;
}

}  // namespace

ConnectTrail::ConnectTrail(RtmpEndpoint endpoint)
    : configured_(std::move(endpoint)),
      plain_(configured_),
      now_(configured_),
      login_(configured_.user_info) {}

bool ConnectTrail::follow(const ConnectRefusal& refusal, RtmpEnding& ending, std::uint32_t own) {
    if (!refusal.redirect.empty()) return follow_redirect(refusal.redirect, ending);
    return log_in(refusal, ending, own);
}

bool ConnectTrail::follow_redirect(const std::string& url, RtmpEnding& ending) {
    auto next = meant(url, plain_);
    // What is no address of RTMP's leads nowhere: a refusal as any other.
    if (!next) return false;
    std::string_view why;
    if (is_redirected_) {
        why = "a second redirect";
    } else if (plain_.is_tls && !next->is_tls) {
        why = "it is not encrypted, and the configured URL is";
    } else if (is_this_machine(next->host) && !is_this_machine(configured_.host)) {
        why = "it is this machine";
    }
    if (!why.empty()) {
        ending = {Cause::redirect_refused, fmt::format("to {}: {}", next->address(), why)};
        return false;
    }
    is_redirected_ = true;
    next->user_info = next->host == configured_.host ? configured_.user_info : Secret();
    plain_ = now_ = std::move(*next);
    login_ = RtmpLogin(plain_.user_info);
    return true;
}

bool ConnectTrail::log_in(const ConnectRefusal& refusal, RtmpEnding& ending, std::uint32_t own) {
    // At publish the server knows who asks.
    if (ending.cause != Cause::app_refused) return false;
    const std::string_view app = plain_.app;
    const auto step = login_.answer(refusal.description, app.substr(0, app.find('?')), own);
    if (const auto* failed = std::get_if<RtmpLogin::Failed>(&step)) {
        ending = {failed->cause, failed->detail};
        return false;
    }
    const auto* answer = std::get_if<RtmpLogin::Answer>(&step);
    if (answer == nullptr) return false;
    now_ = with_query(plain_, answer->query);
    return true;
}

}  // namespace restream
