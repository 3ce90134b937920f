//===- ONNXOps.td - the ONNX carrier dialect ------------------*- tablegen -*-===//
//
// A faithful, uninterpreted image of an ONNX graph: one operation carries every
// ONNX node, so the importer never changes when ONNX grows an operator.
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_DIALECT_ONNX_IR_ONNXOPS_TD
#define BITNET_DIALECT_ONNX_IR_ONNXOPS_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def ONNX_Dialect : Dialect {
  let name = "onnx";
  let cppNamespace = "::mlir::bitnet::onnx";
  let summary = "Carrier of uninterpreted ONNX graphs";
  let description = [{
    `onnx.node` holds any ONNX node: its operator name, domain, opset version and
    attributes as they stand in the file. Meaning is given by the registry of
    lowerings (`convert-onnx-to-linalg`) and by the recogniser
    (`convert-onnx-to-bitnet`); nothing else looks inside.

    Unsigned ONNX types keep their sign (`tensor<4xui8>`), so that no stage has
    to guess. Values whose type the file does not declare have type
    `!onnx.unknown` until they are lowered.

    Beside nodes, the importer leaves what a file declares, in attributes of the
    names and types of `discardableAttrs`; others that begin with `onnx.` are
    errors.
  }];
  let discardableAttrs = (ins
    "::mlir::StringAttr":$file,
    "::mlir::IntegerAttr":$ir_version,
    "::mlir::DictionaryAttr":$opset,
    "::mlir::StringAttr":$producer,
    "::mlir::bitnet::onnx::ValueAttr":$value,
    "::mlir::TypeAttr":$declared,
    "::mlir::DictionaryAttr":$origin
  );
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
}

class ONNX_Type<string name, string typeMnemonic> : TypeDef<ONNX_Dialect, name> {
  let mnemonic = typeMnemonic;
}

def ONNX_UnknownType : ONNX_Type<"Unknown", "unknown"> {
  let summary = "A value whose type the ONNX file does not declare";
  let description = "Example: `!onnx.unknown`, the result of an untyped node of a legacy export.";
}

def ONNX_StringType : ONNX_Type<"String", "string"> {
  let summary = "ONNX string elements";
  let description = "Example: `tensor<3x!onnx.string>`.";
}

def ONNX_ValueAttr : AttrDef<ONNX_Dialect, "Value"> {
  let mnemonic = "value";
  let summary = "What a file says of an input or output beside its shape";
  let description = [{
    The attribute `onnx.value` of arguments and results of `@main`. `name` is what callers know it
    by, `element` the type of the elements with the sign that the types of later stages lack
    (`ui8` for TensorProto.UINT8), `dims` the names of the dims, "" for one that has none. Each
    may be missing, as in a file that does not declare it.

    Example: `#onnx.value<name = "ids", element = i64, dims = ["batch", ""]>`
  }];
  let parameters = (ins OptionalParameter<"::mlir::StringAttr">:$name,
      OptionalParameter<"::mlir::Type">:$element, OptionalParameter<"::mlir::ArrayAttr">:$dims);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

class ONNX_Op<string mnemonic, list<Trait> traits = []>
    : Op<ONNX_Dialect, mnemonic, traits>;

def ONNX_NodeOp : ONNX_Op<"node"> {
  let summary = "Any ONNX node, uninterpreted";
  let description = [{
    `op`, `domain` (empty for ai.onnx) and `version` (the opset the model imports
    for that domain) name the operator; `params` holds its attributes under their
    ONNX names (ints as i64, floats as f32, lists as arrays, tensors as
    elements or `#bitnet.blob`). `bodies` are graph attributes, in the order of
    `params["onnx.bodies"]`, an array of their names.

    Optional inputs that are absent are recorded in `present`: one entry per
    ONNX input slot, 1 where an operand follows, 0 where the slot is empty. It is
    left out when every slot is filled. Results that ONNX leaves unnamed are
    still results, so result numbers equal ONNX output numbers.

    Example:

    ```mlir
    %0 = onnx.node "Clip"(%x, %hi) opset 13 present [1, 0, 1] {} :
      (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
    ```
  }];
  let arguments = (ins StrAttr:$op, DefaultValuedStrAttr<StrAttr, "">:$domain,
      I64Attr:$version, DictionaryAttr:$params,
      OptionalAttr<DenseI32ArrayAttr>:$present, Variadic<AnyType>:$inputs);
  let results = (outs Variadic<AnyType>:$outputs);
  let regions = (region VariadicRegion<AnyRegion>:$bodies);
  let assemblyFormat = [{
    $op `(` $inputs `)` `opset` $version (`domain` $domain^)?
    (`present` $present^)? $params attr-dict `:` functional-type($inputs, $outputs)
    $bodies
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The operand in ONNX input slot `slot`, or null when absent.
    ::mlir::Value getSlot(unsigned slot);
    /// Number of ONNX input slots, absent ones included.
    unsigned getNumSlots();
    /// "MatMul" or "com.microsoft.FusedMatMul": for messages.
    std::string getQualifiedName();
  }];
}

def ONNX_ConstantOp : ONNX_Op<"constant", [Pure]> {
  let summary = "An initializer or Constant node";
  let description = [{
    `value` is an inline `dense` attribute when small (at most 4 KiB) and a
    `#bitnet.blob` naming a byte range of a mapped file otherwise. `name` is
    the tensor's ONNX name.

    Example:

    ```mlir
    %w = onnx.constant "fc.weight" dense<1.0> : tensor<4xf32> -> tensor<4xf32>
    ```
  }];
  let arguments = (ins StrAttr:$name, AnyAttr:$value);
  let results = (outs AnyType:$result);
  let assemblyFormat = "$name $value attr-dict `->` type($result)";
  let hasVerifier = 1;
}

def ONNX_YieldOp : ONNX_Op<"yield", [Pure, ReturnLike, Terminator]> {
  let summary = "Ends a graph attribute (If branch, Loop body)";
  let description = [{
    Example:

    ```mlir
    %0 = onnx.node "If"(%c) opset 13 {onnx.bodies = ["then_branch", "else_branch"]} : (tensor<i1>) -> !onnx.unknown {
      onnx.yield %x : tensor<2xf32>
    }, {
      onnx.yield %x : tensor<2xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<AnyType>:$results);
  let assemblyFormat = "attr-dict ($results^ `:` type($results))?";
}

#endif // BITNET_DIALECT_ONNX_IR_ONNXOPS_TD
