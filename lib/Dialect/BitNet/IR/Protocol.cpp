//===- Protocol.cpp - attributes that pass between stages -----------------===//
//
// Every discardable attribute of the dialect has its name and type in
// BitNetBase.td; here is what each may stand on. A misspelt name, or an
// attribute where nobody reads it, is an error of the verifier instead of code
// that silently does less.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Dialect/BitNet/IR/BitNet.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/CallInterfaces.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// Where an attribute may stand.
enum class On { Module, Function, Call, Operation, Argument };

struct ProtocolRow {
  StringRef name;
  bool (*hasType)(Attribute);
  On on;
};

/// A row of the attribute that `Helper` of the dialect stands for.
template <typename Helper> ProtocolRow row(On on) {
  using Type = decltype(std::declval<Helper &>().getAttr(nullptr));
  return {Helper::getNameStr(), [](Attribute attr) { return isa<Type>(attr); },
          on};
}
} // namespace

static ArrayRef<ProtocolRow> getRows() {
  using D = BitNetDialect;
  static const ProtocolRow kRows[] = {
      row<D::StageAttrHelper>(On::Module),
      row<D::LayersAttrHelper>(On::Module),
      row<D::LayerAttrHelper>(On::Operation),
      row<D::StateAttrHelper>(On::Argument),
      row<D::InPlaceAttrHelper>(On::Argument),
      row<D::WeightsAttrHelper>(On::Argument),
      row<D::WeightEntriesAttrHelper>(On::Module),
      row<D::WeightsSizeAttrHelper>(On::Module),
      row<D::MacsAttrHelper>(On::Call),
      row<D::ParallelAttrHelper>(On::Function),
      row<D::SerialAttrHelper>(On::Call),
      row<D::FeaturesAttrHelper>(On::Function),
      row<D::VariantsAttrHelper>(On::Function),
      row<D::IsaAttrHelper>(On::Function),
      row<D::SlotAttrHelper>(On::Operation),
      row<D::ResultAttrHelper>(On::Operation),
      row<D::ScratchAttrHelper>(On::Module),
      row<D::RegionsAttrHelper>(On::Module),
      row<D::SignatureAttrHelper>(On::Module),
      row<D::FailureExitAttrHelper>(On::Operation),
      row<D::TopAttrHelper>(On::Function),
      row<D::PortAttrHelper>(On::Argument),
      row<D::OutputAttrHelper>(On::Argument),
      row<D::PipelineAttrHelper>(On::Operation),
      row<D::UnrollAttrHelper>(On::Operation),
      row<D::PartitionAttrHelper>(On::Operation),
      row<D::PartitionAttrHelper>(On::Argument),
  };
  return kRows;
}

/// What `op` is to the table.
static On getHolder(Operation *op) {
  return isa<ModuleOp>(op)              ? On::Module
         : isa<FunctionOpInterface>(op) ? On::Function
         : isa<CallOpInterface>(op)     ? On::Call
                                        : On::Operation;
}

/// Looks for a row of this name for this holder, and compares the type.
static LogicalResult verifyIn(Operation *op, NamedAttribute attribute, On on) {
  const StringRef name = attribute.getName();
  bool known = false;
  for (const ProtocolRow &row : getRows()) {
    if (row.name != name)
      continue;
    known = true;
    if (row.on != on)
      continue;
    if (!row.hasType(attribute.getValue()))
      return op->emitOpError()
             << "has the attribute '" << name
             << "' with a value of a wrong kind: " << attribute.getValue();
    return success();
  }
  return op->emitOpError() << (known ? "may not have the attribute '"
                                     : "has an unknown attribute '")
                           << name << "'";
}

/// What the type does not say: elements of lists, and that a size is none below
/// zero.
static LogicalResult verifyValue(Operation *op, NamedAttribute attribute) {
  using D = BitNetDialect;
  const StringRef name = attribute.getName();
  auto list = dyn_cast<ArrayAttr>(attribute.getValue());
  if (name == D::LayersAttrHelper::getNameStr() &&
      !llvm::all_of(list, llvm::IsaPred<LayerAttr>))
    return op->emitOpError("has layers that are no #bitnet.layer");
  if (name == D::VariantsAttrHelper::getNameStr() &&
      (list.empty() || !llvm::all_of(list, llvm::IsaPred<FlatSymbolRefAttr>)))
    return op->emitOpError("has variants that are no symbols");
  auto number = dyn_cast<IntegerAttr>(attribute.getValue());
  if (number && (!number.getType().isSignlessInteger() ||
                 number.getValue().getBitWidth() > 64 || number.getInt() < 0))
    return op->emitOpError() << "has a '" << name
                             << "' that is no number of at most 64 bits from 0";
  return success();
}

LogicalResult
BitNetDialect::verifyOperationAttribute(Operation *op,
                                        NamedAttribute attribute) {
  if (failed(verifyIn(op, attribute, getHolder(op))))
    return failure();
  return verifyValue(op, attribute);
}

LogicalResult
BitNetDialect::verifyRegionArgAttribute(Operation *op, unsigned, unsigned,
                                        NamedAttribute attribute) {
  return verifyIn(op, attribute, On::Argument);
}

/// Results of functions have ONNX names only.
LogicalResult
BitNetDialect::verifyRegionResultAttribute(Operation *op, unsigned, unsigned,
                                           NamedAttribute attribute) {
  return op->emitOpError() << "may not have the attribute '"
                           << attribute.getName().getValue() << "' on a result";
}

//===----------------------------------------------------------------------===//
// #bitnet.layer
//===----------------------------------------------------------------------===//

LogicalResult LayerAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                StringAttr name, LayerKind, int64_t rows,
                                int64_t cols, uint64_t, StringAttr, StringAttr,
                                StringAttr, StringAttr, PackingAttr packing,
                                StringAttr) {
  if (rows < 0 || cols < 0)
    return emitError() << "layer " << name << " has weights of " << rows
                       << " rows and " << cols << " columns";
  if (packing && (packing.getRows() != rows || packing.getCols() != cols))
    return emitError() << "layer " << name << " has weights of " << rows
                       << " rows and " << cols << " columns, packed are "
                       << packing.getRows() << " and " << packing.getCols();
  return success();
}

std::vector<LayerAttr> LayerAttr::getAll(Operation *module) {
  std::vector<LayerAttr> records;
  if (auto list = getAttr<BitNetDialect::LayersAttrHelper>(module))
    llvm::append_range(records, list.getAsRange<LayerAttr>());
  return records;
}

void LayerAttr::updateAll(Operation *module,
                          llvm::function_ref<LayerAttr(LayerAttr)> update) {
  BitNetDialect::LayersAttrHelper helper(module->getContext());
  if (!helper.isAttrPresent(module))
    return;
  SmallVector<Attribute> updated;
  for (LayerAttr record : getAll(module))
    updated.push_back(update(record));
  helper.setAttr(module, ArrayAttr::get(module->getContext(), updated));
}

LayerAttr LayerAttr::getQuantized(LayerKind kind, StringAttr reason) {
  MLIRContext *context = getContext();
  const ScaleForm form = ActQuantAttr::getDefault(context).getForm();
  return get(context, getName(), kind, getRows(), getCols(), getBytes(), reason,
             StringAttr::get(context, "tensor"),
             StringAttr::get(context, stringifyScaleForm(form)), getStorage(),
             getPacking(), getNote());
}

LayerAttr LayerAttr::getPacked(PackingAttr packing, StringAttr note) {
  return get(getContext(), getName(), getKind(), getRows(), getCols(),
             getBytes(), getReason(), getGranularity(), getAct(), getStorage(),
             packing, note);
}
