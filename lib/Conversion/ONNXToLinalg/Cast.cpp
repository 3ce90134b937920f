//===- Cast.cpp -===//

#include "NodeLowering.h"
#include "OpRegistry.h"

using namespace mlir;
using namespace mlir::bitnet;

void mlir::bitnet::registerCastOps(OpRegistry &r) {}
