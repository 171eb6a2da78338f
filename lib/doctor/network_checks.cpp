#include "doctor/network_checks.hpp"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "config/url.hpp"
#include "doctor/found.hpp"
#include "ingest/address.hpp"
#include "relay/carried.hpp"
#include "state/relay_name.hpp"
#include "system/path_fault.hpp"
#include "system/tcp.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

constexpr Milliseconds longest_look_up = std::chrono::seconds(3);
constexpr Milliseconds longest_connect = std::chrono::seconds(2);
constexpr std::uintmax_t little_bytes = 2'000'000'000;  // about an hour at 4 Mbit/s

int default_port(const std::string& scheme) { return scheme == "rtmps" ? 443 : 1935; }

/// The folder a file destination writes to: what stands before the first time pattern.
fs::path folder_of(const std::string& path) {
    return fs::path(path.substr(0, path.find('%'))).parent_path();
}

Diagnosis check_file(const std::string& relay, const UrlParts& parts) {
    std::error_code error;
    fs::path folder = folder_of(parts.path);
    // What is missing is made when the recording begins.
    while (!fs::exists(folder, error) && folder.has_relative_path()) folder = folder.parent_path();
    if (!fs::is_directory(folder, error) || !is_writable(folder)) {
        return found_of(relay, Severity::failure, "file_folder_unwritable", folder.string());
    }
    const auto free_bytes = fs::space(folder, error).available;
    if (!error && free_bytes < little_bytes) {
        return found_of(relay, Severity::warning, "file_space_low", free_bytes / 1'000'000,
                        folder.string());
    }
    return found_of(relay, Severity::ok, "file_folder_writable", folder.string());
}

/// An SRT listener answers no TCP; and a destination may itself be the one who is called.
Diagnosis check_srt(const std::string& relay, const UrlParts& parts) {
    if (parts.host.empty()) return found_of(relay, Severity::ok, "caller_awaited");
    const Resolved known = resolve(parts.host, Deadline::after(longest_look_up));
    if (!known.addresses.empty()) return found_of(relay, Severity::ok, "name_known", parts.host);
    return found_of(relay, Severity::failure, "name_not_found", parts.host, known.problem);
}

Diagnosis check_server(const std::string& relay, const UrlParts& parts) {
    const int port = parts.port == 0 ? default_port(parts.scheme) : parts.port;
    const auto problem = reach_problem(parts.host, port, longest_connect);
    const std::string place = host_and_port(parts.host, port);
    if (!problem) return found_of(relay, Severity::ok, "server_reachable", place);
    if (problem->step == ReachProblem::Step::name) {
        return found_of(relay, Severity::failure, "name_not_found", parts.host, problem->message);
    }
    return found_of(relay, Severity::warning, "server_unreachable", place, problem->message);
}

Diagnosis check_relay(const Config& config, const std::string& relay) {
    const Destination destination = carried(config, relay);
    const auto split = split_url(destination.url);
    const auto* parts = std::get_if<UrlParts>(&split);
    if (parts == nullptr) return found_of(relay, Severity::failure, "url_invalid");
    if (parts->scheme == "file") return check_file(relay, *parts);
    return parts->scheme == "srt" ? check_srt(relay, *parts) : check_server(relay, *parts);
}

}  // namespace

std::optional<ReachProblem> reach_problem(const std::string& host, int port, Milliseconds longest) {
    const Resolved known = resolve(host, Deadline::after(longest_look_up));
    if (known.addresses.empty()) return ReachProblem{ReachProblem::Step::name, known.problem};
    std::string last;
    const Deadline deadline = Deadline::after(longest);
    for (const auto& address : known.addresses) {
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
    for (const Destination& each : config.destinations) {
        if (each.backup != Backup::both) continue;
        result.push_back(found(Severity::ok, "backup_doubles_upload", each.name));
    }
    return result;
}

}  // namespace restream
