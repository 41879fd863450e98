// From TLS fields to the audit's TlsHandshake. A certificate counts as shown or not only after a full
// handshake that was seen to its end; resumption and pre-shared keys show none and say nothing (RFC 5246, 7.3
// and 7.4; RFC 8446, 2.2).
#include "tls_facts.h"

#include <array>
#include <cstring>

namespace ck::plugin {
namespace {

enum Wanted : std::size_t {
  record_type,
  record_length,
  type,
  hello_version,
  chosen_version,
  extension,
  suite,
  certificates
};
constexpr std::array kNames{"tls.record.content_type",
                            "tls.record.length",
                            "tls.handshake.type",
                            "tls.handshake.version",
                            "tls.handshake.extensions.supported_version",
                            "tls.handshake.extension.type",
                            "tls.handshake.ciphersuite",
                            "tls.handshake.certificates_length"};
std::array<int, kNames.size()> wanted;

constexpr std::uint32_t kChangeCipherSpec = 20, kHandshake = 22;
constexpr std::uint32_t kClientHello = 1, kServerHello = 2, kCertificate = 11, kServerHelloDone = 14,
                        kFinished = 20;
constexpr std::uint32_t kPreSharedKey = 41;

/// How many values a field has in this packet.
unsigned count(proto_tree* tree, Wanted field) {
  const GPtrArray* found = proto_get_finfo_ptr_array(tree, wanted[field]);
  return found == nullptr ? 0 : found->len;
}

std::uint32_t value(proto_tree* tree, Wanted field, unsigned index) {
  return number_of(static_cast<const field_info*>(
      g_ptr_array_index(proto_get_finfo_ptr_array(tree, wanted[field]), index)));
}

bool has(proto_tree* tree, Wanted field, std::uint32_t sought) {
  for (unsigned i = 0; i < count(tree, field); ++i) {
    if (value(tree, field, i) == sought) return true;
  }
  return false;
}

bool is_psk_suite(std::uint32_t number) {
  const header_field_info* field = proto_registrar_get_nth(static_cast<unsigned>(wanted[suite]));
  if ((field->display & BASE_EXT_STRING) == 0 || field->strings == nullptr) return false;
  auto* names = static_cast<value_string_ext*>(const_cast<void*>(field->strings));
  const char* name = try_val_to_str_ext(number, names);
  return name != nullptr && std::strstr(name, "PSK_WITH") != nullptr;
}

void read_server_hello(proto_tree* tree, TlsFacts& facts) {
  if (count(tree, chosen_version) > 0) {
    facts.version = static_cast<std::uint16_t>(value(tree, chosen_version, 0));
  } else if (count(tree, hello_version) > 0) {
    facts.version = static_cast<std::uint16_t>(value(tree, hello_version, 0));
  }
  facts.pre_shared_key = facts.pre_shared_key || has(tree, extension, kPreSharedKey) ||
                         (count(tree, suite) > 0 && is_psk_suite(value(tree, suite, 0)));
}

}  // namespace

void want_tls_fields(dissector_handle_t postdissector) {
  GArray* ids = g_array_new(FALSE, FALSE, sizeof(int));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    wanted[i] = proto_registrar_get_id_byname(kNames[i]);
    if (wanted[i] > 0) g_array_append_val(ids, wanted[i]);
  }
  set_postdissector_wanted_hfids(postdissector, ids);
}

void read_tls_fields(packet_info* pinfo, proto_tree* tree, Streams& streams) {
  if (tree == nullptr || wanted[type] <= 0 || wanted[record_type] <= 0) return;
  if (count(tree, record_length) == 0 && count(tree, type) == 0) return;
  TlsFacts& facts = streams.plain->tls;
  const Side side = side_of(*streams.plain, pinfo);
  // A record of TLS 1.3 has a type only once it is decrypted.
  facts.hidden[side] = facts.hidden[side] || count(tree, record_length) > count(tree, record_type);
  if (facts.at.frame == 0) facts.at = position_of(pinfo);
  if (has(tree, type, kClientHello) && !facts.client) {
    facts.client = side;
    facts.at = position_of(pinfo);
  }
  if (has(tree, type, kServerHello)) {
    if (!facts.client) facts.client = other(side);
    read_server_hello(tree, facts);
  }
  if (!facts.client) return;
  for (unsigned i = 0; i < count(tree, record_type); ++i) {
    const std::uint32_t kind = value(tree, record_type, i);
    facts.change_cipher[side] = facts.change_cipher[side] || kind == kChangeCipherSpec;
    if (kind == kHandshake && facts.change_cipher[side]) ++facts.under_cipher[side];
  }
  facts.hello_done = facts.hello_done || has(tree, type, kServerHelloDone);
  if (side != *facts.client) return;
  facts.finished = facts.finished || has(tree, type, kFinished);
  if (!has(tree, type, kCertificate)) return;
  for (unsigned i = 0; i < count(tree, certificates); ++i) {
    facts.certificate = facts.certificate || value(tree, certificates, i) > 0;
  }
}

}  // namespace ck::plugin
