// Recordings of OpenSSL peers over TLS. What they say is in captures/record/tls_peer.py and record_tls.sh;
// the frames were read off the packet list, where lengths tell the messages from acknowledgements and
// tickets.
#include <utility>

#include "generator/sample.h"

namespace ck::samples {
namespace {

/// One relay a connection: 0x1403, 0x4104, 0x1405.
Sample relays(std::string path, std::string shows, std::vector<Found> findings,
              const std::vector<std::vector<std::uint64_t>>& frames) {
  Expected expected;
  expected.messages = 3 * frames.size();
  expected.findings = std::move(findings);
  expected.procedures.emplace();
  expected.pairs.emplace();
  for (const std::vector<std::uint64_t>& relay : frames) {
    expected.procedures->push_back({"relay", "completed", relay});
    expected.pairs->push_back({relay[1], relay[0]});
    expected.pairs->push_back({relay[2], relay[1]});
  }
  Sample sample{"tls/" + std::move(path), std::move(shows), {}, std::move(expected)};
  sample.encrypted = true;
  return sample;
}

/// The capture lacks the answer to a 0x1403. The 0x1405 to that comes in two records, while what was
/// acknowledged may still come.
Sample lost_answer() {
  Expected expected;
  expected.messages = 2;
  expected.findings = {{20, "capture-gap"}};
  expected.procedures.emplace();
  expected.procedures->push_back({"relay", "requested", {10}});
  expected.pairs.emplace();
  Sample sample{"tls/tls-1.2-lost-answer.pcapng",
                "TLS 1.2, an answer was not captured, and what follows it comes in two records",
                {},
                std::move(expected)};
  sample.encrypted = true;
  return sample;
}

}  // namespace

std::vector<Sample> tls_samples() {
  return {
      relays("tls-1.0.pcapng", "TLS 1.0, both with certificates", {{4, "obsolete-tls"}}, {{10, 11, 12}}),
      relays("tls-1.2.pcapng", "TLS 1.2, both with certificates", {}, {{10, 11, 12}}),
      relays("tls-1.2-no-client-certificate.pcapng", "TLS 1.2, only the controller has a certificate",
             {{4, "no-client-certificate"}}, {{10, 11, 12}}),
      relays("tls-1.2-resumed.pcapng", "TLS 1.2 with a ticket: the second handshake shows no certificate", {},
             {{10, 11, 12}, {26, 28, 29}}),
      relays("tls-1.2-pre-shared-key.pcapng", "TLS 1.2 without any certificate", {}, {{11, 13, 15}}),
      relays("tls-1.3.pcapng", "TLS 1.3, both with certificates, which only the secrets show", {},
             {{10, 13, 15}}),
      relays("tls-1.3-no-client-certificate.pcapng", "TLS 1.3, only the controller has a certificate",
             {{4, "no-client-certificate"}}, {{10, 13, 15}}),
      relays("tls-1.3-resumed.pcapng", "TLS 1.3 with a ticket: the second handshake shows no certificate", {},
             {{10, 13, 15}, {29, 30, 31}}),
      relays("tls-1.3-pre-shared-key.pcapng", "TLS 1.3 without any certificate", {}, {{9, 12, 14}}),
      relays("tls-1.2-renegotiated.pcapng", "TLS 1.2, a second handshake without the client's certificate",
             {{4, "no-client-certificate"}}, {{10, 12, 21}}),
      relays("tls-1.2-renegotiated-certificate.pcapng",
             "TLS 1.2, the controller asks for the certificate in a second handshake", {}, {{10, 12, 22}}),
      relays("tls-1.3-behind-authentication.pcapng",
             "TLS 1.3 that begins behind what the application says in clear", {}, {{12, 15, 17}}),
      relays("tls-1.3-hello-retry-request.pcapng", "TLS 1.3 with two ClientHellos, both with certificates",
             {}, {{11, 13, 15}}),
      relays("tls-1.3-key-update.pcapng", "TLS 1.3 with new keys in the middle of the relay", {},
             {{9, 11, 17}}),
      relays("tls-1.3-early-data.pcapng",
             "TLS 1.3 with a ticket: the second connection's request comes before its handshake is over", {},
             {{9, 15, 17}, {29, 36, 38}}),
      lost_answer(),
  };
}

}  // namespace ck::samples
