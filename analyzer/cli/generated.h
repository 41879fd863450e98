// What --generate prints for who packages or installs ck-audit: its manual page, and completions for shells,
// all from the option table.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ck::cli {

struct Generated {
  std::string_view name;
  std::string (*make)();
};
/// "man", "bash", "zsh", "fish".
std::span<const Generated> generated();

/// ck-audit(1) in the man macros.
std::string manual_page();
std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

}  // namespace ck::cli
