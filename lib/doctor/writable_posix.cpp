#include <unistd.h>

#include "doctor/writable.hpp"

namespace restream {

bool is_writable(const std::filesystem::path& folder) {
    return ::access(folder.c_str(), W_OK | X_OK) == 0;
}

}  // namespace restream
