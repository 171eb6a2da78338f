// What the rules say: each a sentence or two, with the figures that show it.
#pragma once

#include <string>

#include "explain/rules.hpp"

namespace restream {

std::string words_of_death(const Evidence& evidence);
std::string words_of_disk(const Evidence& evidence);
std::string words_of_slow_disk(const Evidence& evidence);
/// What the first relay that it befell was told.
std::string words_of_reason(const Evidence& evidence);
std::string words_of_delay(const Evidence& evidence, const Witness& delayed);
std::string words_of_missed(const Evidence& evidence);
std::string words_of_leaving(const Evidence& evidence);
std::string words_of_gap(const Evidence& evidence);
std::string words_of_thin(const Evidence& evidence);
std::string words_of_both(const Evidence& evidence);
std::string words_of_uplink(const Evidence& evidence);
std::string words_of_destination(const Evidence& evidence);
std::string words_of_some(const Evidence& evidence);
std::string words_of_only(const Evidence& evidence);

std::string remedy_of_death(const Evidence& evidence);
std::string remedy_of_reason(const Evidence& evidence);
std::string remedy_of_uplink(const Evidence& evidence);
std::string remedy_of_destination(const Evidence& evidence);

/// "a", "a and b", "a, b and c".
std::string names_of(const std::vector<Witness>& witnesses);

}  // namespace restream
