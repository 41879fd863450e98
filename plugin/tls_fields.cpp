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
bool had_items = false;         ///< the tree had noted items before
std::array<std::array<hf_ref_type, 2>, kNames.size()> before;  ///< what fields and protocol were noted for
std::uint32_t noted_in = 0;                                    ///< the frame that it is in
unsigned depth = 0;  ///< and in how many other ones that are looked at it is, itself included

void forget() {
  if (own != nullptr) epan_dissect_free(own);
  own = nullptr;
  noted = nullptr;
  depth = 0;
}

/// Only an epan_dissect_t may be asked to note a field.
void note_fields() {
  static epan_dissect_t shim;
  shim.tree = noted;
  for (const int field : wanted) epan_dissect_prime_with_hfid(&shim, field);
}

/// What the fields are noted for by others, who may be told of them when they are filtered by, say.
void remember_others() {
  had_items = has_noted_items(noted);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    std::size_t level = 0;
    visit_reference(wanted[i], [&](hf_ref_type& type) { before[i][level++] = type; });
  }
}

/// A tree that has noted something is searched for it at the end of each frame from then on, and a field that
/// is noted costs each packet that has it.
void leave_to_others() {
  for (std::size_t i = wanted.size(); i-- > 0;) {
    if (before[i][0] == HF_REF_TYPE_NONE) forget_items(noted, wanted[i], had_items);
    std::size_t level = 0;
    visit_reference(wanted[i], [&](hf_ref_type& type) { type = before[i][level++]; });
  }
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
  if (noted_in != pinfo->num) forget();  // a segment whose dissector left by longjmp
  noted_in = pinfo->num;
  if (!known) return call_dissector_only(tcp, tvb, pinfo, tree, data);
  if (tree == nullptr) own = epan_dissect_new(pinfo->epan, true, false);
  noted = tree == nullptr ? own->tree : tree;
  if (depth++ == 0) remember_others();
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
  if (--depth != 0) return out;
  if (own == nullptr) leave_to_others();
  forget();
  return out;
}

}  // namespace ck::plugin
