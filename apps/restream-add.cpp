// restream add NAME: writes a destination.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "command.hpp"
#include "config/editor.hpp"
#include "config/key.hpp"
#include "config/platform.hpp"
#include "config/url.hpp"
#include "config/wording.hpp"
#include "key_input.hpp"
#include "state/command_lock.hpp"
#include "state/state_access.hpp"
#include "system/paths.hpp"
#include "system/process.hpp"

namespace {

using namespace restream;

struct Options {
    NewDestination added;
    KeyOptions key;
    KeyOptions passphrase;
    std::string latency;
};

void check_url(const char* option, const std::string& url) {
    if (url.empty()) return;
    const auto checked = check_destination_url(url);
    if (const auto* problem = std::get_if<UrlProblem>(&checked)) {
        throw Error(ErrorKind::usage, fmt::format("{} {}", option, problem->message));
    }
}

/// The service that was named, if one was: known, and with a URL from somewhere.
std::optional<Platform> check_service(const NewDestination& added) {
    if (added.service.empty()) {
        if (!added.url.empty()) return std::nullopt;
        throw Error(ErrorKind::usage,
                    "where to? give --service ID ('restream services' lists them) or --url URL");
    }
    const Platforms services = load_platforms(share_directory());
    const Platform* service = services.find(added.service);
    if (service == nullptr) {
        std::vector<std::string> known;
        for (const Platform& one : services.list) known.push_back(one.id);
        throw Error(ErrorKind::usage,
                    fmt::format("--service: {} is not known{}", in_quotes(added.service),
                                suggestion(added.service, known)));
    }
    if (service->url.empty() && added.url.empty()) {
        throw Error(
            ErrorKind::usage,
            fmt::format("{} gives every account or event its own URL: copy it from there and "
                        "give it with --url",
                        service->name));
    }
    return *service;
}

/// Whether the last part of the URL is taken for the stream key.
bool holds_key(const std::string& url) {
    const auto read = split_url(url);
    const auto* parts = std::get_if<UrlParts>(&read);
    return parts != nullptr && parts->scheme.starts_with("rtmp") && parts->segments().size() >= 2;
}

KeyReference find_key(const Options& options, const Destination& preview,
                      const std::optional<Platform>& service) {
    if (options.key.is_any_given()) return read_key_input(options.key);
    if (holds_key(preview.url)) {
        complain("add",
                 "the end of --url is taken for the stream key; on the command line others on this "
                 "machine can see it, and your shell keeps it: better leave it out and give "
                 "--key-stdin");
        return std::monostate();
    }
    if (!preview.url.starts_with("rtmp") || !can_ask_for_key()) return std::monostate();
    if (service && !service->key_page.empty()) {
        print_lines(StandardHandle::error, fmt::format("{} shows your stream key at {}\n",
                                                       service->name, service->key_page));
    }
    return ask_for_key(fmt::format("Stream key of {} (not shown; empty: none): ", preview.name));
}

/// What its second server costs, in one line; empty where it has none.
std::string backup_words(const Destination& added) {
    if (added.backup_url.empty()) return "";
    switch (added.backup) {
        case Backup::both:
            return "both servers get the picture, at twice the upload (--backup failover: the "
                   "second one only while the first fails; --backup off: never)";
        case Backup::failover:
            return "the second server gets the picture only while the first fails (--backup both: "
                   "always, at twice the upload; --backup off: never)";
        case Backup::off:
            return "the second server is not used (--backup failover: while the first fails; "
                   "--backup both: always, at twice the upload)";
    }
    return "";
}

/// What only an SRT destination has.
void find_srt(Options& options) {
    if (!options.latency.empty()) {
        options.added.latency = parse_duration(options.latency);
        if (!options.added.latency) {
            throw Error(ErrorKind::usage,
                        fmt::format("--latency: {} is not a duration; write 200ms, say",
                                    in_quotes(options.latency)));
        }
    }
    if (options.key.from_stdin && options.passphrase.from_stdin) {
        throw Error(
            ErrorKind::usage,
            "--key-stdin and --passphrase-stdin can't both read standard input; give one of "
            "them with --key-file or --passphrase-file");
    }
    if (!options.passphrase.is_any_given()) return;
    options.added.passphrase = read_passphrase_input(options.passphrase);
}

int add(Options options) {
    forbid_core_dumps();
    const auto directory = config_directory();
    check_url("--url", options.added.url);
    check_url("--backup-url", options.added.backup_url);
    const auto service = check_service(options.added);
    find_srt(options);
    // Before anybody is asked for a key: whether all else is right.
    const Destination preview = preview_destination(directory, options.added);
    options.added.key = find_key(options, preview, service);
    {
        const CommandLock lock(trusted_state(), "add");
        add_destination(directory, options.added);
    }
    const Config config = load_config(directory);
    const Destination& added = config.at(options.added.name);
    std::string told = fmt::format("added {}: {}\n", added.name, added.display_url());
    if (const auto words = backup_words(added); !words.empty()) told += words + "\n";
    auto problem = foresee_key_problem(added);
    if (!problem) problem = foresee_srt_problem(added);
    if (!problem) told += "to put the live picture there: restream enable " + added.name + "\n";
    print_lines(StandardHandle::error, told);
    if (problem) complain("add", problem->message);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return run_command("add", "Adds a destination.", argc, argv, [](Arguments& arguments) {
        auto options = std::make_shared<Options>();
        arguments.value("NAME", options->added.name, "its name: a-z, 0-9, - and _",
                        {.is_required = true});
        arguments.value("--service", options->added.service, "a platform, see 'restream services'",
                        {.type = "ID"});
        arguments.value("--url", options->added.url, "rtmp://, rtmps://, srt:// or file:/PATH",
                        {.type = "URL"});
        arguments.value("--backup-url", options->added.backup_url, "the platform's second server",
                        {.type = "URL"});
        arguments.value("--backup", options->added.backup,
                        "both: the two servers get the picture, at twice the upload; failover: the "
                        "second one only while the first fails (default); off: never",
                        {.type = "both|failover|off"});
        arguments.value("--latency", options->latency,
                        "SRT: how long a lost packet may be sent again, such as 200ms",
                        {.type = "TIME"});
        arguments.value("--file-mode", options->added.file_mode,
                        "of a file: its permissions, such as 0640; default: only you can read it",
                        {.type = "MODE"});
        declare_key_options(arguments, options->key);
        declare_passphrase_options(arguments, options->passphrase);
        return [options] { return add(*options); };
    });
}
