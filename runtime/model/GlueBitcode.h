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

/* Bitcode and its length in bytes; embed.py writes them. */
extern const unsigned char bitnet_glue_x86_64[];
extern const unsigned long bitnet_glue_x86_64_size;
extern const unsigned char bitnet_glue_aarch64[];
extern const unsigned long bitnet_glue_aarch64_size;

#ifdef __cplusplus
}
#endif

#endif /* BITNET_RUNTIME_MODEL_GLUEBITCODE_H */
