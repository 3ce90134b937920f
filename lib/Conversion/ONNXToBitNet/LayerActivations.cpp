//===- LayerActivations.cpp - what a layer reads --------------------------===//
//
// Which form the activations of a layer have: codes of a quantizer that the
// layer takes over, codes that the graph computes, or floats.
//
//===----------------------------------------------------------------------===//

#include "LayerActivations.h"
#include "IntegerLayer.h"
#include "bitnet/ConstantEval/ExactCasts.h"
#include "bitnet/Dialect/BitNet/Transforms/ActivationScale.h"

#include "llvm/ADT/Sequence.h"

#include <cmath>

using namespace mlir;
using namespace mlir::bitnet;

/// The mul_divide form never has qmax / m, which our layer divides by, and so
/// is no layer where that may be infinite (act_c2).
static bool dividesByOverflow(const ActivationView &view) {
  if (!view.act || view.act.getForm() != ScaleForm::MulDivide)
    return false;
  auto type = dyn_cast_or_null<FloatType>(ExactCasts::getElementType(view.x));
  return !type || mayOverflow(view.act, type);
}

/// A scale acts after the product, also on windows of padding alone, whose
/// products are 0: no finite scale changes that, NaN and infinity make it NaN
/// (act_c2).
static bool scalesPadding(const ActivationView &view, ConvAttr conv,
                          ConstantFolder &folder) {
  if (!view.rowScale || !conv)
    return false;
  std::optional<double> scale = folder.getScalar(view.rowScale);
  if (scale && std::isfinite(*scale))
    return false;
  return llvm::any_of(llvm::seq(2u), [&](unsigned i) {
    return conv.mayMissImage(i, std::nullopt) || conv.mayMissImage(i, 0);
  });
}

ActivationView mlir::bitnet::viewActivations(const LayerForm &form,
                                             OpBuilder &builder,
                                             ConstantFolder &folder,
                                             ValueRanks &ranks) {
  ActivationView view;
  if (form.isInteger) {
    view.x = makeInt8Codes(builder, form);
    view.act = ActQuantAttr::get(builder.getContext(), ScaleForm::Codes,
                                 ArrayRef<int64_t>(), 127, 0.0, -128, 127);
    return view;
  }
  view = viewActivation(form.x, bool(form.conv), folder, ranks);
  Type element = form.weights.stream->element;
  // act_c3: 16-bit graphs round the activations that were scaled back. The
  // int8 form skips that rounding: 3.6e-4 of the result in fp16, but 2.6e-3 in
  // bf16 (docs/Rationale), which therefore keeps its float activations. Codes
  // times a scale that acts after the product could overflow fp16.
  bool isCodes = view.act && view.act.getForm() == ScaleForm::Codes;
  bool isNarrow = element.isBF16() || (view.castTo && view.castTo.isF32());
  if ((view.act && !isCodes && isNarrow) ||
      (view.rowScale && !element.isF32()) || dividesByOverflow(view) ||
      scalesPadding(view, form.conv, folder))
    view = ActivationView();
  if (!view.x)
    view.x = form.x;
  return view;
}
