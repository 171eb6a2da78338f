#include "dashboard/message.hpp"

#include <nlohmann/json.hpp>

namespace restream {

using nlohmann::ordered_json;

Answer refusal(int status, std::string_view code, std::string_view message,
               std::string_view remedy) {
    const ordered_json document = {
        {"error", {{"code", code}, {"message", message}, {"remedy", remedy}}}};
    Answer answer;
    answer.status = status;
    answer.body = document.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
    return answer;
}

}  // namespace restream
