func.func @mm(%x: memref<?x2560xi8>, %w: memref<1x160x4x64xi8>, %s: memref<?xi32>, %y: memref<?x64xi32>) {
  bitnet.matmul ins(%x, %w, %s : memref<?x2560xi8>, memref<1x160x4x64xi8>, memref<?xi32>)
    outs(%y : memref<?x64xi32>) packing <u2, rows = 64, cols = 2560>
  return
}
