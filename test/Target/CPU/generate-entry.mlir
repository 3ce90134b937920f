// RUN: bitnet-opt --allow-unregistered-dialect --split-input-file --verify-diagnostics --bitnet-thread-context --bitnet-generate-entry %s | FileCheck %s

// Argument attributes are kept for the description table; the ONNX type wins.
// CHECK: module attributes {bitnet.signature = {inputs = [{dim_names = ["batch", ""], dims = array<i64: -1, 4>, dtype = 2 : i32, name = "x"}],
// CHECK-SAME: outputs = [{dim_names = [""], dims = array<i64: -1>, dtype = 1 : i32, name = "out0"}]}
module attributes {bitnet.weights_size = 640 : i64} {
// The function itself hands over its results, and returns only its status.
// CHECK-LABEL: func.func private @main(
// CHECK-SAME: %[[WORK:.+]]: !llvm.ptr, %{{.+}}: !llvm.ptr, %{{.+}}: memref<?xi8> {bitnet.weights}, %{{.+}}: memref<?x4xi8>
// CHECK-SAME: -> i32
// CHECK: call @bitnet_rt_output(%[[WORK]],
// CHECK: return %{{.+}} : i32
func.func @main(%w: memref<?xi8> {bitnet.weights},
    %x: memref<?x4xi8> {onnx.value = #onnx.value<name = "x", element = ui8, dims = ["batch", ""]>})
    -> memref<?xf32> {
  %c0 = arith.constant 0 : index
  %n = memref.dim %x, %c0 : memref<?x4xi8>
  %y = memref.alloc(%n) : memref<?xf32>
  return %y : memref<?xf32>
}
// A dim is written as soon as it is known.
// CHECK-LABEL: func.func private @bitnet_shapes(
// CHECK-SAME: !llvm.ptr, %{{.+}}: !llvm.ptr, %[[OUTPUTS:.+]]: !llvm.ptr, %{{.+}}: memref<?x4xi8>) -> i32
// CHECK: %[[N:.+]] = memref.dim
// CHECK-NEXT: %[[DIM:.+]] = arith.index_cast %[[N]]
// CHECK-NEXT: %[[PLACE:.+]] = llvm.getelementptr %[[OUTPUTS]][0, 3, 0]
// CHECK-NEXT: llvm.store %[[DIM]], %[[PLACE]]
func.func @bitnet_shapes(%x: memref<?x4xi8>) -> index {
  %c0 = arith.constant 0 : index
  %n = memref.dim %x, %c0 : memref<?x4xi8>
  return %n : index
}
}

// CHECK-LABEL: func.func @bitnet_generated_shapes(
// CHECK: %[[KNOWN:.+]] = call @bitnet_shapes
// CHECK-NEXT: return %[[KNOWN]]
// CHECK-LABEL: func.func @bitnet_generated_main(
// CHECK-SAME: %[[CTX:.+]]: !llvm.ptr, %[[INPUTS:.+]]: !llvm.ptr) -> i32
// The weights' pointer is the first field of the context.
// CHECK: llvm.load %[[CTX]] : !llvm.ptr -> !llvm.ptr
// CHECK: arith.constant 640 : i64
// CHECK: llvm.getelementptr %[[INPUTS]][0, 0]
// CHECK: llvm.getelementptr %[[INPUTS]][0, 3, 0]
// CHECK: %[[STATUS:.+]] = call @main(%[[CTX]], %[[INPUTS]], %{{.+}}, %{{.+}})
// CHECK-NEXT: return %[[STATUS]]

// -----

// Without @bitnet_shapes a dynamic dim is unknown.
func.func @main(%x: memref<?x4xf32>) -> memref<?x4xf32> {
  return %x : memref<?x4xf32>
}
// CHECK-LABEL: func.func @bitnet_generated_shapes(
// CHECK: arith.constant -1 : i64
// CHECK: arith.constant 4 : i64

// -----

// expected-error @+1 {{output must have an identity layout}}
func.func @main(%x: memref<?xf32, strided<[2]>>) -> memref<?xf32, strided<[2]>> {
  return %x : memref<?xf32, strided<[2]>>
}

// -----

// Names that a file declares for another rank than the graph computes name nothing.
// CHECK: bitnet.signature
// CHECK-SAME: dim_names = [""]
func.func @main(%x: memref<?xf32> {onnx.value = #onnx.value<dims = ["n", "m"]>}) -> memref<?xf32> {
  return %x : memref<?xf32>
}

// -----

// Inputs behind the 64th are read where they are used: an argument each would fill the frame.
// CHECK-LABEL: func.func private @main(
// CHECK-SAME: !llvm.ptr, %[[MANY:.+]]: !llvm.ptr, %{{.+}}: memref<?xf32>
// CHECK-COUNT-62: %{{[a-z0-9]+}}: memref<?xf32>
// CHECK-SAME: %{{[a-z0-9]+}}: memref<?xf32>) -> i32
// CHECK: "test.first"
// CHECK-NEXT: llvm.getelementptr %[[MANY]][65, 0]
// CHECK: %[[LAST:.+]] = builtin.unrealized_conversion_cast
// CHECK: "test.last"(%[[LAST]])
func.func @main(%x0: memref<?xf32>, %x1: memref<?xf32>, %x2: memref<?xf32>, %x3: memref<?xf32>, %x4: memref<?xf32>, %x5: memref<?xf32>, %x6: memref<?xf32>, %x7: memref<?xf32>, %x8: memref<?xf32>, %x9: memref<?xf32>, %x10: memref<?xf32>, %x11: memref<?xf32>, %x12: memref<?xf32>, %x13: memref<?xf32>, %x14: memref<?xf32>, %x15: memref<?xf32>, %x16: memref<?xf32>, %x17: memref<?xf32>, %x18: memref<?xf32>, %x19: memref<?xf32>, %x20: memref<?xf32>, %x21: memref<?xf32>, %x22: memref<?xf32>, %x23: memref<?xf32>, %x24: memref<?xf32>, %x25: memref<?xf32>, %x26: memref<?xf32>, %x27: memref<?xf32>, %x28: memref<?xf32>, %x29: memref<?xf32>, %x30: memref<?xf32>, %x31: memref<?xf32>, %x32: memref<?xf32>, %x33: memref<?xf32>, %x34: memref<?xf32>, %x35: memref<?xf32>, %x36: memref<?xf32>, %x37: memref<?xf32>, %x38: memref<?xf32>, %x39: memref<?xf32>, %x40: memref<?xf32>, %x41: memref<?xf32>, %x42: memref<?xf32>, %x43: memref<?xf32>, %x44: memref<?xf32>, %x45: memref<?xf32>, %x46: memref<?xf32>, %x47: memref<?xf32>, %x48: memref<?xf32>, %x49: memref<?xf32>, %x50: memref<?xf32>, %x51: memref<?xf32>, %x52: memref<?xf32>, %x53: memref<?xf32>, %x54: memref<?xf32>, %x55: memref<?xf32>, %x56: memref<?xf32>, %x57: memref<?xf32>, %x58: memref<?xf32>, %x59: memref<?xf32>, %x60: memref<?xf32>, %x61: memref<?xf32>, %x62: memref<?xf32>, %x63: memref<?xf32>, %x64: memref<?xf32>, %x65: memref<?xf32>) -> memref<1xf32> {
  "test.first"(%x0) : (memref<?xf32>) -> ()
  "test.last"(%x65) : (memref<?xf32>) -> ()
  %y = memref.alloc() : memref<1xf32>
  return %y : memref<1xf32>
}

// -----

// States lie one after the other, each from a multiple of 64 bytes; an output that returns an input in place is the same
// memory, also as another type; one that only some runs return is not.
// CHECK: bitnet.signature
// CHECK-SAME: inputs = [{alias = 0 : i32, dim_names = [""], dims = array<i64: 8>, dtype = 1 : i32, name = "in0"}, {dim_names = []
// CHECK-SAME: outputs = [{alias = 0 : i32, {{.*}}name = "out0"}, {dim_names
// CHECK-SAME: state_bytes = 132 : i64
// CHECK-SAME: states = [{{.*}}name = "k", offset = 0 : i64}, {{.*}}name = "v", offset = 128 : i64}]
// CHECK: func.func @bitnet_generated_main(%[[AT:.+]]: !llvm.ptr, %[[TENSORS:.+]]: !llvm.ptr)
// CHECK: llvm.getelementptr %[[AT]][3]
// CHECK: llvm.getelementptr %[[TENSORS]][0, 0]
// CHECK: %[[OFFSET:.+]] = arith.constant 128 : i64
// CHECK: llvm.getelementptr %{{.+}}[%[[OFFSET]]]
func.func @main(%k: memref<3x6xf32> {bitnet.state = "k"}, %x: memref<8xf32> {bitnet.in_place},
    %v: memref<2xi16> {bitnet.state = "v"}, %some: memref<i1>) -> (memref<?xf32>, memref<8xf32>) {
  %y = memref.cast %x : memref<8xf32> to memref<?xf32>
  %z = memref.alloc() : memref<8xf32>
  %condition = memref.load %some[] : memref<i1>
  cf.cond_br %condition, ^a, ^b
^a:
  return %y, %x : memref<?xf32>, memref<8xf32>
^b:
  return %y, %z : memref<?xf32>, memref<8xf32>
}

// -----

// expected-error @+1 {{state 'k' must be dense and have a static shape, not 'memref<?xf32>'}}
func.func @main(%k: memref<?xf32> {bitnet.state = "k"}) -> memref<1xf32> {
  %y = memref.alloc() : memref<1xf32>
  return %y : memref<1xf32>
}

// -----

// expected-error @+1 {{has the attribute 'bitnet.state' with a value of a wrong kind: unit}}
func.func @main(%k: memref<2xf32> {bitnet.state}) -> memref<1xf32> {
  %y = memref.alloc() : memref<1xf32>
  return %y : memref<1xf32>
}

// -----

func.func @main(%k: memref<2xf32> {bitnet.state = "k"}) -> memref<2xf32> {
  return %k : memref<2xf32>
}
// expected-error @+1 {{must not read states}}
func.func @bitnet_shapes(%k: memref<2xf32> {bitnet.state = "k"}) -> index {
  %c0 = arith.constant 0 : index
  return %c0 : index
}
