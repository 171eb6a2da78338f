#include "base/error.hpp"

namespace restream {

void throw_system_error(const std::string& attempted, int error_number) {
    const std::error_code cause(error_number, std::generic_category());
    throw Error(ErrorKind::refused, attempted + ": " + cause.message(), cause);
}

}  // namespace restream
