#include "process/dashboard_scene.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>

#include "process/free_port.hpp"
#include "process/patience.hpp"
#include "process/rtmp_tags.hpp"

namespace restream::test {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::seconds;

Dashboard::Dashboard(const World& world, const std::string& listen, const Call& call)
    : world_(world),
      port_(free_port()),
      run_(world.start({"dashboard", "--listen", fmt::format("{}:{}", listen, port_)}, call)) {
    const auto has_url = [&] { return has(run_.output(), "dashboard: http"); };
    wait_until(Patience(seconds(20)), [&] { return has_url() || run_.has_ended(); });
    CHECK_MESSAGE(has_url(), run_.error());
}

std::string Dashboard::token() const {
    std::string text = content_of(world_.layout().dashboard_token());
    if (!text.empty()) text.pop_back();
    return text;
}

std::string Dashboard::host_line() const { return fmt::format("Host: 127.0.0.1:{}\r\n", port_); }

HttpAnswer Dashboard::get(std::string_view path, const HttpHeaders& headers) const {
    return http(port_, "GET", path, headers);
}

HttpAnswer Dashboard::change(std::string_view method, std::string_view path, const json& body,
                             const HttpHeaders& headers) const {
    HttpHeaders all = {{"X-Restream-Token", token()}};
    all.insert(all.end(), headers.begin(), headers.end());
    return http(port_, method, path, all, body.is_null() ? "" : body.dump());
}

std::string Dashboard::state(const std::string& name) const {
    const json status = get("/api/v1/status").json();
    for (const auto& each : status["destinations"]) {
        if (each["name"] == name) return each["state"].get<std::string>();
    }
    return "";
}

int Dashboard::count_sockets() const {
    int count = 0;
    for (const auto& each : fs::directory_iterator(fmt::format("/proc/{}/fd", run_.pid()))) {
        std::error_code is_closed;
        count += fs::read_symlink(each.path(), is_closed).string().starts_with("socket:");
    }
    return count;
}

EventReader::EventReader(const Dashboard& dashboard, const HttpHeaders& headers)
    : line_(dashboard.port()) {
    std::string request = "GET /api/v1/events HTTP/1.1\r\n" + dashboard.host_line();
    for (const auto& [name, value] : headers) request += name + ": " + value + "\r\n";
    line_.send(request + "\r\n");
    head_ = line_.take_until("\r\n\r\n");
    text_ = head_;
    if (!head_.starts_with("HTTP/1.1 200 ")) head_ += line_.read_until("");
}

std::optional<EventReader::Event> EventReader::next(const Deadline& deadline) {
    for (;;) {
        const std::string part = line_.take_until("\n\n", deadline.left());
        if (part.empty()) return std::nullopt;
        text_ += part;
        constexpr std::string_view begin = "event: ";
        constexpr std::string_view middle = "\ndata: ";
        const auto at = part.find(middle);
        if (!part.starts_with(begin) || at == std::string::npos) continue;  // a comment
        return Event{part.substr(begin.size(), at - begin.size()),
                     json::parse(part.substr(at + middle.size()))};
    }
}

json EventReader::wait(std::string_view name, const std::function<bool(const json&)>& is_so,
                       Milliseconds longest) {
    const Deadline deadline = Deadline::after(longest);
    while (const auto event = next(deadline)) {
        if (event->name == name && is_so(event->document)) return event->document;
    }
    return nullptr;
}

Line::Line() {
    world.add("youtube", platform.url(), "CANARYKEY");
    world.must({"ingest", "start"});
    publish_numbers(publisher, world.ingest_url());
    world.must({"enable", "youtube"});
    REQUIRE(platform.wait_tags(100));
}

void Line::check_untouched() const {
    REQUIRE(platform.wait_tags(platform.sessions().back().tags.size() + 200));
    const auto sessions = platform.sessions();
    CHECK(sessions.size() == 1);
    CHECK(numbers_of(sessions[0].tags).gaps == 0);
    CHECK(world.status("youtube")["reconnects"] == 0);
}

}  // namespace restream::test
