// Recordings of Ck over gRPC. What the peers say is in captures/record/grpc_peer.py, grpc_tls_peer.py,
// grpc_stories.py and record_grpc_upgrade.sh; the frames were read off tshark's own HTTP/2 and gRPC, which
// shows the path of each request, the stream of each message and its length.
#include <utility>

#include "generator/sample.h"

namespace ck::samples {
namespace {

Sample over_grpc(std::string path, std::string shows, Expected expected) {
  Sample sample{"grpc/" + std::move(path), std::move(shows), {}, std::move(expected)};
  sample.grpc = true;
  return sample;
}

/// By a deployment's own .proto.
Sample of_vendor(std::string path, std::string shows, Expected expected) {
  Sample sample = over_grpc(std::move(path), std::move(shows), std::move(expected));
  sample.options = {"--grpc-proto", "grpc/vendor/keynet.proto"};
  return sample;
}

/// A relay and two reservations, the second of which the KM aborts: 0x1403, 0x4104, 0x1405, 0x410A, 0x140B,
/// 0x410C, 0x140D, 0x410A.
Sample under_tls(std::string path, std::string shows, std::vector<Found> findings,
                 const std::vector<std::uint64_t>& f) {
  Expected expected{8,
                    std::move(findings),
                    {{{"relay", "completed", {f[0], f[1], f[2]}},
                      {"reservation", "allocated", {f[3], f[4], f[5], f[6]}},
                      {"reservation", "rejected", {f[7]}}}},
                    {{{f[1], f[0]}, {f[2], f[1]}, {f[4], f[3]}, {f[6], f[5]}}}};
  Sample sample = over_grpc(std::move(path), std::move(shows), std::move(expected));
  sample.encrypted = true;
  return sample;
}

std::vector<Sample> stories() {
  return {
      over_grpc("unary.pcap", "Every procedure, a call that the KM aborts and one of another service",
                {16,
                 {{6, "plaintext-transport"}, {20, "plaintext-transport"}, {39, "missing-parameter"}},
                 {{{"relay", "completed", {6, 20, 24}},
                   {"relay", "completed", {25, 28}},
                   {"session", "established", {29, 30, 31, 32}},
                   {"reservation", "allocated", {33, 34, 35, 36}},
                   {"reservation", "rejected", {37}},
                   {"reservation", "reserved", {39, 40}}}},
                 {{{20, 6}, {24, 20}, {28, 25}, {31, 30}, {32, 29}, {34, 33}, {36, 35}, {40, 39}}}}),
      over_grpc(
          "errors.pcap",
          "Statuses with and without a header list before them, a result that is NG, a method that the KM "
          "does not have, a deadline that passes, and a call that is taken back",
          {12,
           {{6, "plaintext-transport"}},
           {{{"reservation", "rejected", {6}},
             {"reservation", "rejected", {11}},
             {"reservation", "rejected", {15}},
             {"reservation", "rejected", {17, 18}},
             {"session", "failed", {21}},
             {"reservation", "allocated", {23, 24, 25, 37, 44, 48}}}},
           {{{18, 17}, {24, 23}, {48, 44}}}}),
      over_grpc("gzip.pcap", "The client compresses by deflate and the server by gzip",
                {4,
                 {{6, "plaintext-transport"}},
                 {{{"reservation", "partially_allocated", {6, 9, 12, 15}}}},
                 {{{9, 6}, {15, 12}}}}),
      over_grpc("goaway.pcap",
                "The server lets a connection go while a call is under way; the client goes on on another",
                {6,
                 {{9, "plaintext-transport"}, {33, "plaintext-transport"}},
                 {{{"reservation", "reserved", {9, 11}},
                   {"reservation", "reserved", {15, 40}},
                   {"reservation", "reserved", {33, 35}}}},
                 {{{11, 9}, {35, 33}, {40, 15}}}}),
      over_grpc("large.pcap",
                "A compressed answer of 2,000 keys, a request as long, and an answer of no bytes at all",
                {4,
                 {{6, "plaintext-transport"}},
                 {{{"reservation", "allocated", {6, 10, 12, 14}}}},
                 {{{10, 6}, {14, 12}}}}),
      over_grpc("upgrade.pcap", "HTTP/1.1 that is upgraded by an OPTIONS of another matter",
                {2, {{8, "plaintext-transport"}}, {{{"reservation", "reserved", {8, 10}}}}, {{{10, 8}}}}),
      over_grpc("upgrade-with-body.pcap",
                "HTTP/1.1 whose first request is Ck's, and becomes stream 1 of HTTP/2",
                {2, {{4, "plaintext-transport"}}, {{{"reservation", "reserved", {4, 10}}}}, {{{10, 4}}}}),
  };
}

std::vector<Sample> vendors() {
  return {
      of_vendor(
          "vendor.pcap", "Another package, services, numbers, nested types and an import",
          {8,
           {{6, "plaintext-transport"}, {15, "incomplete-failure-response"}, {25, "plaintext-transport"}},
           {{{"relay", "completed", {6, 9}},
             {"session", "failed", {12, 15}},
             {"reservation", "partially_allocated", {25, 28, 30, 33}}}},
           {{{9, 6}, {15, 12}, {28, 25}, {33, 30}}}}),
      of_vendor(
          "streaming.pcap",
          "Streams of the client's, of the server's and of both: relays and a session whose answers are "
          "calls of the KM's, and three reservations in one call",
          {16,
           {{9, "plaintext-transport"}, {48, "plaintext-transport"}},
           {{{"relay", "completed", {9, 12, 24}},
             {"relay", "completed", {14, 17, 27}},
             {"session", "established", {32, 34, 35, 36}},
             {"reservation", "reserved", {48, 50}},
             {"reservation", "reserved", {55, 57}},
             {"reservation", "reserved", {59, 61}}}},
           {{{12, 9}, {17, 14}, {24, 12}, {27, 17}, {35, 34}, {36, 32}, {50, 48}, {57, 55}, {61, 59}}}}),
  };
}

}  // namespace

std::vector<Sample> grpc_samples() {
  std::vector<Sample> all = stories();
  for (Sample& sample : vendors()) all.push_back(std::move(sample));
  all.push_back(
      under_tls("tls-1.2.pcapng", "TLS 1.2, both with certificates", {}, {12, 31, 33, 36, 38, 39, 40, 41}));
  all.push_back(
      under_tls("tls-1.3.pcapng", "TLS 1.3, both with certificates", {}, {12, 29, 31, 34, 36, 37, 38, 39}));
  all.push_back(under_tls(
      "tls-1.3-no-client-certificate.pcapng", "TLS 1.3, only the servers have certificates",
      {{4, "no-client-certificate"}, {20, "no-client-certificate"}}, {12, 29, 31, 34, 36, 37, 38, 39}));
  return all;
}

}  // namespace ck::samples
