#include "normlab/core/memory.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>
#include <string_view>

namespace normlab {
namespace {

namespace filesystem = std::filesystem;
using Bytes = std::optional<std::uint64_t>;

Bytes parse_number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() ? Bytes(number) : std::nullopt;  // "max" is no number
}

// The number after `key` at the start of a line.
Bytes number_in(const filesystem::path& path, std::string_view key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key)) return parse_number(std::string_view(line).substr(key.size()));
  }
  return std::nullopt;
}

struct GroupFiles {
  const char *limit, *usage, *reclaimable;  // the last is a key in memory.stat
};

constexpr GroupFiles version_1{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"};
constexpr GroupFiles version_2{"memory.max", "memory.current", "inactive_file"};

// What the group's limit leaves. Pages of files count as used, but make room when they must.
Bytes left_in(const filesystem::path& folder, const GroupFiles& files) {
  const Bytes limit = number_in(folder / files.limit, "");
  if (!limit) return std::nullopt;
  const std::uint64_t used = number_in(folder / files.usage, "").value_or(0);
  const std::uint64_t reclaimable = number_in(folder / "memory.stat", files.reclaimable).value_or(0);
  const std::uint64_t held = used - std::min(used, reclaimable);
  return *limit - std::min(*limit, held);
}

void take_smaller(Bytes& least, const Bytes& other) {
  if (other && (!least || *other < *least)) least = other;
}

// A group has the limits of those that it is in, too. Inside a container the path may name folders that are
// not mounted there; its own group is then the mount itself.
void apply_group(Bytes& least, const filesystem::path& mount, std::string_view group,
                 const GroupFiles& files) {
  filesystem::path folder = mount;
  take_smaller(least, left_in(folder, files));
  for (const filesystem::path& part : filesystem::path(group).relative_path()) {
    folder /= part;
    take_smaller(least, left_in(folder, files));
  }
}

// What `ulimit -v` leaves.
Bytes left_of_address_space(const filesystem::path& process) {
  const Bytes limit = number_in(process / "limits", "Max address space");
  const Bytes pages = number_in(process / "statm", "");
  if (!limit || !pages) return std::nullopt;
  return *limit - std::min(*limit, *pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
}

}  // namespace

Bytes available_memory(const filesystem::path& root) {
  Bytes least = number_in(root / "proc/meminfo", "MemAvailable:");
  if (least) *least *= 1024;
  take_smaller(least, left_of_address_space(root / "proc/self"));
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {  // "0::/a/b", "4:memory:/a/b"
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == line.npos || second == line.npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string group = line.substr(second + 1);
    const filesystem::path mount = root / "sys/fs/cgroup";
    if (controllers == ",,") apply_group(least, mount, group, version_2);
    if (controllers.find(",memory,") != controllers.npos)
      apply_group(least, mount / "memory", group, version_1);
  }
  return least;
}

}  // namespace normlab
