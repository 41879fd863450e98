// The namespaces of the rooms. Each may use the names of the rooms below it as its own, as includes run
// (packaging/doc/architecture.md, Arrows); tests/house/include_graph_test.cpp holds this list to them.
#pragma once

namespace ck {

namespace base {}
namespace protocol {
using namespace base;
}
namespace audit {
using namespace protocol;
}
namespace stream {
using namespace audit;
}
namespace packet {
using namespace stream;
}
namespace grpc {
using namespace stream;
}
namespace capture {
using namespace packet;
using namespace grpc;
}  // namespace capture
namespace report {
using namespace audit;
}
namespace cli {
using namespace report;
using namespace capture;
}  // namespace cli
namespace plugin {
using namespace packet;
using namespace grpc;
}  // namespace plugin

}  // namespace ck
