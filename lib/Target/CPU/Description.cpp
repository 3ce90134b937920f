//===- Description.cpp - the table bitnet_generated_desc ------------------===//
//
// Writes the constants that the glue reads (abi.h, "Between generated code and
// the glue") straight as LLVM IR. The structs are written field by field; a
// static_assert keeps their sizes equal to those of abi.h.
//
//===----------------------------------------------------------------------===//

#include "Description.h"

#include "Runtime.h"

#include "bitnet/runtime/abi.h"

#include "llvm/IR/Constants.h"
#include "llvm/IR/Module.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// Makes the constants of abi.h's structs in one LLVM module.
class DescriptionBuilder {
public:
  explicit DescriptionBuilder(llvm::Module &module)
      : module(module), context(module.getContext()),
        ptr(llvm::PointerType::getUnqual(context)),
        i32(llvm::Type::getInt32Ty(context)),
        i64(llvm::Type::getInt64Ty(context)) {}

  void define(const ModelDescription &description);
  void defineRegions(llvm::ArrayRef<RegionDescription> regions);
  void defineScratch(llvm::ArrayRef<int64_t> bytes);

private:
  llvm::Constant *number(llvm::Type *type, uint64_t value) {
    return llvm::ConstantInt::get(type, value);
  }
  llvm::Constant *null() {
    return llvm::ConstantPointerNull::get(
        llvm::PointerType::getUnqual(context));
  }
  /// A private constant, of which equal ones may be merged.
  llvm::GlobalVariable *global(llvm::Constant *value) {
    auto *variable = new llvm::GlobalVariable(
        module, value->getType(), /*isConstant=*/true,
        llvm::GlobalValue::PrivateLinkage, value, "bitnet_desc");
    variable->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
    return variable;
  }
  llvm::Constant *string(llvm::StringRef text) {
    return global(llvm::ConstantDataArray::getString(context, text));
  }
  llvm::Constant *array(llvm::Type *type,
                        llvm::ArrayRef<llvm::Constant *> values) {
    auto *arrayType = llvm::ArrayType::get(type, values.size());
    return global(llvm::ConstantArray::get(arrayType, values));
  }
  /// Pointers to arrays of i64 and of strings.
  llvm::Constant *dims(llvm::ArrayRef<int64_t> values);
  llvm::Constant *dimNames(llvm::ArrayRef<std::string> names);
  llvm::Constant *value(const ValueSignature &value);
  llvm::Constant *states(llvm::ArrayRef<ValueSignature> signatures);
  llvm::Constant *values(llvm::ArrayRef<ValueSignature> signatures);
  llvm::Constant *outside(llvm::StringRef symbol);
  llvm::Constant *isas(llvm::ArrayRef<ISADescription> isas);
  void defineMains(llvm::ArrayRef<ISADescription> isas);
  void defineTable(llvm::StringRef name, llvm::Constant *value);

  llvm::Module &module;
  llvm::LLVMContext &context;
  llvm::Type *ptr, *i32, *i64;
};
} // namespace

llvm::Constant *DescriptionBuilder::dims(llvm::ArrayRef<int64_t> values) {
  llvm::SmallVector<llvm::Constant *> constants;
  for (int64_t value : values)
    constants.push_back(number(i64, uint64_t(value)));
  return array(i64, constants);
}

llvm::Constant *
DescriptionBuilder::dimNames(llvm::ArrayRef<std::string> names) {
  llvm::SmallVector<llvm::Constant *> constants;
  for (const std::string &name : names)
    constants.push_back(name.empty() ? null() : string(name));
  return array(ptr, constants);
}

/// bitnet_value_desc.
llvm::Constant *DescriptionBuilder::value(const ValueSignature &value) {
  auto *type =
      llvm::StructType::get(context, {ptr, i32, i32, ptr, ptr, i32, i32});
  uint32_t flags = value.alias ? BITNET_VALUE_IN_PLACE : 0;
  return llvm::ConstantStruct::get(
      type, {string(value.name), number(i32, uint32_t(value.dtype)),
             number(i32, value.dims.size()), dims(value.dims),
             dimNames(value.dimNames), number(i32, flags),
             number(i32, uint32_t(value.alias.value_or(0)))});
}

/// An array of bitnet_value_desc.
llvm::Constant *
DescriptionBuilder::values(llvm::ArrayRef<ValueSignature> signatures) {
  llvm::SmallVector<llvm::Constant *> constants;
  for (const ValueSignature &signature : signatures)
    constants.push_back(value(signature));
  return constants.empty() ? null() : array(constants[0]->getType(), constants);
}

/// An array of bitnet_state_desc.
llvm::Constant *
DescriptionBuilder::states(llvm::ArrayRef<ValueSignature> signatures) {
  llvm::SmallVector<llvm::Constant *> constants;
  for (const ValueSignature &signature : signatures)
    constants.push_back(llvm::ConstantStruct::getAnon(
        {value(signature), number(i64, signature.offset)}));
  return constants.empty() ? null() : array(constants[0]->getType(), constants);
}

/// A symbol that the linker step defines.
llvm::Constant *DescriptionBuilder::outside(llvm::StringRef symbol) {
  auto *variable = new llvm::GlobalVariable(
      module, llvm::Type::getInt8Ty(context), /*isConstant=*/true,
      llvm::GlobalValue::ExternalLinkage, nullptr, symbol);
  variable->setVisibility(llvm::GlobalValue::HiddenVisibility);
  return variable;
}

/// An array of bitnet_isa_desc.
llvm::Constant *DescriptionBuilder::isas(llvm::ArrayRef<ISADescription> isas) {
  auto *type = llvm::StructType::get(context, {ptr, ptr});
  llvm::SmallVector<llvm::Constant *> constants;
  for (const ISADescription &isa : isas)
    constants.push_back(llvm::ConstantStruct::get(
        type, {string(isa.name), string(isa.features)}));
  return array(type, constants);
}

/// A hidden symbol of the library, which the glue refers to.
void DescriptionBuilder::defineTable(llvm::StringRef name,
                                     llvm::Constant *value) {
  auto *table =
      new llvm::GlobalVariable(module, value->getType(), /*isConstant=*/true,
                               llvm::GlobalValue::ExternalLinkage, value, name);
  table->setVisibility(llvm::GlobalValue::HiddenVisibility);
}

/// The entry of each ISA.
void DescriptionBuilder::defineMains(llvm::ArrayRef<ISADescription> isas) {
  llvm::SmallVector<llvm::Constant *> entries;
  for (const ISADescription &isa : isas)
    entries.push_back(module.getFunction(isa.main));
  auto *type = llvm::ArrayType::get(ptr, entries.size());
  defineTable("bitnet_generated_mains",
              llvm::ConstantArray::get(type, entries));
}

/// bitnet_model_desc and the table of entries.
void DescriptionBuilder::define(const ModelDescription &d) {
  auto *type = llvm::StructType::get(
      context, {i32, i32, i64, ptr, ptr, ptr, ptr, i32, i32, ptr,
                ptr, ptr, i64, ptr, ptr, ptr, i32, i32, ptr, i64});
  uint64_t size = module.getDataLayout().getTypeAllocSize(type);
  bool hasWeights = d.weightsSize != 0, inFile = !d.weightsFile.empty();
  llvm::Constant *file = inFile ? string(d.weightsFile) : null();
  llvm::Constant *weights =
      hasWeights && !inFile ? outside(kWeightsSymbol) : null();
  llvm::Constant *seal = hasWeights ? outside(kSealSymbol) : null();
  auto *value =
      llvm::ConstantStruct::get(type, {number(i32, BITNET_MODEL_MAGIC),
                                       number(i32, BITNET_ABI_VERSION),
                                       number(i64, size),
                                       string(d.name),
                                       string(d.cpu),
                                       string(d.features),
                                       string(d.producer),
                                       number(i32, d.signature.inputs.size()),
                                       number(i32, d.signature.outputs.size()),
                                       values(d.signature.inputs),
                                       values(d.signature.outputs),
                                       weights,
                                       number(i64, d.weightsSize),
                                       seal,
                                       file,
                                       isas(d.isas),
                                       number(i32, d.isas.size()),
                                       number(i32, d.signature.states.size()),
                                       states(d.signature.states),
                                       number(i64, d.signature.stateBytes)});
  defineTable("bitnet_generated_desc", value);
  defineMains(d.isas);
}

void DescriptionBuilder::defineRegions(
    llvm::ArrayRef<RegionDescription> regions) {
  auto *type = llvm::StructType::get(context, {ptr, i32, i32, i64});
  llvm::SmallVector<llvm::Constant *> constants;
  for (const RegionDescription &region : regions)
    constants.push_back(llvm::ConstantStruct::get(
        type, {string(region.name), number(i32, uint32_t(region.kind)),
               number(i32, 0), number(i64, region.bytes)}));
  auto *table = new llvm::GlobalVariable(
      module, ptr, /*isConstant=*/true, llvm::GlobalValue::ExternalLinkage,
      array(type, constants), "bitnet_generated_regions");
  table->setVisibility(llvm::GlobalValue::HiddenVisibility);
  auto *count = new llvm::GlobalVariable(
      module, i32, /*isConstant=*/true, llvm::GlobalValue::ExternalLinkage,
      number(i32, regions.size()), "bitnet_generated_num_regions");
  count->setVisibility(llvm::GlobalValue::HiddenVisibility);
}

/// The reserve of each scratch level lies in the library, where zeros take no
/// space.
void DescriptionBuilder::defineScratch(llvm::ArrayRef<int64_t> bytes) {
  auto *type = llvm::StructType::get(context, {i64, ptr});
  llvm::SmallVector<llvm::Constant *> rows;
  for (int32_t level = 0; level < BITNET_SCRATCH_LEVELS; ++level) {
    uint64_t size = level < int32_t(bytes.size()) ? bytes[level] : 0;
    llvm::Constant *reserve = null();
    if (size != 0) {
      auto *block = llvm::ArrayType::get(llvm::Type::getInt8Ty(context), size);
      auto *variable = new llvm::GlobalVariable(
          module, block, /*isConstant=*/false,
          llvm::GlobalValue::InternalLinkage,
          llvm::ConstantAggregateZero::get(block), "bitnet_scratch_reserve");
      variable->setAlignment(llvm::Align(64));
      reserve = variable;
    }
    rows.push_back(
        llvm::ConstantStruct::get(type, {number(i64, size), reserve}));
  }
  defineTable(
      "bitnet_generated_scratch",
      llvm::ConstantArray::get(llvm::ArrayType::get(type, rows.size()), rows));
}

static_assert(sizeof(bitnet_model_desc) == 136 &&
                  sizeof(bitnet_value_desc) == 40 &&
                  sizeof(bitnet_state_desc) == 48 &&
                  sizeof(bitnet_region_desc) == 24 &&
                  sizeof(bitnet_scratch) == 16,
              "the structs above mirror abi.h");

void bitnet::defineDescription(llvm::Module &module,
                               const ModelDescription &description) {
  DescriptionBuilder builder(module);
  builder.define(description);
  builder.defineRegions(description.regions);
  builder.defineScratch(description.scratch);
}

std::vector<RegionDescription> bitnet::readRegions(ModuleOp module) {
  std::vector<RegionDescription> regions;
  auto table = module->getAttrOfType<ArrayAttr>(kRegionsAttr);
  if (!table)
    return regions;
  for (auto entry : table.getAsRange<DictionaryAttr>())
    regions.push_back({entry.getAs<StringAttr>("name").str(),
                       int32_t(entry.getAs<IntegerAttr>("kind").getInt()),
                       uint64_t(entry.getAs<IntegerAttr>("bytes").getInt())});
  return regions;
}

std::vector<int64_t> bitnet::readScratch(ModuleOp module) {
  auto bytes = module->getAttrOfType<DenseI64ArrayAttr>(kScratchAttr);
  return bytes ? bytes.asArrayRef().vec() : std::vector<int64_t>();
}
