// Equal layers become a loop.
// RUN: bitnet-opt %s --bitnet-roll-layers --split-input-file | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>

// Weights are a table, as is the number in the body of a nest; the probe has
// the names of all; an empty tensor that all share stands in front; what
// follows reads the last layer.
// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:.*]]: tensor<?x64xi8>
// CHECK: %[[ACC:.*]] = tensor.empty
// CHECK: %[[R:.*]] = scf.for %[[I:.*]] = %{{.*}} to %{{.*}} step %{{.*}} iter_args(%[[H:.*]] = %[[X]])
// CHECK-DAG: %[[W:.*]] = bitnet.constant_table [dense<1> : tensor<64x64xi2>, dense<-1> : tensor<64x64xi2>, dense<0> : tensor<64x64xi2>][%[[I]]] -> tensor<64x64xi2>
// CHECK-DAG: %[[T:.*]] = bitnet.constant_table [dense<5.000000e-01> : tensor<f32>, dense<2.500000e-01> : tensor<f32>, dense<1.250000e-01> : tensor<f32>][%[[I]]] -> tensor<f32>
// CHECK-DAG: %[[S:.*]] = tensor.extract %[[T]][]
// CHECK: bitnet.probe "a" of ["a", "b", "c"][%[[I]]] %[[H]]
// CHECK: bitnet.matmul ins(%[[H]], %[[W]] :
// CHECK: arith.mulf %{{.*}}, %[[S]]
// CHECK: scf.yield
// CHECK: arith.extsi %[[R]]
// CHECK-NOT: bitnet.matmul
func.func @main(%x: tensor<?x64xi8>, %m: index) -> tensor<?x64xi32> {
  %w0 = bitnet.constant dense<1> : tensor<64x64xi2> -> tensor<64x64xi2>
  %w1 = bitnet.constant dense<-1> : tensor<64x64xi2> -> tensor<64x64xi2>
  %w2 = bitnet.constant dense<0> : tensor<64x64xi2> -> tensor<64x64xi2>
  bitnet.probe "a" %x : tensor<?x64xi8>
  %e = tensor.empty(%m) : tensor<?x64xi32>
  %p0 = bitnet.matmul ins(%x, %w0 : tensor<?x64xi8>, tensor<64x64xi2>) outs(%e : tensor<?x64xi32>) -> tensor<?x64xi32>
  %o = tensor.empty(%m) : tensor<?x64xi8>
  %x1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%p0 : tensor<?x64xi32>) outs(%o : tensor<?x64xi8>) {
  ^bb0(%a: i32, %out: i8):
    %k = arith.constant 0.5 : f32
    %f = arith.sitofp %a : i32 to f32
    %g = arith.mulf %f, %k : f32
    %q = arith.fptosi %g : f32 to i8
    linalg.yield %q : i8
  } -> tensor<?x64xi8>
  %h1 = arith.addi %x1, %x1 : tensor<?x64xi8>
  bitnet.probe "b" %h1 : tensor<?x64xi8>
  %p1 = bitnet.matmul ins(%h1, %w1 : tensor<?x64xi8>, tensor<64x64xi2>) outs(%e : tensor<?x64xi32>) -> tensor<?x64xi32>
  %x2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%p1 : tensor<?x64xi32>) outs(%o : tensor<?x64xi8>) {
  ^bb0(%a: i32, %out: i8):
    %k = arith.constant 0.25 : f32
    %f = arith.sitofp %a : i32 to f32
    %g = arith.mulf %f, %k : f32
    %q = arith.fptosi %g : f32 to i8
    linalg.yield %q : i8
  } -> tensor<?x64xi8>
  %h2 = arith.addi %x2, %x2 : tensor<?x64xi8>
  bitnet.probe "c" %h2 : tensor<?x64xi8>
  %p2 = bitnet.matmul ins(%h2, %w2 : tensor<?x64xi8>, tensor<64x64xi2>) outs(%e : tensor<?x64xi32>) -> tensor<?x64xi32>
  %x3 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%p2 : tensor<?x64xi32>) outs(%o : tensor<?x64xi8>) {
  ^bb0(%a: i32, %out: i8):
    %k = arith.constant 0.125 : f32
    %f = arith.sitofp %a : i32 to f32
    %g = arith.mulf %f, %k : f32
    %q = arith.fptosi %g : f32 to i8
    linalg.yield %q : i8
  } -> tensor<?x64xi8>
  %h3 = arith.addi %x3, %x3 : tensor<?x64xi8>
  %y = arith.extsi %h3 : tensor<?x64xi8> to tensor<?x64xi32>
  return %y : tensor<?x64xi32>
}

// -----

// What the first layer alone makes, for all of them (a mask, say), stands in
// front; the first layer is found all the same.
// CHECK-LABEL: func.func @shared(
// CHECK: %[[MASK:.*]] = arith.xori
// CHECK: scf.for
// CHECK: bitnet.constant_table [dense<1> : tensor<64x64xi2>, dense<-1> : tensor<64x64xi2>]
// CHECK: arith.andi %{{.*}}, %[[MASK]]
// CHECK-NOT: bitnet.matmul {{.*}} bitnet.matmul
// CHECK: return
func.func @shared(%x: tensor<1x64xi8>, %k: tensor<1x64xi8>, %init: tensor<1x64xi32>) -> tensor<1x64xi8> {
  %a = bitnet.constant dense<1> : tensor<64x64xi2> -> tensor<64x64xi2>
  %b = bitnet.constant dense<-1> : tensor<64x64xi2> -> tensor<64x64xi2>
  %p0 = bitnet.matmul ins(%x, %a : tensor<1x64xi8>, tensor<64x64xi2>) outs(%init : tensor<1x64xi32>) -> tensor<1x64xi32>
  %q0 = arith.muli %p0, %p0 : tensor<1x64xi32>
  %mask = arith.xori %k, %k : tensor<1x64xi8>
  %r0 = arith.addi %q0, %p0 : tensor<1x64xi32>
  %t0 = arith.trunci %r0 : tensor<1x64xi32> to tensor<1x64xi8>
  %u0 = arith.andi %t0, %mask : tensor<1x64xi8>
  %x1 = arith.subi %u0, %t0 : tensor<1x64xi8>
  %p1 = bitnet.matmul ins(%x1, %b : tensor<1x64xi8>, tensor<64x64xi2>) outs(%init : tensor<1x64xi32>) -> tensor<1x64xi32>
  %q1 = arith.muli %p1, %p1 : tensor<1x64xi32>
  %r1 = arith.addi %q1, %p1 : tensor<1x64xi32>
  %t1 = arith.trunci %r1 : tensor<1x64xi32> to tensor<1x64xi8>
  %u1 = arith.andi %t1, %mask : tensor<1x64xi8>
  %x2 = arith.subi %u1, %t1 : tensor<1x64xi8>
  return %x2 : tensor<1x64xi8>
}

// -----

// No loop: what each layer makes is read by somebody else, too.
// CHECK-LABEL: func.func @all_states(
// CHECK-NOT: scf.for
func.func @all_states(%x: tensor<1x64xi8>, %init: tensor<1x64xi32>) -> (tensor<1x64xi8>, tensor<1x64xi8>) {
  %a = bitnet.constant dense<1> : tensor<64x64xi2> -> tensor<64x64xi2>
  %b = bitnet.constant dense<-1> : tensor<64x64xi2> -> tensor<64x64xi2>
  %p0 = bitnet.matmul ins(%x, %a : tensor<1x64xi8>, tensor<64x64xi2>) outs(%init : tensor<1x64xi32>) -> tensor<1x64xi32>
  %q0 = arith.muli %p0, %p0 : tensor<1x64xi32>
  %r0 = arith.addi %q0, %p0 : tensor<1x64xi32>
  %x1 = arith.trunci %r0 : tensor<1x64xi32> to tensor<1x64xi8>
  %p1 = bitnet.matmul ins(%x1, %b : tensor<1x64xi8>, tensor<64x64xi2>) outs(%init : tensor<1x64xi32>) -> tensor<1x64xi32>
  %q1 = arith.muli %p1, %p1 : tensor<1x64xi32>
  %r1 = arith.addi %q1, %p1 : tensor<1x64xi32>
  %x2 = arith.trunci %r1 : tensor<1x64xi32> to tensor<1x64xi8>
  return %x1, %x2 : tensor<1x64xi8>, tensor<1x64xi8>
}

// -----

// No loop: the layers are not wired alike (the second one adds its input).
// CHECK-LABEL: func.func @other_wires(
// CHECK-NOT: scf.for
func.func @other_wires(%x: tensor<1x64xi8>, %init: tensor<1x64xi32>) -> tensor<1x64xi8> {
  %a = bitnet.constant dense<1> : tensor<64x64xi2> -> tensor<64x64xi2>
  %b = bitnet.constant dense<-1> : tensor<64x64xi2> -> tensor<64x64xi2>
  %p0 = bitnet.matmul ins(%x, %a : tensor<1x64xi8>, tensor<64x64xi2>) outs(%init : tensor<1x64xi32>) -> tensor<1x64xi32>
  %q0 = arith.muli %p0, %p0 : tensor<1x64xi32>
  %r0 = arith.addi %q0, %p0 : tensor<1x64xi32>
  %t0 = arith.trunci %r0 : tensor<1x64xi32> to tensor<1x64xi8>
  %x1 = arith.addi %t0, %t0 : tensor<1x64xi8>
  %p1 = bitnet.matmul ins(%x1, %b : tensor<1x64xi8>, tensor<64x64xi2>) outs(%init : tensor<1x64xi32>) -> tensor<1x64xi32>
  %q1 = arith.muli %p1, %p1 : tensor<1x64xi32>
  %r1 = arith.addi %q1, %p1 : tensor<1x64xi32>
  %t1 = arith.trunci %r1 : tensor<1x64xi32> to tensor<1x64xi8>
  %x2 = arith.addi %t1, %x1 : tensor<1x64xi8>
  return %x2 : tensor<1x64xi8>
}

// -----

// No loop: a check of the second layer's input must not be passed by.
// CHECK-LABEL: func.func @check_between(
// CHECK-NOT: scf.for
func.func @check_between(%x: tensor<1x64xi8>, %init: tensor<1x64xi32>) -> tensor<1x64xi8> {
  %c0 = arith.constant 0 : index
  %a = bitnet.constant dense<1> : tensor<64x64xi2> -> tensor<64x64xi2>
  %b = bitnet.constant dense<-1> : tensor<64x64xi2> -> tensor<64x64xi2>
  %p0 = bitnet.matmul ins(%x, %a : tensor<1x64xi8>, tensor<64x64xi2>) outs(%init : tensor<1x64xi32>) -> tensor<1x64xi32>
  %q0 = arith.muli %p0, %p0 : tensor<1x64xi32>
  %r0 = arith.addi %q0, %p0 : tensor<1x64xi32>
  %x1 = arith.trunci %r0 : tensor<1x64xi32> to tensor<1x64xi8>
  %v = tensor.extract %x1[%c0, %c0] : tensor<1x64xi8>
  %ok = arith.trunci %v : i8 to i1
  cf.assert %ok, "no"
  %p1 = bitnet.matmul ins(%x1, %b : tensor<1x64xi8>, tensor<64x64xi2>) outs(%init : tensor<1x64xi32>) -> tensor<1x64xi32>
  %q1 = arith.muli %p1, %p1 : tensor<1x64xi32>
  %r1 = arith.addi %q1, %p1 : tensor<1x64xi32>
  %x2 = arith.trunci %r1 : tensor<1x64xi32> to tensor<1x64xi8>
  return %x2 : tensor<1x64xi8>
}

// -----

// A check of inputs only comes first.
// CHECK-LABEL: func.func @check_first(
// CHECK: cf.assert
// CHECK: scf.for
func.func @check_first(%x: tensor<1x64xi8>, %ok: i1, %init: tensor<1x64xi32>) -> tensor<1x64xi8> {
  %a = bitnet.constant dense<1> : tensor<64x64xi2> -> tensor<64x64xi2>
  %b = bitnet.constant dense<-1> : tensor<64x64xi2> -> tensor<64x64xi2>
  %p0 = bitnet.matmul ins(%x, %a : tensor<1x64xi8>, tensor<64x64xi2>) outs(%init : tensor<1x64xi32>) -> tensor<1x64xi32>
  %q0 = arith.muli %p0, %p0 : tensor<1x64xi32>
  cf.assert %ok, "no"
  %r0 = arith.addi %q0, %p0 : tensor<1x64xi32>
  %x1 = arith.trunci %r0 : tensor<1x64xi32> to tensor<1x64xi8>
  %p1 = bitnet.matmul ins(%x1, %b : tensor<1x64xi8>, tensor<64x64xi2>) outs(%init : tensor<1x64xi32>) -> tensor<1x64xi32>
  %q1 = arith.muli %p1, %p1 : tensor<1x64xi32>
  %r1 = arith.addi %q1, %p1 : tensor<1x64xi32>
  %x2 = arith.trunci %r1 : tensor<1x64xi32> to tensor<1x64xi8>
  return %x2 : tensor<1x64xi8>
}

// -----

// No loop: nothing here is a product, and a loop would end fusion.
// CHECK-LABEL: func.func @no_product(
// CHECK-NOT: scf.for
func.func @no_product(%x: tensor<64xf32>) -> tensor<64xf32> {
  %a = arith.mulf %x, %x : tensor<64xf32>
  %b = math.exp %a : tensor<64xf32>
  %c = arith.addf %b, %x : tensor<64xf32>
  %d = arith.negf %c : tensor<64xf32>
  %e = arith.mulf %d, %d : tensor<64xf32>
  %f = math.exp %e : tensor<64xf32>
  %g = arith.addf %f, %d : tensor<64xf32>
  %h = arith.negf %g : tensor<64xf32>
  return %h : tensor<64xf32>
}
