// The ingest's picture of now as a JPEG on standard output: one, or one whenever it is asked. The
// dashboard keeps one that serves; see lib/dashboard/picture_process.hpp for what they say. It
// plays the ingest, contained; what that gave is decoded by a child for each picture, which can do
// nothing else.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "command.hpp"
#include "config/config.hpp"
#include "contain/apart.hpp"
#include "contain/contain.hpp"
#include "flv/setup_tags.hpp"
#include "flv/tag_body.hpp"
#include "media/thumbnail_maker.hpp"
#include "rtmp/endpoint.hpp"
#include "system/fd.hpp"
#include "system/memory.hpp"
#include "system/paths.hpp"
#include "system/process.hpp"
#include "worker/rtmp_source.hpp"

namespace {

using namespace restream;
using std::chrono::seconds;

/// OBS's own default interval between keyframes is 8.3 s.
constexpr auto patience = seconds(10);
/// A picture's header comes at once, also where its keyframes are far apart.
constexpr auto patience_with_sound = seconds(2);
/// Who serves and is not asked for this long is not needed. More than the dashboard ever rests.
constexpr auto longest_rest = seconds(60);
constexpr std::size_t longest_request_bytes = 4096;
constexpr std::size_t longest_reason_bytes = 500;
/// One keyframe and its small copy: 8K at 10 bits and in full colour is 200 MB.
constexpr std::uint64_t decoders_memory_bytes = 1 << 30;
/// Headers and one keyframe as they arrive, which the RTMP client bounds, and what TLS needs.
constexpr std::uint64_t own_memory_bytes = 1 << 30;
/// An 8K keyframe takes half a second.
constexpr auto decoders_processor = seconds(8);

bool is_keyframe(const Tag& tag) {
    const auto body = tag.type == TagType::video ? video_body(tag.bytes()) : std::nullopt;
    return body && body->kind == TagBody::Kind::frame && body->is_keyframe;
}

/// What a decoder needs to show the next keyframe, and that. `is_given_up` is asked while nothing
/// comes.
std::vector<Tag> receive(const std::string& url, const std::function<bool()>& is_given_up) {
    Loop loop;
    SourceRequest request;
    request.url = url;
    const auto source = open_rtmp_source(request, loop);
    const Deadline deadline = Deadline::after(patience);
    std::optional<Deadline> video_deadline;
    SetupTags headers;
    bool has_video = false;
    while (!deadline.has_passed()) {
        auto event = source->poll();
        if (const auto* end = std::get_if<SessionEnd>(&event)) {
            throw Error(ErrorKind::refused, describe(*end));
        }
        const auto* tag = std::get_if<Tag>(&event);
        if (tag == nullptr) {
            if (source->has_no_publisher()) throw Error(ErrorKind::no, "nobody publishes");
            if (is_given_up()) throw Error(ErrorKind::no, "nobody waits for it");
            loop.run_once(Deadline::after(Milliseconds(100)));
            continue;
        }
        if (!video_deadline) video_deadline = Deadline::after(patience_with_sound);
        has_video = has_video || tag->type == TagType::video;
        if (!has_video && video_deadline->has_passed()) {
            throw Error(ErrorKind::no, "there is sound only");
        }
        if (headers.keep(*tag) || !is_keyframe(*tag)) continue;
        auto tags = headers.all();
        tags.push_back(*tag);
        return tags;
    }
    throw Error(ErrorKind::no, "no keyframe came");
}

/// Has each picture decoded by a process of its own, which can do nothing else.
class Decoders {
  public:
    std::string operator()(const std::function<std::string()>& decode) {
        Apart how;
        how.memory_bytes = decoders_memory_bytes;
        how.processor = decoders_processor;
        how.patience = patience;
        how.longest_result_bytes = ThumbnailMaker::most_bytes;
        DoneApart done = do_apart(how, decode);
        processor_ += done.processor;
        return std::move(done.result);
    }
    /// What they have taken in all.
    Milliseconds processor() const { return processor_; }

  private:
    Milliseconds processor_{0};
};

int port_of(const std::string& url) {
    const auto ingest = play_endpoint(url);
    return ingest ? ingest->port : 0;
}

/// What is left from here on: the ingest's port, and what looking up its host needs.
void contain_for(int port) {
    Containment rest;
    rest.may_signal = true;  // who decodes is ended when it is late
    rest.calls = SystemCalls::of_a_player;
    rest.readable = paths_of_the_network();
    rest.writable.emplace();
    constexpr std::uint16_t dns_port = 53;  // answers that are too long for UDP
    rest.ports = std::vector<std::uint16_t>{static_cast<std::uint16_t>(port), dns_port};
    rest.memory_bytes = own_memory_bytes;
    contain(rest);
}

int make_one() {
    const std::string url = load_config(config_directory()).ingest.url;
    contain_for(port_of(url));
    ThumbnailMaker maker{Decoders()};
    const std::string jpeg = maker.make(receive(url, [] { return false; }));
    std::fwrite(jpeg.data(), 1, jpeg.size(), stdout);
    return 0;
}

/// Nothing at the end, after a long rest, and where it is no request.
std::optional<std::string> next_request(const Fd& from) {
    std::string line;
    while (!line.ends_with('\n')) {
        std::array<char, 512> block{};
        if (!wait_readable(from, Deadline::after(longest_rest))) return std::nullopt;
        const std::size_t got = read_some(from, block);
        if (got == 0 || line.size() + got > longest_request_bytes) return std::nullopt;
        line.append(block.data(), got);
    }
    line.pop_back();
    return line;
}

double processor_ms() { return double(std::clock()) * 1000 / CLOCKS_PER_SEC; }

std::string answer(ThumbnailMaker& maker, const Decoders& decoders, const std::string& url,
                   const Fd& asker) {
    // Whoever waits for an answer says nothing: it has gone.
    const auto is_given_up = [&] { return wait_readable(asker, Deadline::after(seconds(0))); };
    const auto used_ms = [&] { return processor_ms() + double(decoders.processor().count()); };
    const double begun = used_ms();
    try {
        const std::string jpeg = maker.make(receive(url, is_given_up));
        return fmt::format("picture {} {:.0f}\n", jpeg.size(), used_ms() - begun) + jpeg;
    } catch (const Error& error) {
        std::string reason = error.what();
        reason.resize(std::min(reason.size(), longest_reason_bytes));
        std::ranges::replace(reason, '\n', ' ');
        return "none " + reason + "\n";
    }
}

int serve() {
    share_one_heap();
    give_way();
    const Fd input(0);
    const Fd output(1);
    Decoders decoders;
    ThumbnailMaker maker(std::ref(decoders));
    std::optional<int> port;
    while (const auto url = next_request(input)) {
        if (!port) {
            port = port_of(*url);
            contain_for(*port);
        }
        // Contained for another ingest: the dashboard starts one for this.
        if (port != port_of(*url)) break;
        if (!write_all(output, answer(maker, decoders, *url, input))) break;
        give_back_memory();
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return run_command("thumbnail",
                       "Writes the ingest's current image to standard output, as a JPEG.", argc,
                       argv, [](Arguments& arguments) -> CommandBody {
                           auto serves = std::make_shared<bool>(false);
                           arguments.flag("--serve", *serves,
                                          "one for each URL that comes on standard input, a line "
                                          "each; for the dashboard");
                           return [serves] { return *serves ? serve() : make_one(); };
                       });
}
