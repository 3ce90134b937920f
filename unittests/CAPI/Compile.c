/*===- Compile.c - a client of the C library ----------------------*- C -*-===*\
|*
|* bitnet-capi-test MODEL OUTPUT|none [switch...]: compiles by
bitnet/CAPI/Compiler.h
|* and prints what the callbacks get and what the result says; test/CAPI reads
|* it. Switches:
|*   bytes       hand over the bytes of the model under its name
|*   unnamed     hand over the bytes alone
|*   cancel=N    ask to stop when asked for the N-th time; say how often asked
|*   threads=N   compile N times at once, to OUTPUT.0, OUTPUT.1, ...
|*   old         be a client whose options end before `kernel`
|*   null        a list of dims with a null word
|*   dims        1 for the dims batch and seq
|*   NAME=WORD   an option
|*
\*===----------------------------------------------------------------------===*/

#include "bitnet/CAPI/Compiler.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_THREADS = 8 };

/* What one compilation is asked for, and how often it asked to go on. */
typedef struct job {
  bitnet_compile_options options;
  bool quiet;
  int cancel_at, asked;
  char output[4096];
  bitnet_compile_status status;
} job;

/* The options that take a word, by name. */
static const struct {
  const char *name;
  size_t offset;
} kWords[] = {
    {"emit", offsetof(bitnet_compile_options, emit)},
    {"target", offsetof(bitnet_compile_options, target)},
    {"report", offsetof(bitnet_compile_options, report)},
    {"external_root", offsetof(bitnet_compile_options, external_root)},
    {"quantize", offsetof(bitnet_compile_options, quantize)},
    {"cpu", offsetof(bitnet_compile_options, cpu)},
    {"kernel", offsetof(bitnet_compile_options, kernel)},
    {"weights", offsetof(bitnet_compile_options, weights)},
};

static void print_diagnostic(const bitnet_compile_diagnostic *diagnostic,
                             void *user) {
  static const char *const kinds[] = {"note", "warning", "error"};
  (void)user;
  printf("%s %d file=%s line=%u node=%s: %s\n", kinds[diagnostic->severity],
         diagnostic->status, diagnostic->file, diagnostic->line,
         diagnostic->node, diagnostic->message);
}

static void print_progress(const bitnet_compile_progress *progress,
                           void *user) {
  if (!((const job *)user)->quiet)
    printf("stage %u/%u %s\n", progress->index, progress->count,
           progress->stage);
}

static int is_cancelled(void *user) {
  job *const work = user;
  return ++work->asked == work->cancel_at;
}

/* The whole file; a size of 0 is one that cannot be read. */
static void *read_file(const char *path, size_t *size) {
  FILE *const file = fopen(path, "rb");
  char *bytes = NULL;
  *size = 0;
  if (file && fseek(file, 0, SEEK_END) == 0 &&
      (bytes = malloc((size_t)ftell(file) + 1))) {
    const size_t length = (size_t)ftell(file);
    rewind(file);
    *size = fread(bytes, 1, length, file);
  }
  if (file)
    fclose(file);
  return bytes;
}

static void print_result(const bitnet_compile_result *result) {
  const bitnet_compile_words isas = bitnet_compile_result_isas(result);
  printf("isas %zu, cpu %s, kernel %s, %llu bytes of weights\n", isas.count,
         bitnet_compile_result_cpu(result),
         bitnet_compile_result_kernel(result),
         (unsigned long long)bitnet_compile_result_weight_bytes(result));
  for (size_t i = 0; i < bitnet_compile_result_layer_count(result); ++i) {
    bitnet_compile_layer layer;
    layer.struct_size = sizeof(layer);
    bitnet_compile_result_layer(result, i, &layer);
    printf("layer %s %s %lldx%lld %s %.1f bits\n", layer.kind, layer.name,
           (long long)layer.rows, (long long)layer.cols, layer.packing,
           layer.bits_per_weight);
  }
}

static void *run(void *user) {
  job *const work = user;
  bitnet_compile_result *result = NULL;
  work->status = bitnet_compile(&work->options, &result);
  if (result && !work->quiet)
    print_result(result);
  bitnet_compile_result_free(result);
  return NULL;
}

/* One switch of the command line; false: there is no such switch. */
static bool read_switch(job *work, int *threads, const char *text) {
  bitnet_compile_options *const options = &work->options;
  if (sscanf(text, "cancel=%d", &work->cancel_at) == 1) {
    options->cancelled = is_cancelled;
    return true;
  }
  if (sscanf(text, "threads=%d", threads) == 1)
    return *threads >= 1 && *threads <= MOST_THREADS;
  if (!strcmp(text, "null")) {
    static const char *const words[] = {"batch=1", NULL};
    options->dims = (bitnet_compile_words){words, 2};
    return true;
  }
  if (!strcmp(text, "dims")) {
    static const char *const words[] = {"batch=1", "seq=1"};
    options->dims = (bitnet_compile_words){words, 2};
    return true;
  }
  if (!strcmp(text, "old")) {
    options->struct_size = offsetof(bitnet_compile_options, kernel);
    return true;
  }
  if (!strcmp(text, "bytes") || !strcmp(text, "unnamed")) {
    options->model_bytes = read_file(options->model, &options->model_size);
    if (!strcmp(text, "unnamed"))
      options->model = NULL;
    return options->model_bytes != NULL;
  }
  for (size_t i = 0; i < sizeof(kWords) / sizeof(*kWords); ++i) {
    const size_t length = strlen(kWords[i].name);
    if (strncmp(text, kWords[i].name, length) || text[length] != '=')
      continue;
    *(const char **)((char *)options + kWords[i].offset) = text + length + 1;
    return true;
  }
  return false;
}

/* Each thread has a job and an output of its own. */
static bitnet_compile_status run_threads(const job *work, int count) {
  pthread_t threads[MOST_THREADS];
  job jobs[MOST_THREADS];
  bitnet_compile_status worst = BITNET_COMPILE_OK;
  for (int i = 0; i < count; ++i) {
    jobs[i] = *work;
    jobs[i].quiet = true;
    jobs[i].options.user = &jobs[i];
    snprintf(jobs[i].output, sizeof(jobs[i].output), "%s.%d",
             work->options.output, i);
    jobs[i].options.output = jobs[i].output;
    pthread_create(&threads[i], NULL, run, &jobs[i]);
  }
  for (int i = 0; i < count; ++i) {
    pthread_join(threads[i], NULL);
    if (jobs[i].status > worst)
      worst = jobs[i].status;
  }
  return worst;
}

int main(int argc, char **argv) {
  job work = {0};
  int threads = 0;
  bitnet_compile_options_init(&work.options, sizeof(work.options));
  work.options.model = argc > 1 && *argv[1] ? argv[1] : NULL;
  work.options.output = argc > 2 && strcmp(argv[2], "none") ? argv[2] : NULL;
  work.options.diagnostic = print_diagnostic;
  work.options.progress = print_progress;
  work.options.user = &work;
  for (int i = 3; i < argc; ++i)
    if (!read_switch(&work, &threads, argv[i])) {
      fprintf(stderr, "unknown switch %s\n", argv[i]);
      return 1;
    }
  if (threads)
    work.status = run_threads(&work, threads);
  else
    run(&work);
  if (work.options.cancelled)
    printf("asked %d times, ", work.asked);
  printf("status %d\n", work.status);
  return work.status;
}
