// nginx's statistics: what a torn, foreign or strange page says are figures that can be, or
// nothing.
#include "ingest/nginx_stat.hpp"

#include <cmath>
#include <string_view>

#include "fuzz/input.hpp"

using namespace restream;

namespace {

void check(const NginxPublication& publication) {
    expect(publication.clients >= 0 && publication.players() >= 0, "nobody is less than none");
    expect(!publication.video || !publication.video->codec.empty(), "a picture has a codec");
    expect(!publication.audio || !publication.audio->codec.empty(), "sound has a codec");
    const MediaFacts media = media_facts_of(publication);
    expect(media.video.has_value() == publication.video.has_value() &&
               media.audio.has_value() == publication.audio.has_value(),
           "facts are of what is there");
    if (media.video) {
        expect(media.video->width >= 0 && media.video->height >= 0, "sides that can be");
        expect(!media.video->fps || (std::isfinite(*media.video->fps) && *media.video->fps > 0),
               "a rate that can be");
    }
    if (media.audio) {
        expect(media.audio->channels >= 0 && media.audio->sample_rate_hz >= 0, "sound that can be");
    }
}

void check_find(const NginxStat& stat, const NginxPublication& publication) {
    RtmpEndpoint endpoint;
    endpoint.app = publication.app;
    endpoint.playpath = publication.name;
    const NginxPublication* found = stat.find(endpoint);
    expect(found != nullptr && found->app == endpoint.app && found->name == endpoint.playpath,
           "what is there is found");
    endpoint.playpath = Secret(publication.name.reveal() + "x");
    expect(!publication.has_publisher || stat.is_published_elsewhere(endpoint),
           "a publisher under another name is noticed");
}

std::size_t check_page(std::string_view page) {
    const auto stat = parse_nginx_stat(page);
    if (!stat) return 0;
    constexpr std::string_view shortest = "<stream/>";
    expect(stat->worker_pid >= 0, "a process ID, or none");
    expect(stat->publications.size() <= page.size() / shortest.size(), "no more than was said");
    // Each is looked for among all: of thousands, the first ones will do.
    std::size_t rest = 64;
    for (const NginxPublication& each : stat->publications) {
        check(each);
        if (rest != 0) check_find(*stat, each);
        if (rest != 0) --rest;
    }
    return stat->publications.size() + 1;
}

}  // namespace

/// An answer, or the page alone.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const auto body = http_body(text);
    if (body) {
        expect(text.starts_with("HTTP/1.") && text.ends_with(*body), "a body ends the answer");
        check_page(*body);
    }
    const std::size_t whole = check_page(text);
    const std::size_t part = check_page(text.substr(0, size - size / 16));
    expect(whole == 0 || part == 0 || whole == part, "a page that is complete grows no more");
    return 0;
}
