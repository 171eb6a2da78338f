// What stands in the state folder: foreign, torn or edited text is refused or read, and what was
// read is written and read back as the same.
#include <string>
#include <string_view>

#include "fuzz/input.hpp"
#include "ingest/publications_record.hpp"
#include "ingest/record.hpp"
#include "relay/hook_job.hpp"
#include "state/audit_entry.hpp"
#include "state/flight_event.hpp"
#include "state/healing.hpp"
#include "state/media_json.hpp"
#include "state/record.hpp"

using namespace restream;

namespace {

/// Once written, the text stays as it is.
template <typename Read, typename Write>
void check(std::string_view text, Read read, Write write, const char* what) {
    const auto first = read(text);
    if (!first) return;
    const std::string written = write(*first);
    const auto again = read(written);
    expect(again.has_value(), what);
    expect(write(*again) == written, what);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    Input input(bytes, size);
    const std::uint8_t choice = input.take_choice();
    const auto rest = input.rest();
    const std::string text(rest.begin(), rest.end());
    const auto write = [](const auto& value) { return to_json(value); };
    const auto write_line = [](const auto& value) { return to_json_line(value); };
    const auto write_job = [](const HookJob& value) { return to_line(value); };
    switch (choice % 8) {
        case 0:
            check(text, flight_event_from_json, write_line, "an event is read as written");
            break;
        case 1:
            check(text, record_from_json, write, "a relay's record is read as written");
            break;
        case 2:
            check(text, ingest_record_from_json, write, "the ingest's record is read as written");
            break;
        case 3:
            check(text, publications_from_json, write, "publications are read as written");
            break;
        case 4:
            check(text, healing_from_json, write, "a healing is read as written");
            break;
        case 5:
            check(text, hook_job_from_line, write_job, "a hook's job is read as written");
            break;
        case 7:
            check(text, audit_entry_from_json, write_line,
                  "a line of the audit log is read as written");
            break;
        default:
            if (const auto value = parse_json(text)) {
                MediaFacts facts;
                static_cast<void>(read_json(*value, facts));
            }
            process_from_json(text);
    }
    return 0;
}
