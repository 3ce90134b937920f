func.func @mm(%x: memref<?x2560xi8>, %w: memref<1x128x2x64xi8>, %s: memref<?xi32>, %y: memref<?x32xi32>) {
  bitnet.matmul ins(%x, %w, %s : memref<?x2560xi8>, memref<1x128x2x64xi8>, memref<?xi32>)
    outs(%y : memref<?x32xi32>) packing <u1_6, rows = 32, cols = 2560>
  return
}
