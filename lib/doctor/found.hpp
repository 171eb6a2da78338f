// How checks tell what they found.
#pragma once

#include <filesystem>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "doctor/finding.hpp"
#include "doctor/finding_table.hpp"
#include "state/relay_name.hpp"

namespace restream {

/// The finding of that row of finding_table, with its values in their order: `found(Severity::ok,
/// "state_writable", path)`. What is no row does not compile.
template <class... Each>
Diagnosis found(Severity severity, std::type_identity_t<RowOf<finding_table, sizeof...(Each)>> row,
                Each&&... values) {
    return {to_finding(severity, *row, {Value(std::forward<Each>(values))...}), {}};
}

/// Of a destination's relay: `relay` and `destination` are the first two values.
template <class... Each>
Diagnosis found_of(const std::string& relay, Severity severity,
                   std::type_identity_t<RowOf<finding_table, sizeof...(Each) + 2>> row,
                   Each&&... values) {
    return {to_finding(severity, *row,
                       {Value(Term{relay, relay_words(relay)}), Value(destination_of(relay)),
                        Value(std::forward<Each>(values))...}),
            {}};
}

/// The same, with what mends it.
inline Diagnosis mended_by(Diagnosis diagnosis, std::function<bool()> mend) {
    diagnosis.mend = std::move(mend);
    return diagnosis;
}

/// The same: what mends it is that these permissions are taken away.
inline Diagnosis mended_by_taking(std::filesystem::perms which, const std::filesystem::path& path,
                                  Diagnosis diagnosis) {
    return mended_by(std::move(diagnosis), [path, which] {
        std::error_code error;
        std::filesystem::permissions(path, which, std::filesystem::perm_options::remove, error);
        return !error;
    });
}

}  // namespace restream
