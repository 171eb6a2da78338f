// restream doctor: finds out what is wrong, and what helps.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <vector>

#include "base/error.hpp"
#include "command.hpp"
#include "config/platform.hpp"
#include "contain/contain.hpp"
#include "doctor/clear_text_checks.hpp"
#include "doctor/config_checks.hpp"
#include "doctor/dashboard_checks.hpp"
#include "doctor/finding.hpp"
#include "doctor/hook_checks.hpp"
#include "doctor/ingest_checks.hpp"
#include "doctor/login.hpp"
#include "doctor/network_checks.hpp"
#include "doctor/state_checks.hpp"
#include "doctor/system_checks.hpp"
#include "media/features.hpp"
#include "system/paths.hpp"
#include "system/terminal.hpp"

namespace {

using namespace restream;

class Findings {
  public:
    void add(std::vector<Diagnosis> more) {
        for (auto& each : more) all_.push_back(std::move(each));
    }
    void add(std::optional<Diagnosis> one) {
        if (one) all_.push_back(std::move(*one));
    }
    std::vector<Diagnosis>& all() { return all_; }

  private:
    std::vector<Diagnosis> all_;
};

/// Nothing can be started by it.
bool is_config_broken(const Diagnosis& each) {
    constexpr std::array codes = {"config_invalid", "folder_open_to_others",
                                  "config_open_to_others", "config_of_other_user"};
    return each.finding.severity == Severity::failure &&
           std::ranges::find(codes, each.finding.code) != codes.end();
}

/// None where they cannot be read: check_services says so.
Platforms known_services() {
    try {
        return load_platforms(share_directory());
    } catch (const Error&) {
        return {};
    }
}

std::vector<Diagnosis> diagnose() {
    const Registry registry{Layout(state_directory())};
    Findings findings;
    CheckedConfig checked = check_config(config_directory());
    findings.add(std::move(checked.diagnoses));
    if (checked.config) {
        findings.add(check_keys(*checked.config, registry));
        findings.add(check_twins(*checked.config));
        findings.add(check_hooks(*checked.config));
    }
    CheckedState state = check_state_folder(registry);
    findings.add(std::move(state.diagnoses));
    findings.add(check_leftovers(registry.layout(), config_directory()));
    if (checked.config && state.is_readable) {
        findings.add(check_relays(*checked.config, registry, state));
        findings.add(check_ingest(*checked.config, registry, state));
    }
    if (checked.config) {
        findings.add(check_destinations(*checked.config, registry));
        findings.add(check_clear_text(*checked.config, known_services()));
        findings.add(check_dashboard(*checked.config, registry.layout()));
    }
    if (!checked.config && state.is_readable) {
        const Config known = known_config(read_config(config_directory()), registry);
        findings.add(check_relays(known, registry, state));
        if (!known.ingest.url.empty()) findings.add(check_ingest(known, registry, state));
    }
    findings.add(check_ffmpeg(av_features()));
    findings.add(check_services(share_directory(), std::chrono::system_clock::now()));
    findings.add(check_containment(containment_here()));
    findings.add(check_logout(user_killed_at_logout()));
    return std::move(findings.all());
}

struct Options {
    bool json = false;
    bool fix = false;
};

int doctor(const Options& options) {
    std::vector<Diagnosis> diagnoses = diagnose();
    if (options.fix) mend_all(diagnoses);
    const bool has_colour = is_terminal(StandardHandle::output) && !environment("NO_COLOR");
    if (options.json) {
        fmt::print("{}", to_json(diagnoses));
    } else {
        print_lines(StandardHandle::output,
                    to_text(diagnoses, has_colour ? Colour::on : Colour::off));
    }
    if (std::ranges::any_of(diagnoses, is_config_broken)) {
        return static_cast<int>(ErrorKind::config);
    }
    const bool has_failure = std::ranges::any_of(diagnoses, [](const Diagnosis& each) {
        return each.finding.severity == Severity::failure;
    });
    return has_failure ? static_cast<int>(ErrorKind::no) : 0;
}

}  // namespace

int main(int argc, char** argv) {
    return run_command(
        "doctor",
        "Finds out what is wrong, and what helps. Exit status 1 if anything fails, 3 if the "
        "configuration is broken.",
        argc, argv, [](Arguments& arguments) -> CommandBody {
            auto options = std::make_shared<Options>();
            arguments.flag("--json", options->json, "one JSON document on standard output");
            arguments.flag("--fix", options->fix,
                           "fix what is safe to fix: permissions, leftover files");
            return [options] { return doctor(*options); };
        });
}
