//===- SystemMemory.h - how much memory there is ----------------*- C++ -*-===//

#ifndef BITNET_SUPPORT_SYSTEMMEMORY_H
#define BITNET_SUPPORT_SYSTEMMEMORY_H

#include <cstdint>
#include <string>

namespace mlir::bitnet {

/// Bytes of memory that a process here can have at most: those of the machine,
/// or of its control group when that has fewer. Asking for more does not fail
/// on Linux, but ends the process once it is used.
uint64_t getSystemMemory();

/// Bytes of memory that this process has now; 0 where the system does not say.
uint64_t getResidentMemory();

/// "12.8 TB", for messages.
std::string formatBytes(uint64_t bytes);

} // namespace mlir::bitnet

#endif // BITNET_SUPPORT_SYSTEMMEMORY_H
