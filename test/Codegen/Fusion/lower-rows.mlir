// RUN: bitnet-opt %s --bitnet-lower-rows --split-input-file | FileCheck %s
// RUN: bitnet-opt %s --bitnet-inline-dispatches --split-input-file | FileCheck %s --check-prefix=INLINE

#id = affine_map<(m, k) -> (m, k)>
#m = affine_map<(m, k) -> (m)>
#k = affine_map<(m, k) -> (k)>

// What only the body uses shrinks to one row on the stack; what all rows read stays whole.

// CHECK-LABEL: func.func @norm(
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<?x64xf32>, %[[G:[a-z0-9]+]]: memref<64xf32>, %[[Q:[a-z0-9]+]]: memref<?x64xi8>
// CHECK-NOT: memref.alloc(
// CHECK: %[[N:.+]] = memref.dim %[[Q]]
// CHECK: scf.parallel (%[[M:.+]]) = (%{{.+}}) to (%[[N]]) step
// CHECK-DAG: %[[S:.+]] = memref.alloca() {{.*}}: memref<1xf32>
// CHECK-DAG: %[[Y:.+]] = memref.alloca() {{.*}}: memref<1x64xf32>
// CHECK: linalg.fill ins(%{{.+}}) outs(%[[S]] : memref<1xf32>)
// CHECK: %[[XR:.+]] = memref.subview %[[X]][%[[M]], 0] [1, 64] [1, 1]
// CHECK: linalg.generic {{.*}} ins(%[[XR]] : {{.*}}) outs(%[[S]] : memref<1xf32>)
// CHECK: linalg.generic {{.*}} ins(%[[XR]], %[[S]], %[[G]] : {{.*}}) outs(%[[Y]] : memref<1x64xf32>)
// CHECK: %[[QR:.+]] = memref.subview %[[Q]][%[[M]], 0] [1, 64] [1, 1]
// CHECK: linalg.generic {{.*}} ins(%[[Y]] : memref<1x64xf32>) outs(%[[QR]]
// CHECK: scf.reduce

// INLINE-LABEL: func.func @norm(
// INLINE-NOT: bitnet
// INLINE: memref.alloc(
// INLINE: linalg.fill
// INLINE-COUNT-3: linalg.generic
// INLINE-NEXT: ^bb0
func.func @norm(%x: memref<?x64xf32>, %gamma: memref<64xf32>, %q: memref<?x64xi8>, %n: index) {
  bitnet.dispatch rows ins(%n, %x, %gamma : index, memref<?x64xf32>, memref<64xf32>) outs(%q : memref<?x64xi8>) {
  ^bb0(%na: index, %xa: memref<?x64xf32>, %g: memref<64xf32>, %qa: memref<?x64xi8>):
    %zero = arith.constant 0.0 : f32
    %s = memref.alloc(%na) : memref<?xf32>
    %y = memref.alloc(%na) : memref<?x64xf32>
    linalg.fill ins(%zero : f32) outs(%s : memref<?xf32>)
    linalg.generic {indexing_maps = [#id, #m], iterator_types = ["parallel", "reduction"]}
        ins(%xa : memref<?x64xf32>) outs(%s : memref<?xf32>) {
    ^bb0(%in: f32, %out: f32):
      %0 = arith.mulf %in, %in : f32
      %1 = arith.addf %out, %0 : f32
      linalg.yield %1 : f32
    }
    linalg.generic {indexing_maps = [#id, #m, #k, #id], iterator_types = ["parallel", "parallel"]}
        ins(%xa, %s, %g : memref<?x64xf32>, memref<?xf32>, memref<64xf32>) outs(%y : memref<?x64xf32>) {
    ^bb0(%in: f32, %f: f32, %w: f32, %out: f32):
      %0 = arith.mulf %in, %f : f32
      %1 = arith.mulf %0, %w : f32
      linalg.yield %1 : f32
    }
    linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
        ins(%y : memref<?x64xf32>) outs(%qa : memref<?x64xi8>) {
    ^bb0(%in: f32, %out: i8):
      %0 = arith.fptosi %in : f32 to i8
      linalg.yield %0 : i8
    }
    bitnet.yield
  }
  return
}

// -----

// Where bufferization had to copy, and where a row has no known size, the nests stay as they are.

// CHECK-LABEL: func.func @copied(
// CHECK-NOT: scf.parallel
// CHECK: linalg.exp
// CHECK: memref.copy
// CHECK: linalg.exp
// CHECK: return
func.func @copied(%x: memref<4x64xf32>, %y: memref<4x64xf32>) {
  bitnet.dispatch rows ins(%x : memref<4x64xf32>) outs(%y : memref<4x64xf32>) {
  ^bb0(%in: memref<4x64xf32>, %out: memref<4x64xf32>):
    %a = memref.alloc() : memref<4x64xf32>
    linalg.exp ins(%in : memref<4x64xf32>) outs(%a : memref<4x64xf32>)
    memref.copy %a, %out : memref<4x64xf32> to memref<4x64xf32>
    linalg.exp ins(%out : memref<4x64xf32>) outs(%out : memref<4x64xf32>)
    bitnet.yield
  }
  return
}

// CHECK-LABEL: func.func @unknown(
// CHECK-NOT: scf.parallel
// CHECK: memref.alloc(
// CHECK: linalg.exp
// CHECK: return
func.func @unknown(%x: memref<4x?xf32>, %y: memref<4x?xf32>, %n: index) {
  bitnet.dispatch rows ins(%n, %x : index, memref<4x?xf32>) outs(%y : memref<4x?xf32>) {
  ^bb0(%na: index, %in: memref<4x?xf32>, %out: memref<4x?xf32>):
    %a = memref.alloc(%na) : memref<4x?xf32>
    linalg.exp ins(%in : memref<4x?xf32>) outs(%a : memref<4x?xf32>)
    linalg.exp ins(%a : memref<4x?xf32>) outs(%out : memref<4x?xf32>)
    bitnet.yield
  }
  return
}
