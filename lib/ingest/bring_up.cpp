#include "ingest/bring_up.hpp"
namespace restream {
bool bring_up_ingest(const Config&, const Registry&, const std::filesystem::path&) { return false; }
bool take_down_ingest(const Config&, const Registry&) { return false; }
}
