//===- NpyHeader.h - the dictionary that begins .npy files ------*- C++ -*-===//
//
// Npy.cpp finds the header in the file; this reads its text.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_TOOLS_BITNET_RUN_NPYHEADER_H
#define BITNET_TOOLS_BITNET_RUN_NPYHEADER_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <vector>

namespace bitnet::run {

/// What a .npy header says.
struct NpyHeader {
  int32_t dtype = 0;
  /// The data are column-major.
  bool fortranOrder = false;
  std::vector<int64_t> shape;
};

/// Reads the text of a header as NumPy does: a Python dictionary with the keys
/// 'descr', 'fortran_order' and 'shape', in any order, and nothing else.
/// `origin` names the file in errors. Fails for a dtype that no model takes.
llvm::Expected<NpyHeader> parseNpyHeader(llvm::StringRef text,
                                         const llvm::Twine &origin);

} // namespace bitnet::run

#endif // BITNET_TOOLS_BITNET_RUN_NPYHEADER_H
