// A build without gRPC.
#include "core/rpcs.h"

namespace ck::plugin {

std::unique_ptr<Rpcs> make_rpcs(std::shared_ptr<const ProtoSchema> /*schema*/, CkSink& /*sink*/,
                                StreamSink& /*others*/, StreamBudget& /*budget*/) {
  return nullptr;
}

std::shared_ptr<const ProtoSchema> make_schema(const std::vector<std::string>& /*files*/,
                                               std::string& /*error*/) {
  return nullptr;
}

std::vector<std::string> message_keys(const ProtoSchema& /*schema*/) {
  return {};
}

}  // namespace ck::plugin
