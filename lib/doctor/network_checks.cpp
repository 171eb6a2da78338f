#include "doctor/network_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "config/url.hpp"
#include "doctor/writable.hpp"
#include "ingest/address.hpp"
#include "ingest/tcp.hpp"
#include "relay/carried.hpp"
#include "state/relay_name.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

constexpr Milliseconds longest_look_up = std::chrono::seconds(3);
constexpr Milliseconds longest_connect = std::chrono::seconds(2);
constexpr std::uintmax_t little_bytes = 2'000'000'000;  // about an hour at 4 Mbit/s

Diagnosis said(Severity severity, std::string message, std::string cause = "",
               std::string remedy = "") {
    return {{severity, "destinations", std::move(message), std::move(cause), std::move(remedy)},
            {}};
}

int default_port(const std::string& scheme) { return scheme == "rtmps" ? 443 : 1935; }

/// The folder a file destination writes to: what stands before the first time pattern.
fs::path folder_of(const std::string& path) {
    return fs::path(path.substr(0, path.find('%'))).parent_path();
}

Diagnosis check_file(const std::string& name, const UrlParts& parts) {
    std::error_code error;
    fs::path folder = folder_of(parts.path);
    // What is missing is made when the recording begins.
    while (!fs::exists(folder, error) && folder.has_relative_path()) folder = folder.parent_path();
    if (!fs::is_directory(folder, error) || !is_writable(folder)) {
        return said(Severity::failure,
                    fmt::format("{}: {} is no folder you can write to", name, folder.string()), "",
                    "change its permissions, or mend the destination's url");
    }
    const auto free_bytes = fs::space(folder, error).available;
    if (!error && free_bytes < little_bytes) {
        return said(Severity::warning,
                    fmt::format("{}: only {} MB are free at {}", name, free_bytes / 1'000'000,
                                folder.string()),
                    "", "free space");
    }
    return said(Severity::ok, fmt::format("{}: {} can be written", name, folder.string()));
}

Diagnosis check_server(const std::string& name, const UrlParts& parts) {
    const bool is_udp = parts.scheme == "srt";
    const int port = parts.port == 0 ? default_port(parts.scheme) : parts.port;
    // An SRT listener answers no TCP; and a destination may itself be the one who is called.
    if (is_udp && parts.host.empty())
        return said(Severity::ok, fmt::format("{}: waits for a caller", name));
    if (is_udp) {
        const Resolved found = resolve(parts.host, Deadline::after(longest_look_up));
        if (!found.addresses.empty()) {
            return said(Severity::ok, fmt::format("{}: the name {} is known", name, parts.host));
        }
        return said(Severity::failure, fmt::format("{}: no address for {}", name, parts.host),
                    found.problem, "check the URL's host and this machine's DNS");
    }
    const auto problem = reach_problem(parts.host, port, longest_connect);
    const std::string place = host_and_port(parts.host, port);
    if (!problem) return said(Severity::ok, fmt::format("{}: {} accepts connections", name, place));
    if (problem->step == ReachProblem::Step::name) {
        return said(Severity::failure, fmt::format("{}: no address for {}", name, parts.host),
                    problem->message, "check the URL's host and this machine's DNS");
    }
    return said(Severity::warning, fmt::format("{}: {} cannot be reached", name, place),
                problem->message, "check the URL's host and port, and firewalls between");
}

Diagnosis check_relay(const Config& config, const std::string& relay) {
    const Destination destination = carried(config, relay);
    const std::string name = relay_words(relay);
    const auto split = split_url(destination.url);
    const auto* parts = std::get_if<UrlParts>(&split);
    if (parts == nullptr) {
        return said(Severity::failure, fmt::format("{}: its url is none", name));
    }
    return parts->scheme == "file" ? check_file(name, *parts) : check_server(name, *parts);
}

}  // namespace

std::optional<ReachProblem> reach_problem(const std::string& host, int port, Milliseconds longest) {
    const Resolved found = resolve(host, Deadline::after(longest_look_up));
    if (found.addresses.empty()) return ReachProblem{ReachProblem::Step::name, found.problem};
    std::string last;
    const Deadline deadline = Deadline::after(longest);
    for (const auto& address : found.addresses) {
        const auto problem = connect_problem(address, port, deadline);
        if (!problem) return std::nullopt;
        last = *problem;
    }
    return ReachProblem{ReachProblem::Step::connection, last};
}

std::vector<Diagnosis> check_destinations(const Config& config, const Registry& registry) {
    const std::vector<std::string> relays = relays_of(config);
    std::vector<Diagnosis> result(relays.size());
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < result.size(); ++i) {
        threads.emplace_back([&, i] { result[i] = check_relay(config, relays[i]); });
    }
    threads.clear();  // joins them: each has its own deadlines
    for (std::size_t i = 0; i < result.size(); ++i) {
        auto& severity = result[i].finding.severity;
        const bool is_needed = registry.is_wanted(relays[i]) && !is_backup_relay(relays[i]);
        if (severity == Severity::failure && !is_needed) severity = Severity::warning;
    }
    return result;
}

}  // namespace restream
