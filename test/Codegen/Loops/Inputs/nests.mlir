// The nests that run-nests.py runs: elementwise with broadcasts, casts, gathers, copies, reductions.
#mn = affine_map<(m, n) -> (m, n)>
#nm = affine_map<(m, n) -> (n, m)>
#m = affine_map<(m, n) -> (m)>
#n = affine_map<(m, n) -> (n)>
#zero = affine_map<(m, n) -> (m, 0)>
#id = affine_map<(n) -> (n)>
#none = affine_map<(n) -> ()>
!f32 = memref<?x?xf32, strided<[?, 1], offset: ?>>
!f16 = memref<?x?xf16, strided<[?, 1], offset: ?>>
!bf16 = memref<?x?xbf16, strided<[?, 1], offset: ?>>
!i8 = memref<?x?xi8, strided<[?, 1], offset: ?>>
!i32 = memref<?x?xi32, strided<[?, 1], offset: ?>>

func.func @softmax_power(%x: !f32, %top: memref<?x1xf32>, %y: !f32) attributes {llvm.emit_c_interface} {
  linalg.generic {indexing_maps = [#mn, #zero, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%x, %top : !f32, memref<?x1xf32>) outs(%y : !f32) {
  ^bb0(%a: f32, %t: f32, %o: f32):
    %0 = arith.subf %a, %t : f32
    %1 = math.exp %0 : f32
    linalg.yield %1 : f32
  }
  return
}

func.func @quantize(%x: !f32, %s: memref<?xf32>, %y: !i8) attributes {llvm.emit_c_interface} {
  %high = arith.constant 127.0 : f32
  %low = arith.constant -128.0 : f32
  linalg.generic {indexing_maps = [#mn, #m, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%x, %s : !f32, memref<?xf32>) outs(%y : !i8) {
  ^bb0(%a: f32, %b: f32, %o: i8):
    %one = arith.constant 1.0 : f32
    %r = arith.divf %one, %b : f32
    %0 = arith.mulf %a, %r : f32
    %1 = math.roundeven %0 : f32
    %2 = arith.cmpf olt, %1, %high : f32
    %3 = arith.select %2, %1, %high : f32
    %4 = arith.cmpf ogt, %3, %low : f32
    %5 = arith.select %4, %3, %low : f32
    %6 = arith.fptosi %5 : f32 to i8
    linalg.yield %6 : i8
  }
  return
}

func.func @rescale(%acc: !i32, %s: memref<?xf32>, %w: memref<?xf32>, %y: !bf16) attributes {llvm.emit_c_interface} {
  linalg.generic {indexing_maps = [#mn, #m, #n, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%acc, %s, %w : !i32, memref<?xf32>, memref<?xf32>) outs(%y : !bf16) {
  ^bb0(%a: i32, %b: f32, %c: f32, %o: bf16):
    %0 = arith.sitofp %a : i32 to f32
    %1 = arith.mulf %0, %b : f32
    %2 = arith.mulf %1, %c : f32
    %3 = arith.truncf %2 : f32 to bf16
    linalg.yield %3 : bf16
  }
  return
}

func.func @half(%x: !f16, %y: !f16, %z: !f16) attributes {llvm.emit_c_interface} {
  linalg.generic {indexing_maps = [#mn, #mn, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%x, %y : !f16, !f16) outs(%z : !f16) {
  ^bb0(%a: f16, %b: f16, %o: f16):
    %0 = arith.extf %a : f16 to f32
    %1 = arith.extf %b : f16 to f32
    %2 = arith.mulf %0, %1 : f32
    %3 = arith.truncf %2 : f32 to f16
    linalg.yield %3 : f16
  }
  return
}

func.func @mask(%x: !f32, %k: memref<?x?xi1>, %y: !f32) attributes {llvm.emit_c_interface} {
  %none = arith.constant -1.0e9 : f32
  linalg.generic {indexing_maps = [#mn, #mn, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%x, %k : !f32, memref<?x?xi1>) outs(%y : !f32) {
  ^bb0(%a: f32, %keep: i1, %o: f32):
    %0 = arith.select %keep, %a, %none : f32
    linalg.yield %0 : f32
  }
  return
}

func.func @compare(%x: !f32, %y: memref<?x?xi1>) attributes {llvm.emit_c_interface} {
  %zero = arith.constant 0.0 : f32
  linalg.generic {indexing_maps = [#mn, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%x : !f32) outs(%y : memref<?x?xi1>) {
  ^bb0(%a: f32, %o: i1):
    %0 = arith.cmpf ogt, %a, %zero : f32
    linalg.yield %0 : i1
  }
  return
}

func.func @transpose(%x: !f32, %y: !f32) attributes {llvm.emit_c_interface} {
  linalg.transpose ins(%x : !f32) outs(%y : !f32) permutation = [1, 0]
  return
}

func.func @transpose_codes(%x: !i8, %y: !i8) attributes {llvm.emit_c_interface} {
  linalg.transpose ins(%x : !i8) outs(%y : !i8) permutation = [1, 0]
  return
}

func.func @transpose_small(%x: !bf16, %y: !bf16) attributes {llvm.emit_c_interface} {
  linalg.transpose ins(%x : !bf16) outs(%y : !bf16) permutation = [1, 0]
  return
}

func.func @transpose_wide(%x: memref<?x?xi64>, %y: memref<?x?xi64>) attributes {llvm.emit_c_interface} {
  linalg.transpose ins(%x : memref<?x?xi64>) outs(%y : memref<?x?xi64>) permutation = [1, 0]
  return
}

func.func @transpose_bits(%x: memref<?x?xi1>, %y: memref<?x?xi1>) attributes {llvm.emit_c_interface} {
  linalg.transpose ins(%x : memref<?x?xi1>) outs(%y : memref<?x?xi1>) permutation = [1, 0]
  return
}

// A whole number of tiles, and a part of one more, known when compiled.
func.func @transpose_32(%x: memref<?x32xf32>, %y: memref<32x?xf32>) attributes {llvm.emit_c_interface} {
  linalg.transpose ins(%x : memref<?x32xf32>) outs(%y : memref<32x?xf32>) permutation = [1, 0]
  return
}

func.func @transpose_40(%x: memref<?x40xi8>, %y: memref<40x?xi8>) attributes {llvm.emit_c_interface} {
  linalg.transpose ins(%x : memref<?x40xi8>) outs(%y : memref<40x?xi8>) permutation = [1, 0]
  return
}

// Rows shorter than a vector, and of a vector and a part of one.
func.func @copy_7(%x: memref<?x7xi8>, %y: memref<?x7xi8, strided<[?, 1], offset: ?>>) attributes {llvm.emit_c_interface} {
  memref.copy %x, %y : memref<?x7xi8> to memref<?x7xi8, strided<[?, 1], offset: ?>>
  return
}

func.func @double_29(%x: memref<?x29xf32>, %y: memref<?x29xf32>) attributes {llvm.emit_c_interface} {
  linalg.generic {indexing_maps = [#mn, #mn], iterator_types = ["parallel", "parallel"]} ins(%x : memref<?x29xf32>) outs(%y : memref<?x29xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.addf %a, %a : f32
    linalg.yield %0 : f32
  }
  return
}

func.func @copy(%x: !f32, %y: !f32) attributes {llvm.emit_c_interface} {
  memref.copy %x, %y : !f32 to !f32
  return
}

// Windows of stride 2: two loads and a shuffle.
func.func @every_second(%x: !f32, %y: !f32) attributes {llvm.emit_c_interface} {
  linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n * 2)>, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%x : !f32) outs(%y : !f32) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  }
  return
}

func.func @every_second_13(%x: memref<?x13xi8>, %y: memref<?x7xi8>) attributes {llvm.emit_c_interface} {
  linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n * 2)>, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<?x13xi8>) outs(%y : memref<?x7xi8>) {
  ^bb0(%a: i8, %o: i8):
    linalg.yield %a : i8
  }
  return
}

func.func @max_windows(%x: !f32, %w: memref<3xf32>, %y: !f32) attributes {llvm.emit_c_interface} {
  linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, n * 2 + k)>, affine_map<(m, n, k) -> (k)>, affine_map<(m, n, k) -> (m, n)>],
                  iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : !f32, memref<3xf32>) outs(%y : !f32) {
  ^bb0(%a: f32, %unused: f32, %o: f32):
    %0 = arith.maximumf %o, %a : f32
    linalg.yield %0 : f32
  }
  return
}

func.func @position(%x: !f32, %y: !f32) attributes {llvm.emit_c_interface} {
  linalg.generic {indexing_maps = [#mn, #mn], iterator_types = ["parallel", "parallel"]} ins(%x : !f32) outs(%y : !f32) {
  ^bb0(%a: f32, %o: f32):
    %m = linalg.index 0 : index
    %n = linalg.index 1 : index
    %s = arith.addi %m, %n : index
    %i = arith.index_cast %s : index to i32
    %f = arith.sitofp %i : i32 to f32
    %0 = arith.addf %a, %f : f32
    linalg.yield %0 : f32
  }
  return
}

func.func @embedding(%rows: memref<?xi32>, %table: memref<?x?xf32>, %y: !f32) attributes {llvm.emit_c_interface} {
  linalg.generic {indexing_maps = [#m, #mn], iterator_types = ["parallel", "parallel"]} ins(%rows : memref<?xi32>) outs(%y : !f32) {
  ^bb0(%r: i32, %o: f32):
    %i = arith.index_cast %r : i32 to index
    %n = linalg.index 1 : index
    %0 = memref.load %table[%i, %n] : memref<?x?xf32>
    linalg.yield %0 : f32
  }
  return
}

func.func @lookup(%at: !i32, %table: memref<?xf32>, %y: !f32) attributes {llvm.emit_c_interface} {
  linalg.generic {indexing_maps = [#mn, #mn], iterator_types = ["parallel", "parallel"]} ins(%at : !i32) outs(%y : !f32) {
  ^bb0(%r: i32, %o: f32):
    %i = arith.index_cast %r : i32 to index
    %0 = memref.load %table[%i] : memref<?xf32>
    linalg.yield %0 : f32
  }
  return
}

// No loop but the row: shared out in blocks. (A function "tanh" would be libm's.)
func.func @tanh_row(%x: memref<?xf32>, %y: memref<?xf32>) attributes {llvm.emit_c_interface} {
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = math.tanh %a : f32
    linalg.yield %0 : f32
  }
  return
}

func.func @sum_squares(%x: !f32, %y: memref<?xf32>) attributes {llvm.emit_c_interface} {
  linalg.generic {indexing_maps = [#mn, #m], iterator_types = ["parallel", "reduction"]} ins(%x : !f32) outs(%y : memref<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.mulf %a, %a : f32
    %1 = arith.addf %o, %0 fastmath<reassoc,contract> : f32
    linalg.yield %1 : f32
  }
  return
}

func.func @absmax(%x: !f32, %y: memref<?xf32>) attributes {llvm.emit_c_interface} {
  linalg.generic {indexing_maps = [#mn, #m], iterator_types = ["parallel", "reduction"]} ins(%x : !f32) outs(%y : memref<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = math.absf %a : f32
    %1 = arith.maximumf %o, %0 : f32
    linalg.yield %1 : f32
  }
  return
}

func.func @sum_codes(%x: !i8, %y: memref<?xi32>) attributes {llvm.emit_c_interface} {
  linalg.generic {indexing_maps = [#mn, #m], iterator_types = ["parallel", "reduction"]} ins(%x : !i8) outs(%y : memref<?xi32>) {
  ^bb0(%a: i8, %o: i32):
    %0 = arith.extsi %a : i8 to i32
    %1 = arith.addi %o, %0 : i32
    linalg.yield %1 : i32
  }
  return
}

// The row is parallel; each element adds in ascending order of m.
func.func @sum_columns(%x: !f32, %y: memref<?xf32>) attributes {llvm.emit_c_interface} {
  linalg.generic {indexing_maps = [#mn, #n], iterator_types = ["reduction", "parallel"]} ins(%x : !f32) outs(%y : memref<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.addf %o, %a fastmath<reassoc,contract> : f32
    linalg.yield %0 : f32
  }
  return
}

func.func @sum_all(%x: memref<?xf32>, %y: memref<f32>) attributes {llvm.emit_c_interface} {
  linalg.generic {indexing_maps = [#id, #none], iterator_types = ["reduction"]} ins(%x : memref<?xf32>) outs(%y : memref<f32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.addf %a, %o : f32
    linalg.yield %0 : f32
  }
  return
}
