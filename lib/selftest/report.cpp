#include "selftest/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/json.hpp"
#include "base/text.hpp"

namespace restream::selftest {

namespace {

constexpr std::size_t title_columns = 12;
constexpr std::size_t narrowest = 20;

/// Three digits behind the point tell microseconds: more is noise.
double rounded(double value) { return std::round(value * 1000) / 1000; }

Json lateness_json(const Lateness& late) {
    return {{"messages", late.messages},
            {"lost", late.lost},
            {"p50_ms", rounded(late.p50_ms)},
            {"p99_ms", rounded(late.p99_ms)},
            {"max_ms", rounded(late.max_ms)}};
}

Json effect_json(const std::optional<Effect>& effect) {
    if (!effect) return nullptr;
    return {{"before", lateness_json(effect->before)}, {"during", lateness_json(effect->during)}};
}

Json step_json(const StepResult& step) {
    Json figures = Json::object();
    for (const auto& [name, value] : step.outcome.figures) figures[name] = rounded(value);
    return {{"name", step.name},
            {"verdict", verdict_name(step.outcome.verdict)},
            {"duration_ms", step.lasted.count()},
            {"message", step.outcome.words},
            {"remedy", step.outcome.remedy.empty() ? Json() : Json(step.outcome.remedy)},
            {"figures", figures}};
}

std::size_t room_of(const TextStyle& style) {
    return std::max(static_cast<std::size_t>(std::max(style.width, 0)), narrowest);
}

/// Where there is little room, later lines begin further left.
std::size_t indent_of(std::size_t columns, std::size_t width) { return width < 60 ? 2 : columns; }

struct Sign {
    std::string_view sign;
    std::string_view word;
    std::string_view colour;
};

Sign sign_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::passed:
            return {"✓", "ok  ", "\x1b[32m"};
        case Verdict::failed:
            return {"✗", "FAIL", "\x1b[31m"};
        case Verdict::skipped:
            break;
    }
    return {"-", "skip", "\x1b[33m"};
}

std::string effect_text(std::string_view kind, const Effect& effect) {
    const std::size_t lost = effect.during.lost;
    return fmt::format(
        "a {} destination beside it cost the good one {} of {} messages; p99 {:.1f} ms before, "
        "{:.1f} ms during",
        kind, lost, effect.during.messages, effect.before.p99_ms, effect.during.p99_ms);
}

}  // namespace

std::string_view verdict_name(Verdict verdict) {
    switch (verdict) {
        case Verdict::passed:
            return "passed";
        case Verdict::failed:
            return "failed";
        case Verdict::skipped:
            break;
    }
    return "skipped";
}

bool Report::has_passed() const {
    return count(Verdict::passed) > 0 && count(Verdict::failed) == 0;
}

std::size_t Report::count(Verdict verdict) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        steps, [&](const StepResult& each) { return each.outcome.verdict == verdict; }));
}

std::string to_json(const Report& report) {
    Json steps = Json::array();
    for (const StepResult& each : report.steps) steps.push_back(step_json(each));
    const Json document = {
        {"schema", 1},
        {"passed", report.has_passed()},
        {"duration_ms", report.lasted.count()},
        {"steps", steps},
        {"effect",
         {{"stalled", effect_json(report.stalled)}, {"vanished", effect_json(report.vanished)}}}};
    return document.dump(2) + "\n";
}

std::string to_text(const StepResult& step, const TextStyle& style) {
    const Sign sign = sign_of(step.outcome.verdict);
    const std::string_view shown = style.has_signs ? sign.sign : sign.word;
    const std::size_t sign_columns = style.has_signs ? 1 : sign.word.size();
    const std::size_t width = room_of(style);
    const std::string begin =
        fmt::format("{}{}{} {:<{}} ", style.has_colour ? sign.colour : "", shown,
                    style.has_colour ? "\x1b[0m" : "", step.title, title_columns);
    const std::size_t columns = sign_columns + 1 + std::max(step.title.size(), title_columns) + 1;
    const std::size_t indent = indent_of(columns, width);
    std::string text = wrapped(begin, step.outcome.words, width, indent);
    if (!step.outcome.remedy.empty()) {
        text +=
            wrapped(std::string(indent, ' '), "what helps: " + step.outcome.remedy, width, indent);
    }
    return text;
}

std::string closing_text(const Report& report, const TextStyle& style) {
    const std::size_t width = room_of(style);
    std::string text;
    if (report.stalled) text += wrapped("", effect_text("stalled", *report.stalled), width, 2);
    if (report.vanished) {
        text += wrapped("", effect_text("vanished", *report.vanished), width, 2);
    }
    const std::size_t passed = report.count(Verdict::passed);
    const std::size_t skipped = report.count(Verdict::skipped);
    const double seconds = std::chrono::duration<double>(report.lasted).count();
    std::string all = skipped == 0 && report.has_passed()
                          ? fmt::format("all {} steps passed", passed)
                          : fmt::format("{} of {} steps passed", passed, report.steps.size());
    if (skipped > 0) all += fmt::format(", {} skipped", skipped);
    return text + wrapped("", fmt::format("{}, in {:.0f} s", all, seconds), width, 2);
}

std::string progress_text(double share, std::string_view title, int width) {
    constexpr int longest_bar = 24;
    constexpr int beside = 9;  // the brackets, the share, and a blank
    const int room = std::max(width - 1, static_cast<int>(narrowest));
    const int bar = std::clamp(room - beside - static_cast<int>(title.size()), 8, longest_bar);
    const double whole = std::clamp(share, 0.0, 1.0);
    const auto done = static_cast<std::size_t>(std::lround(whole * bar));
    std::string text = fmt::format("[{}{}] {:>3.0f} %", std::string(done, '#'),
                                   std::string(static_cast<std::size_t>(bar) - done, '.'),
                                   std::floor(whole * 100));
    const int left = room - bar - beside;
    if (left > 0) text += fmt::format(" {}", title.substr(0, static_cast<std::size_t>(left)));
    return text;
}

}  // namespace restream::selftest
