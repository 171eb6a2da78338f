// The ingest's picture of now as a JPEG on standard output. Started by the dashboard.
#include <cstdio>
#include <vector>

#include "base/error.hpp"
#include "base/paths.hpp"
#include "command.hpp"
#include "config/config.hpp"
#include "media/thumbnail_maker.hpp"
#include "relay/rtmp_source.hpp"
#include "rtmp/setup_tags.hpp"
#include "rtmp/tag_body.hpp"

namespace {

using namespace restream;

/// OBS's own default interval between keyframes is 8.3 s.
constexpr auto patience = std::chrono::seconds(10);

bool is_keyframe(const Tag& tag) {
    const auto body = tag.type == TagType::video ? video_body(tag.bytes()) : std::nullopt;
    return body && body->kind == TagBody::Kind::frame && body->is_keyframe;
}

/// What a decoder needs to show the next keyframe, and that.
std::vector<Tag> receive(const std::string& url) {
    Loop loop;
    SourceRequest request;
    request.url = url;
    const auto source = open_rtmp_source(request, loop);
    const Deadline deadline = Deadline::after(patience);
    SetupTags headers;
    while (!deadline.has_passed()) {
        auto event = source->poll();
        if (const auto* end = std::get_if<SessionEnd>(&event)) {
            throw Error(ErrorKind::refused, describe(*end));
        }
        const auto* tag = std::get_if<Tag>(&event);
        if (tag == nullptr) {
            if (source->has_no_publisher()) throw Error(ErrorKind::no, "nobody publishes");
            loop.run_once(Deadline::after(Milliseconds(100)));
            continue;
        }
        if (headers.keep(*tag) || !is_keyframe(*tag)) continue;
        auto tags = headers.all();
        tags.push_back(*tag);
        return tags;
    }
    throw Error(ErrorKind::no, "no keyframe came");
}

int thumbnail() {
    const std::string jpeg = make_thumbnail(receive(load_config(config_directory()).ingest.url));
    std::fwrite(jpeg.data(), 1, jpeg.size(), stdout);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return run_command("thumbnail",
                       "Writes the ingest's picture of now to standard output, as a JPEG.", argc,
                       argv, [](CLI::App&) -> CommandBody { return thumbnail; });
}
