// .proto files by libprotobuf, and which of their methods are Ck's.
#include "protocol/protobuf/schema.h"

#include <fmt/format.h>
#include <google/protobuf/compiler/importer.h>
#include <google/protobuf/compiler/parser.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/descriptor_database.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>

#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "protocol/catalogue.h"
#include "protocol/protobuf/shipped_proto.h"

namespace ck::protocol {
namespace {

namespace pb = google::protobuf;

constexpr std::string_view kShippedFile = "ck.proto";

/// The names of the 13 messages as types, by message number.
constexpr std::array<std::string_view, kMessageCount> kTypeNames = {
    "KeyRelayNextHopRequest",
    "KeyRelayNextHopResponse",
    "KeyRelayRequestNotification",
    "KeyRelayRequest",
    "KeyRelayResponse",
    "SessionCreationRequest",
    "SessionCreationResponse",
    "SessionCreationNotification",
    "SessionCreationNotificationResponse",
    "KeyReservationRequest",
    "KeyReservationResponse",
    "KeyAllocationRequest",
    "KeyAllocationResponse",
};

/// Collects what libprotobuf finds wrong. Its lines and columns count from 0, and -1 is none.
class Errors final : public pb::compiler::MultiFileErrorCollector, public pb::io::ErrorCollector {
 public:
  void add(std::string_view file, int line, int column, std::string_view what) {
    constexpr int kShown = 5;
    if (++count_ > kShown) return;
    if (!text_.empty()) text_ += "; ";
    text_ += line < 0 ? fmt::format("{}: {}", file, what)
                      : fmt::format("{}:{}:{}: {}", file, line + 1, column + 1, what);
  }
#if GOOGLE_PROTOBUF_VERSION >= 4022000
  void RecordError(absl::string_view file, int line, int column, absl::string_view what) override {
    add({file.data(), file.size()}, line, column, {what.data(), what.size()});
  }
  void RecordError(int line, pb::io::ColumnNumber column, absl::string_view what) override {
    add(kShippedFile, line, column, {what.data(), what.size()});
  }
#else
  void AddError(const std::string& file, int line, int column, const std::string& what) override {
    add(file, line, column, what);
  }
  void AddError(int line, pb::io::ColumnNumber column, const std::string& what) override {
    add(kShippedFile, line, column, what);
  }
#endif
  /// On one line; of many the first.
  [[nodiscard]] const std::string& text() const {
    return text_;
  }

 private:
  std::string text_;
  int count_ = 0;
};

/// What a pool of descriptors is made from, and must outlive it.
struct Loaded {
  virtual ~Loaded() = default;
  virtual const pb::FileDescriptor* file() const = 0;
};

/// The file that ships, from the program itself.
class Shipped final : public Loaded {
 public:
  Shipped() {
    Errors errors;
    pb::io::ArrayInputStream bytes(kShippedProto.data(), static_cast<int>(kShippedProto.size()));
    pb::io::Tokenizer tokenizer(&bytes, &errors);
    pb::compiler::Parser parser;
    parser.RecordErrorsTo(&errors);
    pb::FileDescriptorProto proto;
    if (parser.Parse(&tokenizer, &proto)) {
      proto.set_name(std::string(kShippedFile));
      file_ = pool_.BuildFile(proto);
    }
    if (file_ == nullptr) throw ProtoError(errors.text());
  }
  const pb::FileDescriptor* file() const override { return file_; }

 private:
  pb::DescriptorPool pool_;
  const pb::FileDescriptor* file_ = nullptr;
};

/// A text that is its own to keep.
class OwnText final : public pb::io::ZeroCopyInputStream {
 public:
  explicit OwnText(std::string text)
      : text_(std::move(text)), bytes_(text_.data(), static_cast<int>(text_.size())) {}
  bool Next(const void** data, int* size) override { return bytes_.Next(data, size); }
  void BackUp(int count) override { bytes_.BackUp(count); }
  bool Skip(int count) override { return bytes_.Skip(count); }
  std::int64_t ByteCount() const override { return bytes_.ByteCount(); }

 private:
  std::string text_;
  pb::io::ArrayInputStream bytes_;
};

/// Files that do not say which syntax they have are proto2. libprotobuf takes them so, and writes a warning
/// to standard error in its own words; so they are told it.
class ProtoTree final : public pb::compiler::DiskSourceTree {
 public:
#if GOOGLE_PROTOBUF_VERSION >= 4022000
  pb::io::ZeroCopyInputStream* Open(absl::string_view file) override {
#else
  pb::io::ZeroCopyInputStream* Open(const std::string& file) override {
#endif
    const std::unique_ptr<pb::io::ZeroCopyInputStream> opened(DiskSourceTree::Open(file));
    if (opened == nullptr) return nullptr;
    std::string text;
    const void* piece = nullptr;
    for (int size = 0; text.size() < kLargestProto && opened->Next(&piece, &size);)
      text.append(static_cast<const char*>(piece), static_cast<std::size_t>(size));
    if (!has_syntax(text)) text.insert(0, "syntax = \"proto2\"; ");
    return new OwnText(std::move(text));  // the caller takes it
  }

 private:
  static constexpr std::size_t kLargestProto = 64u << 20;

  static bool has_syntax(const std::string& text) {
    Errors ignored;
    pb::io::ArrayInputStream bytes(text.data(), static_cast<int>(text.size()));
    pb::io::Tokenizer tokenizer(&bytes, &ignored);
    pb::compiler::Parser parser;
    parser.RecordErrorsTo(&ignored);
    parser.SetStopAfterSyntaxIdentifier(true);
    pb::FileDescriptorProto proto;
    return !parser.Parse(&tokenizer, &proto) || !parser.GetSyntaxIdentifier().empty();
  }
};

/// A user's file, with what it imports from beside itself and of Google's own.
class FromDisk final : public Loaded {
 public:
  explicit FromDisk(const std::filesystem::path& path)
      : known_(*pb::DescriptorPool::generated_pool()),
        source_(&tree_, &known_),
        pool_(&source_, source_.GetValidationErrorCollector()) {
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
    tree_.MapPath("", folder.string());
    source_.RecordErrorsTo(&errors_);
    file_ = pool_.FindFileByName(path.filename().string());
    if (file_ != nullptr) return;
    std::string text = errors_.text();
    if (text.empty()) text = "cannot be read";
    throw ProtoError(path.string() + ": " + text);
  }
  const pb::FileDescriptor* file() const override { return file_; }

 private:
  Errors errors_;
  ProtoTree tree_;
  pb::DescriptorPoolDatabase known_;
  pb::compiler::SourceTreeDescriptorDatabase source_;
  pb::DescriptorPool pool_;
  const pb::FileDescriptor* file_ = nullptr;
};

std::string declaration_of(const pb::FieldDescriptor& field) {
  std::string type(field.type_name());
  if (field.message_type() != nullptr) type = field.message_type()->name();
  if (field.enum_type() != nullptr) type = field.enum_type()->name();
  return (field.is_repeated() ? "repeated " : "") + type;
}

std::vector<ProtoField> fields_of(const pb::Descriptor& type) {
  std::vector<ProtoField> fields;
  for (int i = 0; i < type.field_count(); ++i) {
    const pb::FieldDescriptor& field = *type.field(i);
    const auto wire = pb::internal::WireFormatLite::WireTypeForFieldType(
        static_cast<pb::internal::WireFormatLite::FieldType>(field.type()));
    fields.push_back({static_cast<std::uint32_t>(field.number()), static_cast<std::uint8_t>(wire),
                      field.is_repeated() && field.is_packable(), std::string(field.name()),
                      declaration_of(field)});
  }
  return fields;
}

std::string package_of(const pb::FileDescriptor& file) {
  return std::string(file.package());
}

}  // namespace

const MessageSpec* find_grpc_message(std::string_view name) {
  for (std::size_t i = 0; i < kTypeNames.size(); ++i) {
    if (kTypeNames[i] == name) return &messages()[i];
  }
  return nullptr;
}

struct ProtoSchema::State {
  std::vector<std::unique_ptr<Loaded>> loaded;
  std::map<const pb::Descriptor*, ProtoMessage> types;
  std::map<std::string, ProtoMethod, std::less<>> methods;

  const ProtoMessage* type_of(const pb::Descriptor* type) {
    const MessageSpec* spec = find_grpc_message(std::string(type->name()));
    if (spec == nullptr) return nullptr;
    const auto known = types.find(type);
    if (known != types.end()) return &known->second;
    return &types.try_emplace(type, ProtoMessage{type, spec, std::string(type->name()), fields_of(*type)})
                .first->second;
  }

  void add_methods(const pb::FileDescriptor& file, std::set<const pb::FileDescriptor*>& seen) {
    if (!seen.insert(&file).second) return;
    for (int i = 0; i < file.dependency_count(); ++i) add_methods(*file.dependency(i), seen);
    for (int i = 0; i < file.service_count(); ++i) {
      const pb::ServiceDescriptor& service = *file.service(i);
      for (int j = 0; j < service.method_count(); ++j) {
        const pb::MethodDescriptor& method = *service.method(j);
        ProtoMethod found;
        found.request = type_of(method.input_type());
        found.response = type_of(method.output_type());
        if (found.request == nullptr && found.response == nullptr) continue;
        found.path = "/" + std::string(service.full_name()) + "/" + std::string(method.name());
        std::string path = found.path;
        methods.insert_or_assign(std::move(path), std::move(found));
      }
    }
  }
};

ProtoSchema::ProtoSchema(const std::vector<std::string>& files) : state_(std::make_unique<State>()) {
  std::set<const pb::FileDescriptor*> seen;
  auto shipped = std::make_unique<Shipped>();
  bool replaced = false;
  for (const std::string& path : files) {
    const std::size_t before = state_->methods.size();
    auto loaded = std::make_unique<FromDisk>(path);
    replaced |= package_of(*loaded->file()) == package_of(*shipped->file());
    state_->add_methods(*loaded->file(), seen);
    if (state_->methods.size() == before) {
      throw ProtoError(
          path +
          ": no method takes or returns a message of Ck. They are known by the names of their types, as "
          "KeyRelayRequest (Q.4164, Table II.1-1)");
    }
    state_->loaded.push_back(std::move(loaded));
  }
  if (replaced) return;
  state_->add_methods(*shipped->file(), seen);
  state_->loaded.push_back(std::move(shipped));
}

ProtoSchema::~ProtoSchema() = default;

const ProtoMethod* ProtoSchema::find(std::string_view path) const {
  const auto found = state_->methods.find(path);
  return found == state_->methods.end() ? nullptr : &found->second;
}

std::vector<const ProtoMethod*> ProtoSchema::methods() const {
  std::vector<const ProtoMethod*> all;
  for (const auto& [path, method] : state_->methods) all.push_back(&method);
  return all;
}

}  // namespace ck::protocol
