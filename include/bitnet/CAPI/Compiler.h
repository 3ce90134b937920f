/*===- Compiler.h - the compiler as a C library -------------------*- C -*-===*\
|*
|* One function compiles a model to a file. The options are a struct with the
|* words of bitnet-compile's command line, which is a client of this library;
|* diagnostics, progress and the wish to stop go through callbacks, and the
|* answer is a code, so that nobody has to read messages.
|*
|*   static void print(const bitnet_compile_diagnostic *d, void *user) {
|*     fprintf(stderr, "%s: %s\n", d->node, d->message);
|*   }
|*
|*   bitnet_compile_options options;
|*   bitnet_compile_options_init(&options, sizeof(options));
|*   options.model = "model.onnx";
|*   options.output = "model.so";
|*   options.diagnostic = print;
|*   if (bitnet_compile(&options, NULL) != BITNET_COMPILE_OK)
|*     ...
|*
|* Structs carry their size: members are only ever added at their ends, so a
|* caller that was compiled against an older header goes on working.
|*
|* Threads: calls do not share state, any number of them may run at a time.
|* Each works on the calling thread; code for several machines is compiled on
|* threads of its own. The linker inside runs in one call at a time, the others
|* wait. Like every user of LLVM's command-line parser it resets which options
|* that parser has seen, in a process that parses options with the same LLVM.
|*
|* Signals: no handler is installed, and writing to a closed pipe or past a
|* limit of file sizes is an error, not a signal. A process that a signal ends
|* may leave a temporary file beside the output.
|*
\*===----------------------------------------------------------------------===*/

#ifndef BITNET_CAPI_COMPILER_H
#define BITNET_CAPI_COMPILER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Functions that the library exports; others are hidden. */
#define BITNET_COMPILER_EXPORT __attribute__((visibility("default")))

/** How a compilation ended. The numbers are exit codes of sysexits.h. */
typedef enum bitnet_compile_status {
  BITNET_COMPILE_OK = 0,
  /** The options are wrong by themselves; no file was read. */
  BITNET_COMPILE_USAGE = 64,
  /** The model cannot be read, or cannot be compiled as asked. */
  BITNET_COMPILE_BAD_INPUT = 65,
  /** The output cannot be written. */
  BITNET_COMPILE_CANNOT_WRITE = 74,
  /** `cancelled` returned true. */
  BITNET_COMPILE_CANCELLED = 75
} bitnet_compile_status;

typedef enum bitnet_compile_severity {
  /** Belongs to the error or warning before it. */
  BITNET_COMPILE_NOTE = 0,
  BITNET_COMPILE_WARNING = 1,
  BITNET_COMPILE_ERROR = 2
} bitnet_compile_severity;

/**
 * One message. Texts are zero-terminated, live until the callback returns, and
 * hold bytes of the model: escape them before a terminal shows them.
 */
typedef struct bitnet_compile_diagnostic {
  size_t struct_size;
  bitnet_compile_severity severity;
  /** Of an error: what the compilation ends with. */
  bitnet_compile_status status;
  /** One line, without file and node. */
  const char *message;
  /** The ONNX node, "" where it is about the whole model. */
  const char *node;
  /** The file, "" where it is about the options. */
  const char *file;
  /** The line in the text of a stage, the number of the node (from 1) in a
   * model, 0 where it is about the whole file. */
  uint32_t line;
} bitnet_compile_diagnostic;

/** A stage that has ended. */
typedef struct bitnet_compile_progress {
  size_t struct_size;
  /** From 1 to `count`; `count` may grow. */
  uint32_t index, count;
  /** "import", "quantize"; lives until the callback returns. */
  const char *stage;
  double seconds;
} bitnet_compile_progress;

/** A list of words. NULL with `count` 0 is the empty one. */
typedef struct bitnet_compile_words {
  const char *const *words;
  size_t count;
} bitnet_compile_words;

/**
 * What to compile, and how. bitnet_compile_options_init fills in the defaults:
 * NULL words and empty lists, which mean what bitnet-compile does without the
 * option. Words are those of `bitnet-compile --help`; an unknown one is an
 * error that lists the words. All memory belongs to the caller.
 */
typedef struct bitnet_compile_options {
  size_t struct_size;

  /** Path of an ONNX model, or of the text of a stage (.mlir). */
  const char *model;
  /**
   * The bytes of the model, instead of the file at `model`, which then is its
   * name in messages and tells the folder of external data. Without a name a
   * model may have external data only beneath `external_root`.
   */
  const void *model_bytes;
  size_t model_size;
  /** Path of the output. NULL: made of the model's name, in the current folder,
   * an error when it has none; "-": standard output. */
  const char *output;
  /** The stage to stop at. NULL: told by the ending of `output`, else "so". */
  const char *emit;
  /** The backend. */
  const char *target;
  /** Path of the report, JSON per layer. */
  const char *report;

  /** Dims of inputs to fix, "name=size". */
  bitnet_compile_words dims;
  /** Outputs must have the shapes that the model declares. */
  int32_t strict_shapes;
  /** Which files a model may name: "strict" or "trusted", and a folder. */
  const char *external_data;
  const char *external_root;
  /** The most nodes that a model may have; 0: the default. */
  uint64_t max_nodes;
  /** The most bytes of memory that a compilation may add to the process; 0:
   * what the machine has. A model that is likely to need more is refused before
   * work is done. */
  uint64_t max_memory;

  /** How float layers become ternary; NULL: they stay float. */
  const char *quantize;
  /** Patterns of names of layers to quantize, and of those not to. */
  bitnet_compile_words quantize_include, quantize_exclude;
  /** How layers store weights that stay float, and which of them. */
  const char *float_weights;
  bitnet_compile_words float_weights_include, float_weights_exclude;

  /** LLVM's names; "native" is the CPU of this machine. */
  const char *triple, *cpu, *features;
  /** Classes of machines to serve, instead of `cpu` and `features`. */
  bitnet_compile_words isas;
  /** 0 to 3; the default is 3. */
  uint32_t opt_level;
  const char *kernel;
  const char *packing;
  const char *weights;
  /** The program bitnet-run, which makes the expected outputs of the target
   * "hls". NULL: they are left out, with a warning. */
  const char *runner;

  /** Handed to each callback. */
  void *user;
  /** Called for each error, warning and note, in the order of the model. */
  void (*diagnostic)(const bitnet_compile_diagnostic *diagnostic, void *user);
  /** Called after each stage. */
  void (*progress)(const bitnet_compile_progress *progress, void *user);
  /** Asked between passes; other than 0 ends the compilation soon. A pass, the
   * code generation and the linker are not interrupted. */
  int (*cancelled)(void *user);
  /** Called with each mlir::PassManager before it runs, for programs that link
   * the same MLIR. */
  void (*configure)(void *pass_manager, void *user);
} bitnet_compile_options;

/** One layer with constant weights. Texts live as long as the result. */
typedef struct bitnet_compile_layer {
  size_t struct_size;
  const char *name;
  /** "ternary", "binary", "float" or "table". */
  const char *kind;
  /** How float weights are stored, "" as in the model. */
  const char *storage;
  /** Of scales: "tensor", "row"; of activations: "per token"; or "". */
  const char *granularity, *activations;
  /** Why it is not ternary, or "". */
  const char *reason;
  /** "u2", "u1_6" or "", and why it is not what was asked for, or "". */
  const char *packing, *packing_note;
  /** 0 where nothing is packed. */
  double bits_per_weight;
  /** Rows and columns of the weights. */
  int64_t rows, cols;
  /** Of the weights in the model, and in the library. */
  uint64_t bytes_before, bytes_after;
} bitnet_compile_layer;

/** What became of the model. */
typedef struct bitnet_compile_result bitnet_compile_result;

/** Sets the members of `options` that fit into `struct_size` bytes, which is
 * sizeof(bitnet_compile_options) in the caller's header, to the defaults. */
BITNET_COMPILER_EXPORT void
bitnet_compile_options_init(bitnet_compile_options *options,
                            size_t struct_size);

/**
 * Compiles a model to a file. Unless the answer is BITNET_COMPILE_OK, a
 * diagnostic of severity ERROR was given (none when cancelled), all outputs are
 * as they were before, and `*result` is NULL. Otherwise the outputs appeared
 * together, and, unless `result` is NULL, `*result` is to be freed.
 */
BITNET_COMPILER_EXPORT bitnet_compile_status bitnet_compile(
    const bitnet_compile_options *options, bitnet_compile_result **result);

BITNET_COMPILER_EXPORT void
bitnet_compile_result_free(bitnet_compile_result *result);

/** The path of the output. This and the texts below live as long as the result.
 */
BITNET_COMPILER_EXPORT const char *
bitnet_compile_result_output(const bitnet_compile_result *result);
/** The CPU that is needed, LLVM's name. */
BITNET_COMPILER_EXPORT const char *
bitnet_compile_result_cpu(const bitnet_compile_result *result);
/** The kernels of ternary products, "avx2, generic"; "" without any. */
BITNET_COMPILER_EXPORT const char *
bitnet_compile_result_kernel(const bitnet_compile_result *result);
/** Classes of machines that have code of their own, worst to best. */
BITNET_COMPILER_EXPORT bitnet_compile_words
bitnet_compile_result_isas(const bitnet_compile_result *result);
/** Bytes of constants in the library or its file. */
BITNET_COMPILER_EXPORT uint64_t
bitnet_compile_result_weight_bytes(const bitnet_compile_result *result);
BITNET_COMPILER_EXPORT size_t
bitnet_compile_result_layer_count(const bitnet_compile_result *result);
/** Fills in the members of `layer` that fit into `layer->struct_size`; `index`
 * is less than the count. */
BITNET_COMPILER_EXPORT void
bitnet_compile_result_layer(const bitnet_compile_result *result, size_t index,
                            bitnet_compile_layer *layer);

/** "0.1.0" */
BITNET_COMPILER_EXPORT const char *bitnet_compiler_version(void);

#ifdef __cplusplus
}
#endif

#endif /* BITNET_CAPI_COMPILER_H */
