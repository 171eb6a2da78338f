#include "service/unit_text.hpp"

#include <fmt/format.h>

#include <array>

#include "base/error.hpp"
#include "base/fill_in.hpp"
#include "base/text.hpp"

namespace restream {

namespace {

constexpr std::string_view mark = "# Written by 'restream service install'";

/// systemd refuses these in the path of a program, however they are written. Source: systemd 252,
/// string_is_safe().
constexpr std::string_view refused_in_program = "\"'\\";

/// `:` keeps systemd from looking for variables in it.
std::string exec_start(const std::filesystem::path& program) {
    const std::string path = program.string();
    const std::string quoted = quoted_for_unit(path, "the path of restream's programs");
    if (path.find_first_of(refused_in_program) == std::string::npos)
        return fmt::format(":{} --heal", quoted);
    return fmt::format(":/bin/sh -c 'exec \"$0\" --heal' {}", quoted);
}

}  // namespace

bool is_fit_for_unit(std::string_view value) {
    for (const char c : value) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
    }
    return is_utf8(value);
}

std::string quoted_for_unit(std::string_view value, std::string_view what) {
    if (!is_fit_for_unit(value)) {
        throw Error(ErrorKind::refused,
                    fmt::format("{} has a character that systemd does not take; only UTF-8 without "
                                "control characters works",
                                what));
    }
    std::string text = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') text += '\\';
        if (c == '%') text += '%';
        text += c;
    }
    return text + '"';
}

std::string render_service(std::string_view template_text, const ServiceFacts& facts) {
    std::string environment;
    for (const auto& [name, value] : facts.variables) {
        if (!environment.empty()) environment += '\n';
        environment += "Environment=" + quoted_for_unit(name + "=" + value, "the value of " + name);
    }
    const std::array<Placeholder, 2> placeholders = {{
        {"EXEC_START", exec_start(facts.start_program)},
        {"ENVIRONMENT", std::move(environment)},
    }};
    return fill_in(template_text, placeholders, "restream.service.in");
}

std::string render_timer(std::string_view template_text) {
    const std::array<Placeholder, 1> placeholders = {
        {{"SECONDS", std::to_string(between_timer_looks.count())}}};
    // It stands there more than once; each gap is the same.
    return fill_in(template_text, placeholders, "restream.timer.in");
}

bool is_our_unit(std::string_view text) { return text.starts_with(mark); }

}  // namespace restream
