/* The reference of the benches: a bare loop over llama.cpp with nothing around it. tests/bench/native.py builds it.
 *
 * reference run MODEL KEY=VALUE... <prompts     computes prompts and answers; prints one JSON object
 * reference quantise MODEL OUT TYPE THREADS     writes a copy with other weights (2: Q4_0)
 *
 * Standard input holds one prompt after the other, each ended by a NUL byte; stream number i gets prompt i modulo their
 * number. Keys: streams, tokens (each stream's answer), slots (streams that the cache has, at least as many), threads,
 * length (cells of a stream), batch, kv (f16, q8_0, or exact: keys q8_0 and values f16), flash (-1 as llama.cpp likes,
 * 0, 1), unified, chain (0: the likeliest token; 1: top-k 40, top-p 0.95, temperature 0.8, drawn), seed, group (tokens
 * that each stream computes at once, of which it keeps one: what a draft costs that is all wrong). Answers do not end
 * before their length: ends that the model wants are passed over. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "llama.h"

enum { MOST_STREAMS = 128, MOST_PROMPT_BYTES = 1 << 20 };

struct options {
    int streams, slots, tokens, group, threads, length, batch, flash, unified, chain, k, v;
    unsigned seed;
};

struct span {
    double wall, cpu;
};

static void fail(const char * what) {
    fprintf(stderr, "reference: %s\n", what);
    exit(1);
}

static void quiet(enum ggml_log_level level, const char * text, void * user) {
    (void) user;
    if (level == GGML_LOG_LEVEL_ERROR) {
        fputs(text, stderr);
    }
}

static struct span now(void) {
    struct timespec clock;
    struct rusage used;
    clock_gettime(CLOCK_MONOTONIC, &clock);
    getrusage(RUSAGE_SELF, &used);
    struct span at = {
        (double) clock.tv_sec + 1e-9 * (double) clock.tv_nsec,
        (double) (used.ru_utime.tv_sec + used.ru_stime.tv_sec) + 1e-6 * (double) (used.ru_utime.tv_usec + used.ru_stime.tv_usec),
    };
    return at;
}

static struct span since(struct span begun) {
    struct span at = now();
    at.wall -= begun.wall;
    at.cpu -= begun.cpu;
    return at;
}

static struct options parse(int count, char ** words) {
    struct options o = {
        .streams = 1, .tokens = 64, .group = 1, .threads = 1, .length = 512, .batch = 512, .flash = 1, .k = GGML_TYPE_Q8_0, .v = GGML_TYPE_F16, .seed = 1,
    };
    for (int i = 0; i < count; i++) {
        char * value = strchr(words[i], '=');
        if (!value) fail("options are KEY=VALUE");
        *value++ = 0;
        const char * key = words[i];
        if (!strcmp(key, "streams")) o.streams = atoi(value);
        else if (!strcmp(key, "slots")) o.slots = atoi(value);
        else if (!strcmp(key, "tokens")) o.tokens = atoi(value);
        else if (!strcmp(key, "group")) o.group = atoi(value);
        else if (!strcmp(key, "threads")) o.threads = atoi(value);
        else if (!strcmp(key, "length")) o.length = atoi(value);
        else if (!strcmp(key, "batch")) o.batch = atoi(value);
        else if (!strcmp(key, "flash")) o.flash = atoi(value);
        else if (!strcmp(key, "unified")) o.unified = atoi(value);
        else if (!strcmp(key, "chain")) o.chain = atoi(value);
        else if (!strcmp(key, "seed")) o.seed = (unsigned) atoi(value);
        else if (!strcmp(key, "kv") && !strcmp(value, "f16")) o.k = o.v = GGML_TYPE_F16;
        else if (!strcmp(key, "kv") && !strcmp(value, "q8_0")) o.k = o.v = GGML_TYPE_Q8_0;
        else if (!strcmp(key, "kv") && !strcmp(value, "exact")) o.k = GGML_TYPE_Q8_0, o.v = GGML_TYPE_F16;
        else fail("an option is unknown");
    }
    if (o.slots < o.streams) o.slots = o.streams;
    if (o.streams < 1 || o.tokens < 0 || o.threads < 1 || o.slots > MOST_STREAMS ||
        o.group < 1 || o.batch < o.slots || o.streams * o.group > MOST_STREAMS || o.batch < o.streams * o.group) {
        fail("an option makes no sense");
    }
    return o;
}

/* Reads prompts from standard input as token ids; returns their number. Control tokens in them are recognised. */
static int read_prompts(const struct llama_vocab * vocab, llama_token ** prompts, int * lengths) {
    static char text[MOST_PROMPT_BYTES];
    size_t size = fread(text, 1, sizeof text, stdin), start = 0;
    int count = 0;
    for (size_t end = 0; end < size && count < MOST_STREAMS; end++) {
        if (text[end]) continue;
        int room = (int) (end - start) + 16;
        prompts[count] = malloc(sizeof(llama_token) * (size_t) room);
        if (!prompts[count]) fail("no memory");
        lengths[count] = llama_tokenize(vocab, text + start, (int) (end - start), prompts[count], room, true, true);
        if (lengths[count] <= 0) fail("a prompt cannot be turned into tokens");
        start = end + 1;
        count++;
    }
    if (!count) fail("there is no prompt");
    return count;
}

static void put(struct llama_batch * batch, llama_token token, int position, int stream, int wanted) {
    int at = batch->n_tokens++;
    batch->token[at] = token;
    batch->pos[at] = position;
    batch->n_seq_id[at] = 1;
    batch->seq_id[at][0] = stream;
    batch->logits[at] = (int8_t) wanted;
}

static void decode(struct llama_context * context, struct llama_batch * batch) {
    if (llama_decode(context, *batch)) fail("llama_decode failed");
}

static struct llama_sampler * make_chain(unsigned seed) {
    struct llama_sampler * chain = llama_sampler_chain_init(llama_sampler_chain_default_params());
    llama_sampler_chain_add(chain, llama_sampler_init_top_k(40));
    llama_sampler_chain_add(chain, llama_sampler_init_top_p(0.95f, 1));
    llama_sampler_chain_add(chain, llama_sampler_init_temp(0.8f));
    llama_sampler_chain_add(chain, llama_sampler_init_dist(seed));
    return chain;
}

static llama_token pick(struct llama_context * context, struct llama_sampler * chain, int row, int vocabulary) {
    if (chain) return llama_sampler_sample(chain, context, row);
    const float * scores = llama_get_logits_ith(context, row);
    int best = 0;
    for (int token = 1; token < vocabulary; token++) {
        if (scores[token] > scores[best]) best = token;
    }
    return best;
}

static void run(const char * path, struct options o) {
    struct llama_model * model = llama_model_load_from_file(path, llama_model_default_params());
    if (!model) fail("the model cannot be loaded");
    const struct llama_vocab * vocab = llama_model_get_vocab(model);
    const int vocabulary = llama_vocab_n_tokens(vocab);
    struct llama_context_params p = llama_context_default_params();
    p.n_ctx = (uint32_t) (o.slots * o.length);
    p.n_seq_max = (uint32_t) o.slots;
    p.n_batch = p.n_ubatch = (uint32_t) o.batch;
    p.n_outputs_max = (uint32_t) (o.batch < 128 ? o.batch : 128); /* as the engine has it */
    p.n_threads = p.n_threads_batch = o.threads;
    p.flash_attn_type = o.flash;
    p.type_k = (enum ggml_type) o.k;
    p.type_v = (enum ggml_type) o.v;
    p.kv_unified = o.unified;
    p.no_perf = true;
    struct llama_context * context = llama_init_from_model(model, p);
    if (!context) fail("the context cannot be made");
    llama_memory_t memory = llama_get_memory(context);

    static llama_token * prompts[MOST_STREAMS];
    static int lengths[MOST_STREAMS];
    static llama_token next[MOST_STREAMS];
    static struct llama_sampler * chains[MOST_STREAMS];
    int count = read_prompts(vocab, prompts, lengths);
    llama_token * told = malloc(sizeof(llama_token) * (size_t) (o.tokens + 1));
    double * gaps = malloc(sizeof(double) * (size_t) (o.tokens + 1));
    if (!told || !gaps) fail("no memory");
    for (int s = 0; s < o.streams; s++) {
        if (lengths[s % count] + o.tokens + o.group > o.length) fail("the streams are too short");
        chains[s] = o.chain ? make_chain(o.seed + (unsigned) s) : NULL;
    }

    /* Weights come from the disk and threads are started before anything is timed. */
    struct llama_batch batch = llama_batch_init(o.batch, 0, 1);
    for (int i = 0; i < 2; i++) put(&batch, prompts[0][0], i, 0, i);
    decode(context, &batch);
    llama_memory_clear(memory, true);

    int read = 0;
    struct span begun = now();
    for (int s = 0; s < o.streams; s++) {
        const llama_token * prompt = prompts[s % count];
        const int length = lengths[s % count];
        for (int at = 0; at < length; at += o.batch) {
            batch.n_tokens = 0;
            for (int i = at; i < length && i < at + o.batch; i++) put(&batch, prompt[i], i, s, i == length - 1);
            decode(context, &batch);
        }
        next[s] = pick(context, chains[s], -1, vocabulary);
        read += length;
    }
    struct span reading = since(begun);

    begun = now();
    double last = begun.wall, longest = 0;
    for (int made = 0; made < o.tokens; made++) {
        told[made] = next[0];
        batch.n_tokens = 0;
        for (int s = 0; s < o.streams; s++) {
            for (int i = 0; i < o.group; i++) put(&batch, next[s], lengths[s % count] + made + i, s, 1);
        }
        decode(context, &batch);
        for (int s = 0; s < o.streams; s++) {
            next[s] = pick(context, chains[s], s * o.group, vocabulary);
            for (int i = 1; i < o.group; i++) pick(context, chains[s], s * o.group + i, vocabulary);
            if (o.group > 1) llama_memory_seq_rm(memory, s, lengths[s % count] + made + 1, -1);
        }
        double at = now().wall;
        gaps[made] = at - last;
        if (gaps[made] > longest) longest = gaps[made];
        last = at;
    }
    struct span writing = since(begun);

    printf("{\"prompt_tokens\": %d, \"read_s\": %.6f, \"read_cpu_s\": %.6f, ", read, reading.wall, reading.cpu);
    printf("\"made_tokens\": %d, \"write_s\": %.6f, ", o.streams * o.tokens, writing.wall);
    printf("\"write_cpu_s\": %.6f, \"longest_s\": %.6f, \"gaps_s\": [", writing.cpu, longest);
    for (int i = 0; i < o.tokens; i++) printf("%s%.6f", i ? ", " : "", gaps[i]);
    printf("], \"first_stream\": [");
    for (int i = 0; i < o.tokens; i++) printf("%s%d", i ? ", " : "", told[i]);
    printf("]}\n");

    for (int s = 0; s < o.streams; s++) {
        if (chains[s]) llama_sampler_free(chains[s]);
    }
    for (int i = 0; i < count; i++) free(prompts[i]);
    free(told);
    free(gaps);
    llama_batch_free(batch);
    llama_free(context);
    llama_model_free(model);
}

int main(int count, char ** words) {
    llama_log_set(quiet, NULL);
    llama_backend_init();
    if (count >= 3 && !strcmp(words[1], "run")) {
        run(words[2], parse(count - 3, words + 3));
    } else if (count == 6 && !strcmp(words[1], "quantise")) {
        llama_model_quantize_params p = llama_model_quantize_default_params();
        p.ftype = (enum llama_ftype) atoi(words[4]);
        p.nthread = atoi(words[5]);
        p.allow_requantize = true;
        if (llama_model_quantize(words[2], words[3], &p)) fail("the copy cannot be made");
    } else {
        fail("usage: reference run MODEL KEY=VALUE... | reference quantise MODEL OUT TYPE THREADS");
    }
    llama_backend_free();
    return 0;
}
