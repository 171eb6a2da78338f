// FFmpeg's log: what is kept of it, and that no key passes.
#include "media/av_log.hpp"

extern "C" {
#include <libavutil/log.h>
}

#include <doctest/doctest.h>

#include <string>

using namespace restream;

TEST_CASE("libav's log: keys in errors are masked, debug lines are not even formatted") {
    capture_av_log();
    hide_in_av_log(Secret("live_SECRET/1"));
    std::string heard;
    hear_av_log([&](std::string_view line) { heard += std::string(line) + "\n"; });
    AvTranscript transcript;
    {
        const AvTranscript::Listening listening(transcript);
        av_log(nullptr, AV_LOG_DEBUG, "Sending publish command for '%s'\n", "live_SECRET/1");
        av_log(nullptr, AV_LOG_INFO, "Output #0, flv, to 'rtmp://h/live/%s':\n", "live_SECRET/1");
        av_log(nullptr, AV_LOG_ERROR, "Cannot publish %s\n", "live_SECRET/1");
        av_log(nullptr, AV_LOG_WARNING, "encoded live_SECRET%s1\n", "%2F");
    }
    hear_av_log(nullptr);
    CHECK(heard == "Cannot publish ***\nencoded ***\n");
    CHECK(transcript.detail() == "Cannot publish ***");
}

TEST_CASE("libav's log: what nobody sees of a file's or a server's words is made visible") {
    capture_av_log();
    std::string heard;
    hear_av_log([&](std::string_view line) { heard += std::string(line) + "\n"; });
    AvTranscript transcript;
    {
        const AvTranscript::Listening listening(transcript);
        av_log(nullptr, AV_LOG_ERROR, "Unknown codec \u202e\x1b[2J%s\n", "\u200b");
    }
    hear_av_log(nullptr);
    CHECK(heard == "Unknown codec \\u{202e} [2J\\u{200b}\n");
    CHECK(transcript.detail() == "Unknown codec \\u{202e} [2J\\u{200b}");
}

TEST_CASE("libav's log: the last error is the detail, lines that only echo a failure are not") {
    capture_av_log();
    AvTranscript transcript;
    {
        const AvTranscript::Listening listening(transcript);
        av_log(nullptr, AV_LOG_ERROR, "The certificate has expired\n");
        av_log(nullptr, AV_LOG_WARNING, "something else\n");
        av_log(nullptr, AV_LOG_ERROR, "Cannot open connection %s\n", "tls://h:1");
    }
    CHECK(transcript.detail() == "The certificate has expired");
    transcript.clear_lines();
    CHECK(transcript.detail().empty());
}

TEST_CASE("libav's log: lines go to the innermost listener, and to none outside") {
    capture_av_log();
    AvTranscript outer;
    AvTranscript inner;
    av_log(nullptr, AV_LOG_ERROR, "nobody\n");
    {
        const AvTranscript::Listening one(outer);
        {
            const AvTranscript::Listening two(inner);
            av_log(nullptr, AV_LOG_ERROR, "for inner\n");
        }
        av_log(nullptr, AV_LOG_ERROR, "for outer\n");
    }
    CHECK(inner.detail() == "for inner");
    CHECK(outer.detail() == "for outer");
    CHECK_FALSE(outer.has_line_with("nobody"));
}
