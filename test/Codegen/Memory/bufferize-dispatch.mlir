// RUN: bitnet-opt %s --one-shot-bufferize="bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map" --canonicalize --split-input-file | FileCheck %s

// The result takes the memory of its init, also inside; what is between stays in the body.

// CHECK-LABEL: func.func @in_place(
// CHECK-SAME: %[[X:.+]]: memref<4xf32>, %[[F:.+]]: f32)
// CHECK: %[[Y:.+]] = memref.alloc() {{.*}}: memref<4xf32>
// CHECK: bitnet.dispatch layer ins(%[[X]], %[[F]] : memref<4xf32>, f32) outs(%[[Y]] : memref<4xf32>) {
// CHECK: ^bb0(%[[XA:.+]]: memref<4xf32>, %[[FA:.+]]: f32, %[[YA:.+]]: memref<4xf32>):
// CHECK: %[[T:.+]] = memref.alloc() {{.*}}: memref<4xf32>
// CHECK: linalg.exp ins(%[[XA]] : memref<4xf32>) outs(%[[T]] : memref<4xf32>)
// CHECK: linalg.exp ins(%[[T]] : memref<4xf32>) outs(%[[YA]] : memref<4xf32>)
// CHECK-NOT: memref.copy
// CHECK: bitnet.yield
// CHECK-NOT: memref.copy
// CHECK: return %[[Y]]
func.func @in_place(%x: tensor<4xf32>, %f: f32) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %y = bitnet.dispatch layer ins(%x, %f : tensor<4xf32>, f32) outs(%e : tensor<4xf32>) {
  ^bb0(%a: tensor<4xf32>, %b: f32, %o: tensor<4xf32>):
    %t = tensor.empty() : tensor<4xf32>
    %u = linalg.exp ins(%a : tensor<4xf32>) outs(%t : tensor<4xf32>) -> tensor<4xf32>
    %r = linalg.exp ins(%u : tensor<4xf32>) outs(%o : tensor<4xf32>) -> tensor<4xf32>
    bitnet.yield %r : tensor<4xf32>
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// A result that is computed elsewhere is copied to where it belongs.

// CHECK-LABEL: func.func @elsewhere(
// CHECK: bitnet.dispatch
// CHECK: ^bb0(%{{.+}}: memref<4xf32>, %[[YA:.+]]: memref<4xf32>):
// CHECK: %[[T:.+]] = memref.alloc()
// CHECK: linalg.exp {{.*}} outs(%[[T]]
// CHECK: memref.copy %[[T]], %[[YA]]
// CHECK: bitnet.yield
func.func @elsewhere(%x: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %y = bitnet.dispatch layer ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: tensor<4xf32>, %o: tensor<4xf32>):
    %t = tensor.empty() : tensor<4xf32>
    %u = linalg.exp ins(%a : tensor<4xf32>) outs(%t : tensor<4xf32>) -> tensor<4xf32>
    bitnet.yield %u : tensor<4xf32>
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// An init that is read later is copied first; so is one whose old contents the body reads.

// CHECK-LABEL: func.func @kept(
// CHECK-SAME: %[[X:.+]]: memref<4xf32>, %[[I:.+]]: memref<4xf32>)
// CHECK: %[[C:.+]] = memref.alloc()
// CHECK: memref.copy %[[I]], %[[C]]
// CHECK: bitnet.dispatch layer ins(%[[X]] : {{.*}}) outs(%[[C]] :
// CHECK: return %[[C]], %[[I]]
func.func @kept(%x: tensor<4xf32>, %i: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %y = bitnet.dispatch layer ins(%x : tensor<4xf32>) outs(%i : tensor<4xf32>) {
  ^bb0(%a: tensor<4xf32>, %o: tensor<4xf32>):
    %r = linalg.add ins(%a, %o : tensor<4xf32>, tensor<4xf32>) outs(%o : tensor<4xf32>) -> tensor<4xf32>
    bitnet.yield %r : tensor<4xf32>
  } -> tensor<4xf32>
  return %y, %i : tensor<4xf32>, tensor<4xf32>
}

// One that the body does not read is not copied.

// CHECK-LABEL: func.func @overwritten(
// CHECK: %[[C:.+]] = memref.alloc()
// CHECK-NOT: memref.copy
// CHECK: bitnet.dispatch layer ins(%{{.+}} : {{.*}}) outs(%[[C]] :
func.func @overwritten(%x: tensor<4xf32>, %i: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %y = bitnet.dispatch layer ins(%x : tensor<4xf32>) outs(%i : tensor<4xf32>) {
  ^bb0(%a: tensor<4xf32>, %o: tensor<4xf32>):
    %r = linalg.exp ins(%a : tensor<4xf32>) outs(%o : tensor<4xf32>) -> tensor<4xf32>
    bitnet.yield %r : tensor<4xf32>
  } -> tensor<4xf32>
  return %y, %i : tensor<4xf32>, tensor<4xf32>
}

// An input is not written, not even where it is read no more: inside, and as an init besides.

// CHECK-LABEL: func.func @read_only(
// CHECK: bitnet.dispatch
// CHECK: ^bb0(%[[A:.+]]: memref<4xf32>, %[[O:.+]]: memref<4xf32>):
// CHECK-NOT: outs(%[[A]]
// CHECK: bitnet.yield
func.func @read_only(%x: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %y = bitnet.dispatch layer ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: tensor<4xf32>, %o: tensor<4xf32>):
    %u = linalg.exp ins(%a : tensor<4xf32>) outs(%a : tensor<4xf32>) -> tensor<4xf32>
    %r = linalg.exp ins(%u : tensor<4xf32>) outs(%o : tensor<4xf32>) -> tensor<4xf32>
    bitnet.yield %r : tensor<4xf32>
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// One nest reads what it writes, element by element: one buffer does.
// CHECK-LABEL: func.func @both(
// CHECK: %[[E:.+]] = memref.alloc()
// CHECK: linalg.exp {{.*}} outs(%[[E]]
// CHECK-NOT: memref.alloc
// CHECK: bitnet.dispatch layer ins(%[[E]] : memref<4xf32>) outs(%[[E]] : memref<4xf32>)
func.func @both(%x: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %v = linalg.exp ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %y = bitnet.dispatch layer ins(%v : tensor<4xf32>) outs(%v : tensor<4xf32>) {
  ^bb0(%a: tensor<4xf32>, %o: tensor<4xf32>):
    %r = linalg.exp ins(%a : tensor<4xf32>) outs(%o : tensor<4xf32>) -> tensor<4xf32>
    bitnet.yield %r : tensor<4xf32>
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// Another nest reads it as well: it might read what a part has written.
// CHECK-LABEL: func.func @both_and_more(
// CHECK: %[[E:.+]] = memref.alloc()
// CHECK: linalg.exp {{.*}} outs(%[[E]]
// CHECK: %[[C:.+]] = memref.alloc()
// CHECK: bitnet.dispatch layer ins(%[[E]] : memref<4xf32>) outs(%[[C]], %{{.+}} : memref<4xf32>, memref<4xf32>)
func.func @both_and_more(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %e = tensor.empty() : tensor<4xf32>
  %f = tensor.empty() : tensor<4xf32>
  %v = linalg.exp ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %y:2 = bitnet.dispatch layer ins(%v : tensor<4xf32>) outs(%v, %f : tensor<4xf32>, tensor<4xf32>) {
  ^bb0(%a: tensor<4xf32>, %o: tensor<4xf32>, %p: tensor<4xf32>):
    %r = linalg.exp ins(%a : tensor<4xf32>) outs(%o : tensor<4xf32>) -> tensor<4xf32>
    %s = linalg.exp ins(%a : tensor<4xf32>) outs(%p : tensor<4xf32>) -> tensor<4xf32>
    bitnet.yield %r, %s : tensor<4xf32>, tensor<4xf32>
  } -> tensor<4xf32>, tensor<4xf32>
  return %y#0, %y#1 : tensor<4xf32>, tensor<4xf32>
}

// A slice of a buffer keeps its layout.

// CHECK-LABEL: func.func @strided(
// CHECK: %[[S:.+]] = memref.subview
// CHECK: bitnet.dispatch layer ins(%[[S]] : memref<4x2xf32, strided<[8, 1]>>)
// CHECK: ^bb0(%[[A:.+]]: memref<4x2xf32, strided<[8, 1]>>, %{{.+}}: memref<4x2xf32>):
// CHECK: linalg.exp ins(%[[A]] : memref<4x2xf32, strided<[8, 1]>>)
func.func @strided(%x: tensor<4x8xf32>) -> tensor<4x2xf32> {
  %e = tensor.empty() : tensor<4x2xf32>
  %s = tensor.extract_slice %x[0, 0] [4, 2] [1, 1] : tensor<4x8xf32> to tensor<4x2xf32>
  %y = bitnet.dispatch layer ins(%s : tensor<4x2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%a: tensor<4x2xf32>, %o: tensor<4x2xf32>):
    %r = linalg.exp ins(%a : tensor<4x2xf32>) outs(%o : tensor<4x2xf32>) -> tensor<4x2xf32>
    bitnet.yield %r : tensor<4x2xf32>
  } -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}
