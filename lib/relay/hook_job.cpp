#include "relay/hook_job.hpp"

#include "base/json_reader.hpp"

namespace restream {

namespace {

Json hook_json(const StateHook& hook) {
    if (const auto* command = std::get_if<HookCommand>(&hook.what)) {
        return {{"command", command->line}, {"folder", command->folder.string()}};
    }
    const auto* webhook = std::get_if<Webhook>(&hook.what);
    if (webhook == nullptr) return Json::object();
    if (const auto* file = std::get_if<KeyFile>(&webhook->url)) {
        return {{"url_file", file->path.string()}};
    }
    if (const auto* variable = std::get_if<KeyEnv>(&webhook->url)) {
        return {{"url_variable", variable->variable}};
    }
    const auto* text = std::get_if<KeyText>(&webhook->url);
    return {{"url", text == nullptr ? "" : text->text.reveal()}};
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
    const Json document = {{"body", job.body},
                           {"deadline_ms", job.hook.deadline.count()},
                           {"destination", job.destination},
                           {"event", job.event},
                           {"hook", hook_json(job.hook)},
                           {"reason", job.reason},
                           {"relay", job.relay},
                           {"state", job.state}};
    return document.dump();
}

std::string to_line(const StateHook& hook) {
    const Json document = {{"deadline_ms", hook.deadline.count()}, {"hook", hook_json(hook)}};
    return document.dump();
}

/// What it does, without its deadline.
static bool read_json(const Json& value, StateHook& into) {
    JsonReader reader(value);
    std::string text;
    if (value.contains("command")) {
        std::string folder;
        reader.read("command", text);
        reader.read("folder", folder);
        into.what = HookCommand{text, folder};
    } else if (value.contains("url_file")) {
        reader.read("url_file", text);
        into.what = Webhook{KeyFile{text}};
    } else if (value.contains("url_variable")) {
        reader.read("url_variable", text);
        into.what = Webhook{KeyEnv{text}};
    } else {
        reader.read("url", text);
        into.what = Webhook{KeyText{Secret(std::move(text))}};
    }
    return reader.is_good();
}

std::optional<HookJob> hook_job_from_line(std::string_view line) {
    const auto document = parse_json(line);
    if (!document) return std::nullopt;
    JsonReader reader(*document);
    HookJob job;
    std::int64_t deadline_ms = 0;
    reader.read("hook", job.hook);
    reader.read("deadline_ms", deadline_ms);
    reader.read("event", job.event);
    reader.read("destination", job.destination);
    reader.read("relay", job.relay);
    reader.read("state", job.state);
    reader.read("reason", job.reason);
    reader.read("body", job.body);
    if (!reader.is_good()) return std::nullopt;
    job.hook.deadline = Milliseconds(deadline_ms);
    return job;
}

}  // namespace restream
