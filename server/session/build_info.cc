#include "server/session/build_info.h"

namespace spiked::session {

const absl::string_view kCommit = SPIKED_COMMIT;
const absl::string_view kBuildType = SPIKED_BUILD_TYPE;

}  // namespace spiked::session
