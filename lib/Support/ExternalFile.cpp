//===- ExternalFile.cpp - files that a model names ------------------------===//
//
// Paths are walked one component at a time with openat and O_NOFOLLOW, so that
// no link is followed between a check and its use. Only when that fails because
// of a link does the user's policy say what else may be tried.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Support/ExternalFile.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

using namespace mlir::bitnet;
namespace path = llvm::sys::path;

/// A rule that the location breaks.
static llvm::Error broken(const llvm::Twine &what) {
  return llvm::createStringError(what);
}

/// A failure of the system. Its number tells where else to look.
static llvm::Error openError(int error) {
  std::error_code code(error, std::generic_category());
  if (error == ELOOP || error == ENOTDIR)
    return llvm::createStringError(
        code, "passes through a symbolic link or something that is no folder");
  return llvm::createStringError(code, llvm::Twine("cannot be opened: ") +
                                           std::strerror(error));
}

namespace {
/// What the text of a location says.
struct Location {
  llvm::SmallVector<llvm::StringRef> parts;
  bool absolute = false, leaves = false;
};
} // namespace

namespace {
/// An error taken apart: what it says, and what else may be tried.
struct Failure {
  std::error_code code;
  std::string text;

  explicit Failure(llvm::Error error) {
    llvm::handleAllErrors(std::move(error), [&](const llvm::StringError &e) {
      code = e.convertToErrorCode();
      text = e.getMessage();
    });
  }
  bool isMissing() const {
    return code == std::errc::no_such_file_or_directory;
  }
  bool isLink() const {
    return code == std::errc::too_many_symbolic_link_levels ||
           code == std::errc::not_a_directory ||
           code == std::errc::too_many_links;
  }
  llvm::Error toError() const { return llvm::createStringError(code, text); }
};
} // namespace

/// Splits the text at slashes and leaves out empty parts and ".".
static llvm::Expected<Location> parseLocation(llvm::StringRef text) {
  if (text.empty())
    return broken("is an empty path");
  if (text.contains('\0'))
    return broken("holds a zero byte");
  Location location;
  location.absolute = text.starts_with("/");
  llvm::SmallVector<llvm::StringRef> parts;
  text.split(parts, '/', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef part : parts) {
    location.leaves |= part == "..";
    if (part != ".")
      location.parts.push_back(part);
  }
  if (location.parts.empty() || text.ends_with("/"))
    return broken("names a folder");
  return location;
}

/// Opens a file beneath `folder`; no component may be a link.
static llvm::Expected<OpenFile>
openBeneath(llvm::StringRef folder, llvm::ArrayRef<llvm::StringRef> parts,
            bool oneLink) {
  const std::string root = folder.empty() ? "." : folder.str();
  int dir = ::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0)
    return openError(errno);
  for (llvm::StringRef part : parts.drop_back()) {
    // The path is walked one component at a time, none of which may be a link.
    int next = ::openat(dir, part.str().c_str(),
                        O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int error = errno;
    ::close(dir);
    if (next < 0)
      return openError(error);
    dir = next;
  }
  // O_NONBLOCK: opening a fifo must not wait for its writer.
  int fd = ::openat(dir, parts.back().str().c_str(),
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  int error = errno;
  ::close(dir);
  if (fd < 0)
    return openError(error);
  return adoptRegularFile(fd, oneLink);
}

/// Opens what `name` resolves to, which must lie beneath `root`: that path has
/// no links, and is walked without following any that appear meanwhile.
static llvm::Expected<OpenFile> openResolved(llvm::StringRef name,
                                             llvm::StringRef root) {
  llvm::SmallString<256> realRoot, real;
  if (std::error_code code = llvm::sys::fs::real_path(root, realRoot))
    return broken("cannot be looked for beneath --external-root: " +
                  code.message());
  if (std::error_code code = llvm::sys::fs::real_path(name, real))
    return openError(code.value());
  llvm::StringRef rest = real;
  if (realRoot != "/" && !rest.consume_front(realRoot))
    rest = "";
  if (!rest.starts_with("/"))
    return broken("leads to a file that is not beneath --external-root");
  llvm::Expected<Location> location = parseLocation(rest);
  if (!location)
    return location.takeError();
  return openBeneath(realRoot, location->parts, /*oneLink=*/false);
}

/// Follows links wherever they lead.
static llvm::Expected<OpenFile> openLinked(llvm::StringRef name) {
  const int fd = ::open(name.str().c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0)
    return openError(errno);
  return adoptRegularFile(fd, /*oneLink=*/false);
}

static const char kHowToTrust[] =
    "; if you trust the folder and what it links to, as in a download cache of "
    "your own, --external-data=trusted takes links to regular files, "
    "--external-root=<folder> those that lead beneath that folder";

/// Opens `location` beneath the model's folder. It follows links only as far as
/// `policy` allows.
static llvm::Expected<OpenFile> openIn(llvm::StringRef name,
                                       llvm::StringRef folder,
                                       const Location &location,
                                       const ExternalPolicy &policy) {
  llvm::Expected<OpenFile> file =
      openBeneath(folder, location.parts, /*oneLink=*/true);
  if (file)
    return file;
  const Failure failure(file.takeError());
  if (!failure.isLink())
    return failure.toError();
  // The user trusts the folder: any link to a regular file will do.
  if (policy.links == ExternalData::Trusted)
    return openLinked(name);
  if (!policy.root.empty())
    return openResolved(name, policy.root);
  return broken(failure.text + kHowToTrust);
}

static llvm::Expected<ExternalFile> openIn(llvm::StringRef folder,
                                           llvm::StringRef text,
                                           const ExternalPolicy &policy) {
  llvm::Expected<Location> location = parseLocation(text);
  if (!location)
    return location.takeError();
  llvm::SmallString<256> name(location->absolute ? "" : folder);
  path::append(name, text);
  // This is judged by the text alone, before anything is opened.
  const bool outside = location->absolute || location->leaves;
  if (outside && policy.root.empty())
    return broken(llvm::Twine(location->absolute
                                  ? "is absolute"
                                  : "leaves the model's folder through '..'") +
                  "; external data must lie beneath the model's folder, or "
                  "beneath --external-root=<folder>");
  llvm::Expected<OpenFile> file = outside
                                      ? openResolved(name, policy.root)
                                      : openIn(name, folder, *location, policy);
  if (!file)
    return file.takeError();
  return ExternalFile{std::move(*file), name.str().str()};
}

/// The folder of what the link `model` leads to; empty when it is none.
static std::string getFolderOfTarget(llvm::StringRef model) {
  llvm::SmallString<256> real;
  if (!llvm::sys::fs::is_symlink_file(model) ||
      llvm::sys::fs::real_path(model, real))
    return "";
  return path::parent_path(real).str();
}

llvm::Expected<ExternalFile>
mlir::bitnet::openExternal(llvm::StringRef model, llvm::StringRef location,
                           const ExternalPolicy &policy) {
  llvm::Expected<ExternalFile> found =
      openIn(path::parent_path(model), location, policy);
  if (found)
    return found;
  Failure failure(found.takeError());
  // Download caches link the model, and its data lie beside what the link leads
  // to.
  const std::string other = failure.isMissing() ? getFolderOfTarget(model) : "";
  if (!other.empty()) {
    found = openIn(other, location, policy);
    if (found)
      return found;
    failure = Failure(found.takeError());
  }
  return broken("external data " + quoteName(location) + " " + failure.text);
}
