// HTTP/1.1 that becomes HTTP/2: a request with "Upgrade: h2c", and whether it is granted (RFC 7540, 3.2; RFC
// 9110, 7.8).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "grpc/http2.h"

namespace ck::grpc {

/// A request that was granted: it is stream 1 of what follows.
struct UpgradedRequest {
  Headers headers;
  std::vector<std::uint8_t> body;
  std::size_t size = 0;         ///< bytes of the client's before its HTTP/2
  std::size_t answer_size = 0;  ///< bytes of the server's before its HTTP/2
  /// The table that the client's settings allow the server ("HTTP2-Settings"); nullopt: they say nothing.
  std::optional<std::uint32_t> table_size;
};

/// Reads the first bytes of both sides, which only grow from call to call.
class Upgrade {
 public:
  enum class State : std::uint8_t { granted, perhaps, no };
  State look(Bytes client, Bytes server);
  /// Once it is granted.
  [[nodiscard]] const UpgradedRequest& request() const { return request_; }

 private:
  State look_at_request(Bytes client);
  bool read_request(std::string_view head);
  State look_at_answer(Bytes server);
  State take_body(Bytes client);
  State take_chunks(Bytes client);

  UpgradedRequest request_;
  std::size_t request_searched_ = 0, answer_searched_ = 0;  ///< bytes in which no head ends
  bool has_head_ = false, has_body_ = false, has_answer_ = false;
  bool chunked_ = false;
  std::size_t length_ = 0;  ///< of the body, if it is not in chunks
};

}  // namespace ck::grpc
