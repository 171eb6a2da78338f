#include "ingest/nginx_stat.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.hpp"

namespace restream {

namespace {

constexpr std::size_t deepest = 16;

/// 0 for what is no figure: words, "inf" and "nan", anything below 0, too large a number.
template <typename Number>
Number read_number(std::string_view text) {
    const bool has_digit = !text.empty() && text.front() >= '0' && text.front() <= '9';
    Number value{};
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_whole = error == std::errc() && stop == text.data() + text.size();
    return has_digit && is_whole ? value : Number{};
}

std::string unescaped(std::string_view text) {
    constexpr std::pair<std::string_view, char> entities[] = {
        {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}, {"&amp;", '&'}};
    std::string result;
    while (!text.empty()) {
        const auto* found = std::ranges::find_if(
            entities, [&](const auto& each) { return text.starts_with(each.first); });
        const bool is_entity = found != std::end(entities);
        result += is_entity ? found->second : text.front();
        text.remove_prefix(is_entity ? found->first.size() : 1);
    }
    return result;
}

/// Walks the elements of a page that is simple XML: no CDATA, no comments, no attributes that
/// matter.
class StatReader {
  public:
    explicit StatReader(std::string_view xml) : rest_(xml) {}

    std::optional<NginxStat> read() {
        while (!rest_.empty()) {
            const auto open = rest_.find('<');
            if (open == std::string_view::npos) break;
            const auto text = rest_.substr(0, open);
            rest_.remove_prefix(open + 1);
            const auto close = rest_.find('>');
            if (close == std::string_view::npos) return std::nullopt;
            const auto tag = rest_.substr(0, close);
            rest_.remove_prefix(close + 1);
            if (!take(tag, text)) return std::nullopt;
        }
        if (!is_complete_ || !path_.empty()) return std::nullopt;
        forget_absent();
        return std::move(stat_);
    }

  private:
    /// One tag and the text before it. False where the page is no such page.
    bool take(std::string_view tag, std::string_view text) {
        if (tag.starts_with('?') || tag.starts_with('!')) return path_.empty();
        if (tag.starts_with('/')) return leave(tag.substr(1), text);
        const bool is_empty = tag.ends_with('/');
        if (is_empty) tag.remove_suffix(1);
        const auto name = tag.substr(0, tag.find_first_of(" \t\r\n"));
        if (name.empty() || path_.size() >= deepest || is_complete_) return false;
        if (path_.empty() && name != "rtmp") return false;
        path_.push_back(name);
        enter();
        return !is_empty || leave(name, {});
    }

    bool is_inside(std::string_view a, std::string_view b) const {
        return path_.size() >= 2 && path_[path_.size() - 2] == a && path_.back() == b;
    }

    void enter() {
        if (is_inside("server", "application")) app_.clear();
        if (is_inside("live", "stream")) {
            stat_.publications.emplace_back();
            publication_depth_ = path_.size();
        }
        if (publication_depth_ == 0) return;
        auto& current = stat_.publications.back();
        if (is_inside("stream", "publishing")) current.has_publisher = true;
        if (is_inside("meta", "video")) current.video.emplace();
        if (is_inside("meta", "audio")) current.audio.emplace();
    }

    bool leave(std::string_view name, std::string_view text) {
        if (path_.empty() || path_.back() != name) return false;
        if (is_inside("rtmp", "pid")) stat_.worker_pid = read_number<int>(text);
        if (is_inside("application", "name")) app_ = unescaped(text);
        if (publication_depth_ != 0) read_leaf(name, text);
        if (path_.size() == publication_depth_) {
            stat_.publications.back().app = app_;
            publication_depth_ = 0;
        }
        path_.pop_back();
        if (path_.empty()) is_complete_ = true;
        return true;
    }

    void read_leaf(std::string_view name, std::string_view text) {
        auto& current = stat_.publications.back();
        if (is_inside("stream", "name")) current.name = Secret(unescaped(text));
        if (is_inside("stream", "nclients")) current.clients = read_number<int>(text);
        if (is_inside("stream", "bytes_in")) {
            current.bytes_received = read_number<std::uint64_t>(text);
        }
        if (path_.size() >= 2 && path_[path_.size() - 2] == "video" && current.video) {
            if (name == "codec") current.video->codec = in_lower_case(unescaped(text));
            if (name == "width") current.video->width = read_number<int>(text);
            if (name == "height") current.video->height = read_number<int>(text);
            if (name == "frame_rate") current.video->frame_rate = read_number<double>(text);
        }
        if (path_.size() >= 2 && path_[path_.size() - 2] == "audio" && current.audio) {
            if (name == "codec") current.audio->codec = in_lower_case(unescaped(text));
            if (name == "channels") current.audio->channels = read_number<int>(text);
            if (name == "sample_rate") current.audio->sample_rate_hz = read_number<int>(text);
        }
    }

    /// The page has both elements also where there is only sound, or only a picture.
    void forget_absent() {
        for (NginxPublication& each : stat_.publications) {
            if (each.video && each.video->codec.empty()) each.video.reset();
            if (each.audio && each.audio->codec.empty()) each.audio.reset();
        }
    }

    std::string_view rest_;
    std::vector<std::string_view> path_;
    std::size_t publication_depth_ = 0;  ///< of the `stream` element we are in; 0: in none
    std::string app_;
    bool is_complete_ = false;
    NginxStat stat_;
};

bool is_at(const NginxPublication& publication, const RtmpEndpoint& endpoint) {
    return publication.app == endpoint.app && publication.name == endpoint.playpath;
}

}  // namespace

MediaFacts media_facts_of(const NginxPublication& publication) {
    MediaFacts media;
    if (const auto& video = publication.video) {
        auto& track = media.video.emplace();
        track.codec = video->codec;
        track.width = video->width;
        track.height = video->height;
        if (video->frame_rate > 0) track.fps = video->frame_rate;
    }
    if (const auto& audio = publication.audio) {
        auto& track = media.audio.emplace();
        track.codec = audio->codec;
        track.sample_rate_hz = audio->sample_rate_hz;
        track.channels = audio->channels;
    }
    return media;
}

const NginxPublication* NginxStat::find(const RtmpEndpoint& endpoint) const {
    const auto found =
        std::ranges::find_if(publications, [&](const auto& each) { return is_at(each, endpoint); });
    return found == publications.end() ? nullptr : &*found;
}

bool NginxStat::is_published_elsewhere(const RtmpEndpoint& endpoint) const {
    return std::ranges::any_of(publications, [&](const auto& each) {
        return each.has_publisher && each.app == endpoint.app && !is_at(each, endpoint);
    });
}

std::optional<NginxStat> parse_nginx_stat(std::string_view xml) { return StatReader(xml).read(); }

std::optional<std::string_view> http_body(std::string_view response) {
    const auto header_end = response.find("\r\n\r\n");
    if (header_end == std::string_view::npos) return std::nullopt;
    const bool is_http = response.starts_with("HTTP/1.0 ") || response.starts_with("HTTP/1.1 ");
    constexpr std::size_t status_at = 9;
    if (!is_http || response.substr(status_at, 4) != "200 ") return std::nullopt;
    return response.substr(header_end + 4);
}

}  // namespace restream
