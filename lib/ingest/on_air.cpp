#include "ingest/on_air.hpp"

namespace restream {

namespace {

EncoderRole other(EncoderRole who) {
    return who == EncoderRole::primary ? EncoderRole::backup : EncoderRole::primary;
}

}  // namespace

std::string_view encoder_role_name(EncoderRole role) {
    return role == EncoderRole::primary ? "primary" : "backup";
}

bool OnAir::is_silent(const Encoder& encoder, SteadyTime now) const {
    return now - encoder.last >= longest_silence;
}

void OnAir::put(std::optional<EncoderRole> who, SteadyTime now) {
    if (who == on_air_) return;
    on_air_ = who;
    since_ = now;
}

void OnAir::came(EncoderRole who, SteadyTime now) {
    at(who) = {true, false, now, now, Start::none};
    if (!on_air_) put(who, now);
}

void OnAir::left(EncoderRole who, SteadyTime now) {
    at(who) = {};
    if (on_air_ != who) return;
    const Encoder& second = at(other(who));
    const bool can_take_over = second.is_there && second.has_sent && !is_silent(second, now);
    put(can_take_over ? std::optional(other(who)) : std::nullopt, now);
}

void OnAir::sent(EncoderRole who, Start start, SteadyTime now) {
    Encoder& encoder = at(who);
    if (!encoder.has_sent || is_silent(encoder, now)) encoder.steady_since = now;
    encoder.has_sent = true;
    encoder.last = now;
    encoder.start = start;
    if (!on_air_) return put(who, now);
    if (*on_air_ == who) return;
    if (has_returned(who, now)) return put(who, now);
    if (!gives_way(who, now)) return;
    silence_change_ = now;
    put(who, now);
}

/// Whether the one on the air is silent and gives way to `who`.
bool OnAir::gives_way(EncoderRole who, SteadyTime now) {
    if (!is_silent(at(*on_air_), now)) return false;
    if (silence_change_ && now - *silence_change_ < shortest_stay) return false;
    return now - at(who).steady_since >= settling && at(who).start != Start::none;
}

bool OnAir::has_returned(EncoderRole who, SteadyTime now) {
    return who == EncoderRole::primary && at(who).start == Start::keyframe &&
           now - at(who).steady_since >= return_after_;
}

}  // namespace restream
