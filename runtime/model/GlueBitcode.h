/*===- GlueBitcode.h - the glue as LLVM bitcode, for the compiler -*- C -*-===*\
|*                                                                            *|
|* One module per architecture, linked into each compiled model. After        *|
|* linking, everything but bitnet_model_{describe,isa,run,output_shapes} is   *|
|* hidden. The triple's OS is Linux; take the data layout and triple of the   *|
|* model's target machine.                                                    *|
\*===----------------------------------------------------------------------===*/

#ifndef BITNET_RUNTIME_MODEL_GLUEBITCODE_H
#define BITNET_RUNTIME_MODEL_GLUEBITCODE_H

#ifdef __cplusplus
extern "C" {
#endif

/* Bitcode for an architecture, which has the first word of its triples as name
 * ("aarch64"). */
typedef struct bitnet_glue {
  const char *arch;
  const unsigned char *bytes;
  unsigned long size;
} bitnet_glue;

/* All of them; embed.py writes them, in the order of CMakeLists.txt. */
extern const bitnet_glue bitnet_glues[];
extern const unsigned bitnet_num_glues;

#ifdef __cplusplus
}
#endif

#endif /* BITNET_RUNTIME_MODEL_GLUEBITCODE_H */
