//===- NameFilter.cpp - names that a user asks for ------------------------===//
//
// Globs as a shell has them (llvm::GlobPattern).
//
//===----------------------------------------------------------------------===//

#include "bitnet/Support/NameFilter.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

using namespace mlir::bitnet;
using llvm::GlobPattern;

static llvm::Error parse(llvm::ArrayRef<std::string> texts,
                         std::vector<GlobPattern> &globs) {
  for (const std::string &text : texts) {
    llvm::Expected<GlobPattern> glob = GlobPattern::create(text);
    if (!glob)
      return llvm::createStringError("layer pattern '" + text +
                                     "': " + llvm::toString(glob.takeError()));
    globs.push_back(std::move(*glob));
  }
  return llvm::Error::success();
}

llvm::Expected<NameFilter>
NameFilter::create(llvm::ArrayRef<std::string> include,
                   llvm::ArrayRef<std::string> exclude) {
  NameFilter filter;
  if (llvm::Error error = parse(include, filter.included))
    return std::move(error);
  if (llvm::Error error = parse(exclude, filter.excluded))
    return std::move(error);
  return filter;
}

bool NameFilter::matches(llvm::StringRef name) const {
  auto match = [&](const GlobPattern &glob) { return glob.match(name); };
  // No list to include means every name.
  return (included.empty() || llvm::any_of(included, match)) &&
         llvm::none_of(excluded, match);
}
