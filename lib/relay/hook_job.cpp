#include "relay/hook_job.hpp"

#include <nlohmann/json.hpp>

namespace restream {

namespace {

using nlohmann::json;

json hook_json(const StateHook& hook) {
    if (const auto* command = std::get_if<HookCommand>(&hook.what)) {
        return {{"command", command->line}, {"folder", command->folder.string()}};
    }
    const auto* webhook = std::get_if<Webhook>(&hook.what);
    if (webhook == nullptr) return json::object();
    if (const auto* file = std::get_if<KeyFile>(&webhook->url)) {
        return {{"url_file", file->path.string()}};
    }
    if (const auto* variable = std::get_if<KeyEnv>(&webhook->url)) {
        return {{"url_variable", variable->variable}};
    }
    const auto* text = std::get_if<KeyText>(&webhook->url);
    return {{"url", text == nullptr ? "" : text->text.reveal()}};
}

/// REQUIRES: it is an object. Throws json's own where a value is of another type.
StateHook hook_from_json(const json& value) {
    StateHook hook;
    if (value.contains("command")) {
        hook.what = HookCommand{value.at("command").get<std::string>(),
                                value.at("folder").get<std::string>()};
    } else if (value.contains("url_file")) {
        hook.what = Webhook{KeyFile{value.at("url_file").get<std::string>()}};
    } else if (value.contains("url_variable")) {
        hook.what = Webhook{KeyEnv{value.at("url_variable").get<std::string>()}};
    } else {
        hook.what = Webhook{KeyText{Secret(value.at("url").get<std::string>())}};
    }
    return hook;
}

}  // namespace

HookJob hook_job(const StateHook& hook, const HookEvent& event) {
    return {hook,
            event.ingest ? "ingest" : "state",
            event.destination,
            event.ingest ? "" : std::string(relay_role(event.is_backup)),
            std::string(event.state_name()),
            event.reason ? event.reason->code : "",
            to_json(event)};
}

std::string to_line(const HookJob& job) {
    const json document = {
        {"hook", hook_json(job.hook)}, {"deadline_ms", job.hook.deadline.count()},
        {"event", job.event},          {"destination", job.destination},
        {"relay", job.relay},          {"state", job.state},
        {"reason", job.reason},        {"body", job.body}};
    return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string to_line(const StateHook& hook) {
    const json document = {{"hook", hook_json(hook)}, {"deadline_ms", hook.deadline.count()}};
    return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<HookJob> hook_job_from_line(std::string_view line) {
    try {
        const json document = json::parse(line);
        HookJob job;
        job.hook = hook_from_json(document.at("hook"));
        job.hook.deadline = Milliseconds(document.at("deadline_ms").get<std::int64_t>());
        job.event = document.at("event").get<std::string>();
        job.destination = document.at("destination").get<std::string>();
        job.relay = document.at("relay").get<std::string>();
        job.state = document.at("state").get<std::string>();
        job.reason = document.at("reason").get<std::string>();
        job.body = document.at("body").get<std::string>();
        return job;
    } catch (const json::exception&) {
        return std::nullopt;
    }
}

}  // namespace restream
