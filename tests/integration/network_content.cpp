// Which procedures and which faults a network has.
#include <utility>

#include "network_faults.h"

namespace ck::integration {

std::vector<Script> write_scripts(const NetworkOptions& options) {
  ScriptWriter writer(options.kms, options.content);
  std::vector<Script> out;
  for (std::size_t km = 0; km < options.kms; ++km) out.push_back(writer.centralized(km, false, false));
  for (std::size_t i = 0; i < options.faults; ++i) out.push_back(write_fault(writer, i));
  if (options.broken_streams) out.push_back(write_garbage(options.kms - 2));
  while (out.size() < options.procedures) out.push_back(writer.any());
  return out;
}

}  // namespace ck::integration
