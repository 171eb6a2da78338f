#include "rtmp/client_commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace restream {

namespace {

// What OBS and ffmpeg say; there are servers that look at it.
constexpr const char* publisher_software = "FMLE/3.0 (compatible; FMSc/1.0)";
constexpr const char* player_software = "LNX 9,0,124,2";
// ffmpeg's: each codec that a player of 2012 could know. **Source**: Adobe RTMP 1.0, 7.2.1.1.
constexpr double player_capabilities = 15;
constexpr double player_audio_codecs = 4071;
constexpr double player_video_codecs = 252;
constexpr double can_seek = 1;

constexpr double live_or_recorded = -2000;  // ms; Adobe RTMP 1.0, 7.2.2.1, "-2", as ffmpeg has it

double number(Transaction transaction) { return static_cast<double>(transaction); }

bool ends_with(std::string_view text, std::string_view end) {
    return text.size() >= end.size() && is_same_word(text.substr(text.size() - end.size()), end);
}

Command connect(AmfValue object, std::span<const std::string> fourccs) {
    if (!fourccs.empty()) {
        std::vector<AmfValue> list;
        for (const std::string& each : fourccs) list.push_back(AmfValue::of(each));
        object.properties.emplace_back("fourCcList", AmfValue::strict_array(std::move(list)));
    }
    return {"connect", number(Transaction::connect), std::move(object), {}};
}

constexpr std::size_t longest_words = 1000;
constexpr double moved = 302;

/// Of the command object or the first argument, whichever has it.
const AmfValue* find_in_words(const Command& answer, std::string_view name) {
    if (const AmfValue* found = answer.object.find(name)) return found;
    return answer.arguments.empty() ? nullptr : answer.arguments.front().find(name);
}

}  // namespace

Command publisher_connect(const RtmpEndpoint& endpoint, std::span<const std::string> fourccs) {
    return connect(AmfValue::object({{"app", AmfValue::of(endpoint.app)},
                                     {"type", AmfValue::of("nonprivate")},
                                     {"flashVer", AmfValue::of(publisher_software)},
                                     {"swfUrl", AmfValue::of(endpoint.tc_url)},
                                     {"tcUrl", AmfValue::of(endpoint.tc_url)}}),
                   fourccs);
}

Command player_connect(const RtmpEndpoint& endpoint, std::span<const std::string> fourccs) {
    return connect(AmfValue::object({{"app", AmfValue::of(endpoint.app)},
                                     {"flashVer", AmfValue::of(player_software)},
                                     {"tcUrl", AmfValue::of(endpoint.tc_url)},
                                     {"fpad", AmfValue::of(false)},
                                     {"capabilities", AmfValue::of(player_capabilities)},
                                     {"audioCodecs", AmfValue::of(player_audio_codecs)},
                                     {"videoCodecs", AmfValue::of(player_video_codecs)},
                                     {"videoFunction", AmfValue::of(can_seek)}}),
                   fourccs);
}

Command simple_command(std::string name, Transaction transaction) {
    return {std::move(name), number(transaction), AmfValue::null(), {}};
}

Command name_command(std::string name, Transaction transaction, const Secret& playpath) {
    return {
        std::move(name), number(transaction), AmfValue::null(), {AmfValue::of(playpath.reveal())}};
}

Command publish_command(const Secret& playpath) {
    return {"publish",
            number(Transaction::begin),
            AmfValue::null(),
            {AmfValue::of(playpath.reveal()), AmfValue::of("live")}};
}

Command play_command(const Secret& playpath) {
    return {"play",
            number(Transaction::begin),
            AmfValue::null(),
            {AmfValue::of(playpath.reveal()), AmfValue::of(live_or_recorded)}};
}

Command delete_command(double message_stream_id) {
    return {"deleteStream",
            number(Transaction::goodbye),
            AmfValue::null(),
            {AmfValue::of(message_stream_id)}};
}

bool is_answer_to(const Command& answer, Transaction transaction) {
    return answer.transaction == number(transaction);
}

bool is_refusal(const StatusWords& words) {
    if (is_same_word(words.level, "error")) return true;
    constexpr std::string_view endings[] = {".BadName",      ".Denied",     ".Failed",
                                            ".InvalidApp",   ".Rejected",   ".StreamNotFound",
                                            ".Unauthorized", ".AppShutdown"};
    return std::ranges::any_of(
        endings, [&words](std::string_view each) { return ends_with(words.code, each); });
}

bool is_code(const StatusWords& words, std::string_view code) {
    return is_same_word(words.code, code);
}

bool is_about_connection(const StatusWords& words) {
    constexpr std::string_view beginning = "NetConnection.";
    return is_same_word(std::string_view(words.code).substr(0, beginning.size()), beginning);
}

std::string join_words(const StatusWords& words) {
    if (words.description.empty()) return words.code;
    if (words.code.empty()) return words.description;
    return fmt::format("{}: {}", words.code, words.description);
}

std::string whole_description(const Command& answer) {
    const AmfValue* found = find_in_words(answer, "description");
    const auto text = found ? found->as_string().value_or("") : std::string_view();
    return text.size() <= longest_words ? std::string(text) : std::string();
}

std::string redirect_url(const Command& answer) {
    const AmfValue* ex = find_in_words(answer, "ex");
    if (!ex) return {};
    const AmfValue* code = ex->find("code");
    if (code && code->as_number() && *code->as_number() != moved) return {};
    for (const char* name : {"redirect", "redirect2"}) {
        const AmfValue* url = ex->find(name);
        const auto text = url ? url->as_string().value_or("") : std::string_view();
        if (!text.empty() && text.size() <= longest_words) return std::string(text);
    }
    return {};
}

std::string redirect_address(const Command& answer) {
    const auto endpoint = play_endpoint(redirect_url(answer));
    return endpoint ? endpoint->address() : std::string();
}

}  // namespace restream
