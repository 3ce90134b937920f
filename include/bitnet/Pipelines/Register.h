//===- Register.h - all dialects and passes of the project ------*- C++ -*-===//
//
// Called once by each tool that parses or prints IR.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_PIPELINES_REGISTER_H
#define BITNET_PIPELINES_REGISTER_H

namespace mlir {
class DialectRegistry;
namespace bitnet {
/// Dialects of every stage and the external models they need.
void registerAllDialects(DialectRegistry &registry);
/// Our passes and the upstream ones that our pipelines use. For bitnet-opt
/// only.
void registerAllPasses();
/// One pipeline per stage: --bitnet-frontend-pipeline, ...
void registerAllPipelines();
} // namespace bitnet
} // namespace mlir

#endif // BITNET_PIPELINES_REGISTER_H
