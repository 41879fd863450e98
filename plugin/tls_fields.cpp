// From TLS fields to DecryptedHandshake, as ck-audit reads them from tshark's output.
#include "tls_fields.h"

#include <array>

namespace ck::plugin {
namespace {

enum Wanted : std::size_t { record_type, record_length, type, certificates };
constexpr std::array kNames{"tls.record.content_type", "tls.record.length", "tls.handshake.type",
                            "tls.handshake.certificates_length"};
constexpr std::uint32_t kFinished = 20;

std::array<int, kNames.size()> wanted;
bool known = false;
proto_tree* noted = nullptr;    ///< the tree that holds the fields of the segment at hand
epan_dissect_t* own = nullptr;  ///< which is this one's, if it is ours

void free_own() {
  if (own != nullptr) epan_dissect_free(own);
  own = nullptr;
  noted = nullptr;
}

/// Only an epan_dissect_t may be asked to note a field.
void note_fields() {
  static epan_dissect_t shim;
  shim.tree = noted;
  for (const int field : wanted) epan_dissect_prime_with_hfid(&shim, field);
}

/// How many values a field has.
unsigned count(Wanted field) {
  const GPtrArray* found = proto_get_finfo_ptr_array(noted, wanted[field]);
  return found == nullptr ? 0 : found->len;
}

std::uint32_t value(Wanted field, unsigned index) {
  return number_of(static_cast<const field_info*>(
      g_ptr_array_index(proto_get_finfo_ptr_array(noted, wanted[field]), index)));
}

}  // namespace

void find_tls_fields() {
  known = true;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    wanted[i] = proto_registrar_get_id_byname(kNames[i]);
    known = known && wanted[i] > 0;
  }
}

int call_for_tls_fields(dissector_handle_t tcp, tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree,
                        void* data) {
  free_own();  // of a segment whose dissector left by longjmp
  if (!known) return call_dissector_only(tcp, tvb, pinfo, tree, data);
  if (tree == nullptr) own = epan_dissect_new(pinfo->epan, true, false);
  noted = tree == nullptr ? own->tree : tree;
  note_fields();
  return call_dissector_only(tcp, tvb, pinfo, noted, data);
}

DecryptedHandshake read_tls_fields() {
  DecryptedHandshake out;
  if (noted == nullptr) return out;
  // A record of TLS 1.3 has a type only once it is decrypted.
  out.hidden = count(record_length) > count(record_type);
  for (unsigned i = 0; i < count(type); ++i) out.finished = out.finished || value(type, i) == kFinished;
  for (unsigned i = 0; i < count(certificates); ++i)
    out.certificate = out.certificate || value(certificates, i) > 0;
  free_own();
  return out;
}

}  // namespace ck::plugin
