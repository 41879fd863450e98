// The streams of analyzer/grpc, watched.
#include "core/rpcs.h"

#include <charconv>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "grpc/grpc_streams.h"
#include "grpc/http2_writer.h"
#include "protocol/protobuf/decode.h"

namespace ck::plugin {
namespace {

class GrpcRpcs final : public Rpcs, private RpcWatcher {
 public:
  GrpcRpcs(std::shared_ptr<const ProtoSchema> schema, CkSink& sink, StreamSink& others, StreamBudget& budget)
      : schema_(std::move(schema)), streams_(*schema_, sink, others, budget) {
    streams_.set_watcher(this);
  }

  Http2Sink& streams() override { return streams_; }
  [[nodiscard]] const ProtoMethod* find(std::string_view path) const override { return schema_->find(path); }

  [[nodiscard]] RpcMessage describe(const Message& message) override {
    RpcMessage out;
    RpcFacts& rpc = rpcs_[{message.connection, *message.stream}];
    if (rpc.path.empty()) rpc.path = message.method->path;
    out.method = message.method;
    out.rpc = &rpc;
    out.type = message.proto;
    out.spec = message.spec;
    out.trouble = message.trouble;
    out.stream = *message.stream;
    out.request = message.method->request != nullptr && message.method->request->spec == message.spec;
    return out;
  }

  const RpcFacts* fail(const RpcEnd& end) override {
    RpcFacts& rpc = rpcs_[{end.connection, end.stream}];
    return std::exchange(rpc.failed, true) ? nullptr : &rpc;
  }

  void decode(Bytes bytes, const RpcMessage& message, const NameTable& names, Payload& out) const override {
    if (!message.trouble.empty()) {
      out.clear();
      out.error = message.trouble;
    } else if (message.type != nullptr) {
      decode_protobuf(bytes, *message.type, names, out);
    } else {
      decode_payload(bytes, message.spec, names, out);
    }
  }

  [[nodiscard]] ConnectionKey begun_with_ck() const override { return begun_with_ck_; }
  void set_frame(std::uint64_t frame) override {
    frame_ = frame;
    begun_with_ck_ = 0;
  }

  [[nodiscard]] const std::vector<RpcExport>* exports(std::uint64_t frame) const override {
    const auto found = exports_.find(frame);
    return found == exports_.end() ? nullptr : &found->second;
  }

 private:
  void headers(const From& from, std::uint32_t stream, const Headers& headers, bool ends) override {
    RpcFacts& rpc = rpcs_[{from.connection.key, stream}];
    if (from.side == from.client && rpc.path.empty()) rpc.path = headers.path;
    if (from.first) begun_with_ck_ = from.connection.key;
    if (from.side != from.client && !headers.status.empty()) {
      std::uint32_t status = 0;
      const std::string& text = headers.status;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
      if (error == std::errc() && end == text.data() + text.size()) rpc.status = status;
    }
    Http2Writer(exported(from)).headers(stream, headers, ends);
  }
  void data(const From& from, std::uint32_t stream, Bytes bytes) override {
    Http2Writer(exported(from)).data(stream, bytes, false);
  }
  void data_ended(const From& from, std::uint32_t stream) override {
    Http2Writer(exported(from)).data(stream, {}, true);
  }
  void reset(const From& from, std::uint32_t stream, std::uint32_t code) override {
    Http2Writer(exported(from)).reset(stream, code);
  }
  void goaway(const From& from, std::uint32_t last) override { Http2Writer(exported(from)).goaway(last); }
  void lost(const From& from) override { Http2Writer(exported(from)).end_of_sense(); }
  void unread(const From& from, Bytes bytes) override {
    std::vector<std::uint8_t>& out = exported(from);
    out.insert(out.end(), bytes.begin(), bytes.end());
  }

  /// Where the side's next frames go. What happens only later than its own frame is in the frame at hand.
  std::vector<std::uint8_t>& exported(const From& from) {
    std::vector<RpcExport>& of_frame = exports_[frame_ != 0 ? frame_ : from.at.frame];
    const Endpoint &source = from.connection.endpoints[from.side],
                   &destination = from.connection.endpoints[1 - from.side];
    if (of_frame.empty() || of_frame.back().source != source || of_frame.back().destination != destination)
      of_frame.push_back({source, destination, {}});
    std::vector<std::uint8_t>& out = of_frame.back().bytes;
    if (begun_.insert({from.connection.key, from.side}).second) {
      Http2Writer writer(out);
      from.side == from.client ? writer.preface() : writer.settings();
    }
    return out;
  }

  std::shared_ptr<const ProtoSchema> schema_;
  GrpcStreams streams_;
  std::map<std::pair<ConnectionKey, std::uint64_t>, RpcFacts> rpcs_;
  std::set<std::pair<ConnectionKey, unsigned>> begun_;  ///< sides of which something was exported
  std::unordered_map<std::uint64_t, std::vector<RpcExport>> exports_;  ///< by frame
  std::uint64_t frame_ = 0;
  ConnectionKey begun_with_ck_ = 0;
};

}  // namespace

std::unique_ptr<Rpcs> make_rpcs(std::shared_ptr<const ProtoSchema> schema, CkSink& sink, StreamSink& others,
                                StreamBudget& budget) {
  if (schema == nullptr) return nullptr;
  return std::make_unique<GrpcRpcs>(std::move(schema), sink, others, budget);
}

std::shared_ptr<const ProtoSchema> make_schema(const std::vector<std::string>& files, std::string& error) {
  try {
    return std::make_shared<ProtoSchema>(files);
  } catch (const std::exception& trouble) {
    error = trouble.what();
  }
  return std::make_shared<ProtoSchema>(std::vector<std::string>());
}

std::vector<std::string> message_keys(const ProtoSchema& schema) {
  std::vector<std::string> keys;
  for (const ProtoMethod* method : schema.methods()) {
    for (const char* type : {"application/grpc", "application/grpc+proto", "application/grpc+json"}) {
      const std::string key = std::string(type) + "," + method->path;
      if (method->request != nullptr) keys.push_back(key + ",request");
      if (method->response != nullptr) keys.push_back(key + ",response");
    }
  }
  return keys;
}

}  // namespace ck::plugin
