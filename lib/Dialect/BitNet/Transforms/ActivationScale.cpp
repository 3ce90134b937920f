//===- ActivationScale.cpp - numbers of activation quantizers -------------===//
//
// Whether a quantizer's scale stays finite, decided at compile time from eps.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/Transforms/ActivationScale.h"

using namespace mlir;
using namespace mlir::bitnet;

bool mlir::bitnet::mayOverflow(ActQuantAttr act, FloatType type) {
  // The form `codes` has no scale.
  if (act.getForm() == ScaleForm::Codes)
    return false;
  bool lossy;
  APFloat eps = act.getEps().getValue();
  eps.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven, &lossy);
  eps.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &lossy);
  APFloat largest = APFloat::getLargest(type.getFloatSemantics());
  largest.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &lossy);
  // (1/m) * qmax rounds twice, so the bound is half of the range, which no
  // rounding can reach.
  double scale = double(act.getQmax()) / eps.convertToDouble();
  return !(scale < largest.convertToDouble() / 2);
}
