func.func @gemv(%x: memref<1x2560xi8>, %w: memref<40x160x4x64xi8>, %s: memref<1xi32>, %y: memref<1x2560xi32>) {
  bitnet.matmul ins(%x, %w, %s : memref<1x2560xi8>, memref<40x160x4x64xi8>, memref<1xi32>)
    outs(%y : memref<1x2560xi32>) packing <u2, rows = 2560, cols = 2560>
  return
}
