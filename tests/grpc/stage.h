// A connection on which two peers speak HTTP/2, and what the audit makes of it, through the whole reader.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "audit/audit.h"
#include "capture/reader.h"
#include "capture/source.h"
#include "generator/conversation.h"
#include "protocol/parameter_names.h"
#include "protocol/protobuf/schema.h"
#include "wire.h"

namespace ck::grpc {

using Lines = std::vector<std::string>;

struct Outcome {
  Lines messages;               ///< "0x410A #4"
  Lines pairs;                  ///< "4-5 stream"
  Lines findings;               ///< "missing-parameter #4"; without plaintext-transport, which all have
  Lines texts;                  ///< of the findings on payloads: "wrong-type: Destination KMA ID …"
  Lines procedures;             ///< "rejected", "failed: grpc-status …"
  Lines transports;             ///< of the connections
  std::uint64_t undecided = 0;  ///< requests of which it is unknown whether they have an answer
  audit::Diagnostics diagnostics;
  [[nodiscard]] std::uint64_t count(const std::string& name) const;
};

/// What the audit finds in a capture of file `bytes`.
Outcome audit_of(const Buffer& file, capture::ReaderOptions options = {},
                 const std::vector<std::string>& protos = {});

inline const samples::Endpoint kClient{"10.0.0.1", 40000}, kServer{"10.0.0.2", 50051};

/// A client and a server that have shaken hands.
class Stage {
 public:
  Stage();
  Stage(samples::Recording& shared, const samples::Endpoint& from, const samples::Endpoint& to);
  /// Both prefaces: the client's and its SETTINGS, the server's SETTINGS: frames 4 and 5.
  Stage& begin();
  std::uint64_t client_says(const Buffer& bytes) { return talk.client(bytes); }
  std::uint64_t server_says(const Buffer& bytes) { return talk.server(bytes); }
  /// Ten seconds more than a request may wait, and a sign of life.
  void wait();
  [[nodiscard]] Outcome outcome(const capture::ReaderOptions& options = {}) const;

 private:
  std::unique_ptr<samples::Recording> own_;

 public:
  samples::Recording& recording;
  samples::TcpTalk talk;
  Peer client, server;
};

}  // namespace ck::grpc
