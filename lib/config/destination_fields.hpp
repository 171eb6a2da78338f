// From the fields of a TOML table to a Destination: the same in restream.toml and in
// destinations.d.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "config/destination.hpp"
#include "config/platform.hpp"
#include "config/toml_fields.hpp"

namespace restream {

/// `[defaults]`.
struct DestinationDefaults {
    OnIngestLoss on_ingest_loss = OnIngestLoss::hold;
    Milliseconds hold = std::chrono::seconds(30);
    SlateSettings slate;
    StateHook on_state;
};

/// The services, read when the first destination names one: most configurations with only URLs
/// never do.
class Presets {
  public:
    const Platforms& services();

  private:
    std::optional<Platforms> services_;
};

/// What may stand in `[defaults]` and in destinations.
DestinationDefaults read_defaults(const Fields& fields, const DestinationDefaults& otherwise);

/// **Throws**: Error{config} with the place of what is wrong.
Destination read_destination(const std::string& name, const Fields& fields,
                             const DestinationDefaults& defaults, Presets& presets);

/// A file of destinations.d, whose stem is the destination's name, from its text.
Destination parse_destination(const std::filesystem::path& file, std::string_view text,
                              const DestinationDefaults& defaults, Presets& presets);

}  // namespace restream
