//===- NameFilter.h - names that a user asks for ----------------*- C++ -*-===//

#ifndef BITNET_SUPPORT_NAMEFILTER_H
#define BITNET_SUPPORT_NAMEFILTER_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/GlobPattern.h"

#include <string>
#include <vector>

namespace mlir::bitnet {

/// Names that match a glob of one list, or any name when it is empty, and no
/// glob of another list.
class NameFilter {
public:
  /// Makes a filter; an error names the text that is no glob.
  static llvm::Expected<NameFilter> create(llvm::ArrayRef<std::string> include,
                                           llvm::ArrayRef<std::string> exclude);
  /// `name` is a layer's or a weight's, as -v prints it.
  bool matches(llvm::StringRef name) const;

private:
  std::vector<llvm::GlobPattern> included, excluded;
};

} // namespace mlir::bitnet

#endif // BITNET_SUPPORT_NAMEFILTER_H
