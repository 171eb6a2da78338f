#include "media/av_log.hpp"

extern "C" {
#include <libavutil/log.h>
}

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "media/srt_log.hpp"
#include "media/srt_rejection.hpp"
#include "system/log.hpp"

namespace restream {

namespace {

constexpr std::size_t longest_line_bytes = 1024;
/// Room to mask in: a line is cut only after what is secret in it was found whole.
constexpr std::size_t longest_raw_line_bytes = 16 * 1024;
constexpr std::size_t longest_secret_bytes = 4 * 1024;
constexpr std::size_t most_lines = 16;

/// Lines that only repeat that something failed, where another says what.
constexpr std::array weak_lines = {
    std::string_view("Cannot open connection"),
    std::string_view("IO error:"),
};

/// What the whole process shares: FFmpeg has one log.
struct Shared {
    std::mutex mutex;
    std::vector<Secret> hidden;
    std::function<void(std::string_view)> hear;
    std::string last_line;
    std::string srt_rejection;
};

Shared& shared() {
    // Never destroyed: libav's threads may still log while the process ends.
    static auto* const instance = new Shared;
    return *instance;
}

thread_local AvTranscript* listening_transcript = nullptr;

std::string mask_all(std::string text) {
    Shared& common = shared();
    const std::lock_guard lock(common.mutex);
    for (const Secret& each : common.hidden) text = masked(text, each);
    return text;
}

void hand_on(const std::string& text) {
    Shared& common = shared();
    std::function<void(std::string_view)> hear;
    {
        const std::lock_guard lock(common.mutex);
        if (!common.hear || common.last_line == text) return;
        common.last_line = text;
        hear = common.hear;
    }
    hear(text);
}

void take_line(int level, const char* format, va_list arguments) {
    // Secrets stand in lines below warning, and whole URLs in dumps: these are not even formatted.
    if (level > AV_LOG_WARNING) return;
    std::array<char, longest_raw_line_bytes> buffer{};
    const int length = std::vsnprintf(buffer.data(), buffer.size(), format, arguments);
    if (length <= 0) return;
    std::string text(buffer.data());
    if (static_cast<std::size_t>(length) >= buffer.size())
        text.resize(text.size() - longest_secret_bytes);
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    if (text.empty()) return;
    text = visible_text(mask_all(std::move(text)).substr(0, longest_line_bytes));
    if (listening_transcript) listening_transcript->add(level, text);
    hand_on(text);
}

void on_av_log(void*, int level, const char* format, va_list arguments) noexcept {
    try {
        take_line(level, format, arguments);
    } catch (...) {
        // No memory, or a listener that throws: the line is lost, the operation goes on.
        return;
    }
}

void keep_rejection(std::string_view line) {
    auto reason = srt_rejection_in(line);
    if (!reason) return;
    Shared& common = shared();
    const std::lock_guard lock(common.mutex);
    common.srt_rejection = std::move(*reason);
}

/// libsrt's threads are not ours: what they say goes to the log, not to a transcript.
void on_srt_line(std::string_view line) noexcept {
    try {
        keep_rejection(line);
        const std::string text = mask_all("srt: " + std::string(line));
        hand_on(visible_text(std::string_view(text).substr(0, longest_line_bytes)));
    } catch (...) {
        return;
    }
}

}  // namespace

AvTranscript::Listening::Listening(AvTranscript& transcript) : outer_(listening_transcript) {
    listening_transcript = &transcript;
}

AvTranscript::Listening::~Listening() { listening_transcript = outer_; }

void AvTranscript::clear_lines() { errors_.clear(); }

std::string AvTranscript::detail() const {
    for (auto line = errors_.rbegin(); line != errors_.rend(); ++line) {
        const bool is_weak = std::ranges::any_of(
            weak_lines, [&](std::string_view weak) { return line->starts_with(weak); });
        if (!is_weak) return *line;
    }
    return {};
}

bool AvTranscript::has_line_with(std::string_view text) const {
    return std::ranges::any_of(
        errors_, [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

void AvTranscript::add(int level, std::string text) {
    if (level > AV_LOG_ERROR) return;
    errors_.push_back(std::move(text));
    if (errors_.size() > most_lines) errors_.pop_front();
}

void capture_av_log() {
    static std::once_flag once;
    std::call_once(once, [] {
        av_log_set_callback(on_av_log);
        capture_srt_log(on_srt_line);
    });
}

std::string take_srt_rejection() {
    Shared& common = shared();
    const std::lock_guard lock(common.mutex);
    return std::exchange(common.srt_rejection, {});
}

void hide_in_av_log(const Secret& secret) {
    if (secret.is_empty()) return;
    Shared& common = shared();
    const std::lock_guard lock(common.mutex);
    if (std::ranges::find(common.hidden, secret) == common.hidden.end()) {
        common.hidden.push_back(secret);
    }
}

void hear_av_log(std::function<void(std::string_view)> hear) {
    Shared& common = shared();
    const std::lock_guard lock(common.mutex);
    common.hear = std::move(hear);
    common.last_line.clear();
}

}  // namespace restream
