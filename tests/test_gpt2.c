/* A quantised model computes exactly, whatever the batch, the threads and the instruction set; and
 * what inference computes is what training computes. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "model/checkpoint.h"
#include "model/evaluate.h"
#include "model/generate.h"
#include "model/kernels.h"
#include "model/ops.h"
#include "model/quantize.h"
#include "model/tokenizer_train.h"
#include "model/train.h"

enum { COUNT = 40 };

static const fd_config shape = {2, 3, 48, 64, 300, FD_GPT2_EPSILON};
static char folder[64], floats[96], small[96];
static int32_t tokens[COUNT];

/* A little model with random weights, as floats and quantised. */
static int set_up(void **state) {
    (void)state;
    static const char text[] = "the well keeps what the well was told and the house keeps the well";
    char make[256];
    size_t total = fd_parameter_total(&shape);
    float *parameters = calloc(total, sizeof(float));
    (void)snprintf(folder, sizeof folder, "/tmp/feverdream-gpt2.%ld", (long)getpid());
    (void)snprintf(floats, sizeof floats, "%s/f32", folder);
    (void)snprintf(small, sizeof small, "%s/i8", folder);
    (void)snprintf(make, sizeof make, "mkdir -p %s %s", floats, small);
    if (!parameters || system(make) != 0)
        return 1;
    fd_train_fresh(&shape, 5, parameters);
    for (size_t i = 0; i < total; i++)
        parameters[i] *= 4.0f; /* so that logits differ */
    bool ok = fd_checkpoint_save(floats, &shape, parameters, NULL) &&
              fd_tokenizer_train(text, strlen(text), 260, floats, NULL) &&
              fd_quantize(floats, small, NULL);
    free(parameters);
    for (size_t i = 0; i < COUNT; i++)
        tokens[i] = (int32_t)(fd_random_below((fd_random_key){1, 1}, i, 257));
    return !ok;
}

static int tear_down(void **state) {
    (void)state;
    char clear[128];
    (void)snprintf(clear, sizeof clear, "rm -rf %s", folder);
    return system(clear);
}

/* Logits after each of the tokens, read `step` at a time. */
static float *read_in_steps(const fd_model *model, size_t step, size_t threads) {
    float *logits = calloc(COUNT * shape.vocab, sizeof(float));
    fd_span *span = fd_span_new(model, NULL, COUNT, NULL);
    assert_true(logits && span);
    for (size_t at = 0; at < COUNT; at += step) {
        size_t count = COUNT - at < step ? COUNT - at : step;
        fd_feed feed = {span, tokens + at, count, logits + at * shape.vocab, true};
        assert_true(fd_model_read(model, &feed, 1, threads, NULL));
    }
    assert_int_equal(fd_span_end(span), COUNT);
    fd_span_free(span);
    return logits;
}

static void the_same_bits_in_any_steps_threads_and_instruction_sets(void **state) {
    (void)state;
    static const char *const sets[] = {"portable", "avx2", "avx512", "neon"};
    size_t bytes = COUNT * shape.vocab * sizeof(float), tried = 0;
    fd_model *model = fd_model_load(small, "portable", NULL);
    assert_non_null(model);
    float *whole = read_in_steps(model, COUNT, 1);
    fd_model_free(model);
    for (size_t i = 0; i < 4; i++) {
        if (!(model = fd_model_load(small, sets[i], NULL)))
            continue;
        tried++;
        for (size_t step = 1; step <= 16; step += 5) {
            float *again = read_in_steps(model, step, 1 + step % 2);
            assert_memory_equal(whole, again, bytes);
            free(again);
        }
        fd_model_free(model);
    }
    assert_true(tried >= 1);
    free(whole);
}

static void sequences_that_share_a_prefix_do_not_disturb_each_other(void **state) {
    (void)state;
    fd_model *model = fd_model_load(small, NULL, NULL);
    assert_non_null(model);
    float *whole = read_in_steps(model, COUNT, 1);
    float *together = calloc(2 * shape.vocab, sizeof(float));
    fd_span *prefix = fd_span_new(model, NULL, 20, NULL);
    fd_span *one = fd_span_new(model, prefix, 30, NULL); /* made before the prefix is read */
    fd_span_free(one);
    fd_feed start = {prefix, tokens, 20, NULL, false};
    assert_true(fd_model_read(model, &start, 1, 1, NULL));
    one = fd_span_new(model, prefix, 30, NULL);
    fd_span *other = fd_span_new(model, prefix, 30, NULL);
    const int32_t elsewhere[] = {7, 8, 9};
    fd_feed both[] = {{one, tokens + 20, COUNT - 20, together, false},
                      {other, elsewhere, 3, together + shape.vocab, false}};
    assert_true(fd_model_read(model, both, 2, 2, NULL));
    assert_memory_equal(together, whole + (COUNT - 1) * shape.vocab, shape.vocab * sizeof(float));
    assert_memory_not_equal(together, together + shape.vocab, shape.vocab * sizeof(float));
    fd_span_free(one);
    fd_span_free(other);
    fd_span_free(prefix);
    free(together);
    free(whole);
    fd_model_free(model);
}

/* The sum of -log p of the tokens as the trainer computes it. */
static double nll_in_training(const fd_config *config, float *parameters, size_t *predicted) {
    fd_trainee trainee;
    double nll;
    assert_true(fd_trainee_whole(&trainee, config, parameters, false, NULL));
    assert_true(fd_evaluate(&trainee, tokens, COUNT, 1, &nll, predicted, NULL));
    fd_trainee_free(&trainee);
    return nll;
}

static void inference_and_training_agree(void **state) {
    (void)state;
    fd_config config;
    double trained, inferred, quantised;
    size_t a, b, c;
    float *parameters = fd_checkpoint_load(floats, &config, NULL);
    fd_model *model = fd_model_load(floats, NULL, NULL), *exact = fd_model_load(small, NULL, NULL);
    assert_true(parameters && model && exact);
    trained = nll_in_training(&config, parameters, &a);
    assert_true(fd_model_evaluate(model, tokens, COUNT, 1, &inferred, &b, NULL));
    assert_true(fd_model_evaluate(exact, tokens, COUNT, 1, &quantised, &c, NULL));
    assert_true(a == COUNT - 1 && b == a && c == a);
    assert_true(fabs(trained - inferred) < 1e-3);
    assert_true(fabs(trained - quantised) < 0.02 * trained);
    fd_model_free(model);
    fd_model_free(exact);
    free(parameters);
}

static void a_quantised_model_can_be_trained_on(void **state) {
    (void)state;
    fd_config config;
    float *whole = fd_checkpoint_load(floats, &config, NULL);
    float *back = fd_checkpoint_load(small, &config, NULL);
    assert_true(whole && back);
    double before, after;
    size_t a, b;
    before = nll_in_training(&config, whole, &a);
    after = nll_in_training(&config, back, &b);
    assert_true(a == b && fabs(before - after) < 0.01 * before);
    free(whole);
    free(back);
}

/* Hugging Face's files may have a prefix before names, attention masks, and an output matrix of
 * their own. Writes such a file; `head` is its lm_head.weight, or NULL. */
static void write_variant(const char *directory, const float *head) {
    char from[160], to[160], make[512];
    fd_safetensors file;
    float mask[16] = {0};
    (void)snprintf(make, sizeof make, "mkdir -p %s && cp %s/*.json %s/merges.txt %s", directory,
                   floats, floats, directory);
    (void)snprintf(from, sizeof from, "%s/model.safetensors", floats);
    (void)snprintf(to, sizeof to, "%s/model.safetensors", directory);
    assert_int_equal(system(make), 0);
    assert_true(fd_safetensors_open(from, &file, NULL));
    fd_tensor *tensors = calloc(file.count + 2, sizeof *tensors);
    assert_non_null(tensors);
    for (size_t i = 0; i < file.count; i++) {
        tensors[i] = file.tensors[i];
        (void)snprintf(tensors[i].name, sizeof tensors[i].name, "transformer.%.200s",
                       file.tensors[i].name);
    }
    fd_tensor *extra = &tensors[file.count];
    *extra = (fd_tensor){.name = "transformer.h.0.attn.bias", .rank = 4, .shape = {1, 1, 4, 4}};
    extra->count = 16;
    extra->bytes = sizeof mask;
    extra->data = (const uint8_t *)mask;
    extra[1] = (fd_tensor){.name = "lm_head.weight", .rank = 2};
    extra[1].shape[0] = shape.vocab;
    extra[1].shape[1] = shape.width;
    extra[1].count = shape.vocab * shape.width;
    extra[1].bytes = extra[1].count * sizeof(float);
    extra[1].data = (const uint8_t *)head;
    assert_true(fd_safetensors_write(to, tensors, file.count + (head ? 2 : 1), NULL, NULL));
    free(tensors);
    fd_safetensors_close(&file);
}

static float *logits_of(const char *directory) {
    fd_model *model = fd_model_load(directory, NULL, NULL);
    assert_non_null(model);
    float *logits = read_in_steps(model, COUNT, 1);
    fd_model_free(model);
    return logits;
}

static void prefixes_masks_and_a_given_head_are_understood(void **state) {
    (void)state;
    char directory[96], quantised[96], make[128];
    size_t count = shape.vocab * shape.width;
    float *tied = logits_of(floats), *head = calloc(count, sizeof(float));
    (void)snprintf(directory, sizeof directory, "%s/variant", folder);
    (void)snprintf(quantised, sizeof quantised, "%s/variant8", folder);
    (void)snprintf(make, sizeof make, "mkdir -p %s", quantised);
    assert_int_equal(system(make), 0);
    write_variant(directory, NULL);
    float *variant = logits_of(directory);
    for (size_t i = 0; i < COUNT * shape.vocab; i++)
        assert_true(fabsf(variant[i] - tied[i]) < 1e-3f);
    free(variant);
    fd_config config;
    float *parameters = fd_checkpoint_load(floats, &config, NULL); /* wte comes first */
    assert_true(parameters && head);
    for (size_t i = 0; i < count; i++)
        head[i] = 2.0f * parameters[i];
    write_variant(directory, head);
    variant = logits_of(directory);
    fd_error error = {FD_OK, ""};
    assert_null(fd_checkpoint_load(directory, &config, &error)); /* training ties the two */
    assert_non_null(strstr(error.message, "lm_head.weight"));
    assert_true(fd_quantize(directory, quantised, NULL));
    float *small_variant = logits_of(quantised);
    double difference = 0.0, size = 0.0;
    for (size_t i = 0; i < COUNT * shape.vocab; i++) {
        assert_true(fabsf(variant[i] - 2.0f * tied[i]) < 2e-3f);
        difference += fabs((double)small_variant[i] - (double)variant[i]);
        size += fabs((double)variant[i]);
    }
    assert_true(difference < 0.05 * size);
    free(small_variant);
    free(variant);
    free(parameters);
    free(head);
    free(tied);
}

static fd_generation plan_for(size_t samples, size_t threads) {
    return (fd_generation){.prompt = tokens,
                           .prompt_count = 10,
                           .samples = samples,
                           .max_tokens = 100, /* more than the context holds: the window slides */
                           .sampling = FD_SAMPLING,
                           .key = {9, 9},
                           .threads = threads};
}

static void a_sample_is_the_same_alone_and_in_company(void **state) {
    (void)state;
    fd_model *model = fd_model_load(small, NULL, NULL);
    assert_non_null(model);
    fd_sample alone[1], company[4];
    fd_generation one = plan_for(1, 1), four = plan_for(4, 2);
    assert_true(fd_generate(model, &one, alone, NULL, NULL));
    assert_true(fd_generate(model, &four, company, NULL, NULL));
    assert_int_equal(alone[0].tokens.count, 100);
    assert_memory_equal(alone[0].tokens.ids, company[0].tokens.ids, 100 * sizeof(int32_t));
    assert_memory_not_equal(company[0].tokens.ids, company[1].tokens.ids, 100 * sizeof(int32_t));
    assert_true(alone[0].logprob == company[0].logprob && alone[0].logprob < 0.0);
    fd_samples_free(alone, 1);
    fd_samples_free(company, 4);
    fd_model_free(model);
}

static void a_sample_is_the_same_by_its_number(void **state) {
    (void)state;
    fd_model *model = fd_model_load(small, NULL, NULL);
    assert_non_null(model);
    fd_sample company[4], alone[1];
    fd_generation plan = plan_for(4, 2);
    assert_true(fd_generate(model, &plan, company, NULL, NULL));
    double sum = 0.0;
    for (size_t t = 0; t < company[2].tokens.count; t++)
        sum += (double)company[2].each[t];
    assert_true(fabs(sum - company[2].logprob) < 1e-3);
    plan.samples = 1;
    plan.first = 2;
    assert_true(fd_generate(model, &plan, alone, NULL, NULL));
    assert_int_equal(alone[0].tokens.count, 100);
    assert_memory_equal(alone[0].tokens.ids, company[2].tokens.ids, 100 * sizeof(int32_t));
    assert_memory_equal(alone[0].each, company[2].each, 100 * sizeof(float));
    fd_samples_free(alone, 1);
    fd_samples_free(company, 4);
    fd_model_free(model);
}

static void a_stop_text_ends_a_sample_and_is_not_part_of_it(void **state) {
    (void)state;
    fd_model *model = fd_model_load(small, NULL, NULL);
    assert_non_null(model);
    fd_sample free_run[1], stopped[1];
    fd_generation plan = plan_for(1, 1);
    assert_true(fd_generate(model, &plan, free_run, NULL, NULL));
    char stop[3] = {0};
    memcpy(stop, fd_buffer_text(&free_run[0].text) + 20, 2);
    const char *stops[] = {stop};
    plan.stops = stops;
    plan.stop_count = 1;
    assert_true(fd_generate(model, &plan, stopped, NULL, NULL));
    assert_true(stopped[0].ended && stopped[0].text.length <= 20);
    assert_null(strstr(fd_buffer_text(&stopped[0].text), stop));
    assert_memory_equal(free_run[0].text.data, stopped[0].text.data, stopped[0].text.length);
    fd_samples_free(free_run, 1);
    fd_samples_free(stopped, 1);
    fd_model_free(model);
}

static void kernels_agree_with_plain_arithmetic(void **state) {
    (void)state;
    enum { INNER = 2100, OUTS = 3, ROWS = 5 };
    static int16_t x[ROWS * INNER];
    static int8_t w[OUTS * INNER];
    float x_scale[ROWS], w_scale[OUTS], y[ROWS * OUTS];
    fd_random_key key = {2, 2};
    for (size_t i = 0; i < ROWS * INNER; i++) /* the largest values there are: nothing overflows */
        x[i] = i < INNER ? FD_ACTIVATION_MAX
                         : (int16_t)((int)fd_random_below(key, i, 2 * FD_ACTIVATION_MAX + 1) -
                                     FD_ACTIVATION_MAX);
    for (size_t i = 0; i < OUTS * INNER; i++)
        w[i] = i < INNER ? 127 : (int8_t)((int)fd_random_below(key, i, 255) - 127);
    for (size_t r = 0; r < ROWS; r++)
        x_scale[r] = 0.5f;
    for (size_t o = 0; o < OUTS; o++)
        w_scale[o] = 0.25f;
    float *lines[ROWS];
    for (size_t r = 0; r < ROWS; r++)
        lines[r] = y + r * OUTS;
    const fd_int_product product = {x, x_scale, ROWS, INNER, w, w_scale, NULL, OUTS, lines};
    fd_kernels_choose(NULL, NULL)->multiply(&product, 0, OUTS);
    for (size_t r = 0; r < ROWS; r++)
        for (size_t o = 0; o < OUTS; o++) {
            int64_t sum = 0;
            for (size_t i = 0; i < INNER; i++)
                sum += (int64_t)x[r * INNER + i] * w[o * INNER + i];
            assert_true(y[r * OUTS + o] == (float)((double)sum * 0.125));
        }
}

static void the_sampler_draws_what_it_should(void **state) {
    (void)state;
    const float logits[] = {1.0f, 3.0f, 2.0f, 3.0f, -50.0f};
    const int32_t recent[] = {1, 3};
    fd_sampler *sampler = fd_sampler_new(5, NULL);
    fd_sampling plain = {1.0, 0, 1.0, 1.0, 0, false};
    fd_sampling greedy = {1.0, 0, 1.0, 1.0, 0, true}, punished = {1.0, 0, 1.0, 2.0, 8, true};
    assert_non_null(sampler);
    assert_int_equal(fd_sampler_draw(sampler, &greedy, logits, NULL, 0, 0.99), 1);
    assert_int_equal(fd_sampler_draw(sampler, &punished, logits, recent, 2, 0.0), 2);
    size_t counts[5] = {0};
    for (uint64_t i = 0; i < 20000; i++)
        counts[fd_sampler_draw(sampler, &plain, logits, NULL, 0,
                               fd_random_unit((fd_random_key){4, 4}, i))]++;
    double total = exp(1.0) + 2.0 * exp(3.0) + exp(2.0);
    assert_true(fabs((double)counts[2] / 20000.0 - exp(2.0) / total) < 0.015);
    assert_true(fabs((double)counts[1] / 20000.0 - exp(3.0) / total) < 0.015);
    assert_int_equal(counts[4], 0);
    fd_sampling two = {1.0, 2, 1.0, 1.0, 0, false}, nucleus = {1.0, 0, 0.7, 1.0, 0, false};
    for (uint64_t i = 0; i < 500; i++) {
        double unit = fd_random_unit((fd_random_key){5, 5}, i);
        assert_int_equal(fd_sampler_draw(sampler, &two, logits, NULL, 0, unit) % 2, 1);
        assert_int_equal(fd_sampler_draw(sampler, &nucleus, logits, NULL, 0, unit) % 2, 1);
    }
    fd_sampler_free(sampler);
}

/* Of a vocabulary of many blocks, with equals among them, the k likeliest and no others are drawn,
 * each as often as it is likely. */
static void the_sampler_finds_the_likeliest_of_many(void **state) {
    (void)state;
    enum { VOCAB = 5000, MOST = 100, DRAWS = 4000 };
    static float logits[VOCAB];
    static const size_t ks[] = {1, 2, 40, 78, 79, MOST};
    for (size_t i = 0; i < VOCAB; i++)
        logits[i] = (float)fd_random_below((fd_random_key){8, 8}, i, 400) / 50.0f;
    fd_sampler *sampler = fd_sampler_new(VOCAB, NULL);
    assert_non_null(sampler);
    for (size_t n = 0; n < sizeof ks / sizeof ks[0]; n++) {
        size_t counts[VOCAB] = {0}, rank[VOCAB] = {0}, k = ks[n];
        double total = 0.0;
        for (size_t i = 0; i < VOCAB; i++) {
            for (size_t j = 0; j < VOCAB; j++)
                rank[i] += logits[j] > logits[i] || (logits[j] == logits[i] && j < i);
            total += rank[i] < k ? exp((double)logits[i]) : 0.0;
        }
        const fd_sampling sampling = {1.0, k, 1.0, 1.0, 0, false};
        for (size_t i = 0; i < DRAWS; i++)
            counts[fd_sampler_draw(sampler, &sampling, logits, NULL, 0,
                                   ((double)i + 0.5) / DRAWS)]++;
        for (size_t i = 0; i < VOCAB; i++) {
            double expected = rank[i] < k ? DRAWS * exp((double)logits[i]) / total : 0.0;
            assert_true(fabs((double)counts[i] - expected) <= (rank[i] < k ? 1.01 : 0.0));
        }
    }
    fd_sampler_free(sampler);
}

static void logarithms_are_right(void **state) {
    (void)state;
    for (double x = 1e-30; x < 1e30; x *= 1.7)
        assert_true(fabs(fd_log(x) - log(x)) <= 1e-12 * fmax(1.0, fabs(log(x))));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_bits_in_any_steps_threads_and_instruction_sets),
        cmocka_unit_test(sequences_that_share_a_prefix_do_not_disturb_each_other),
        cmocka_unit_test(inference_and_training_agree),
        cmocka_unit_test(prefixes_masks_and_a_given_head_are_understood),
        cmocka_unit_test(a_quantised_model_can_be_trained_on),
        cmocka_unit_test(a_sample_is_the_same_alone_and_in_company),
        cmocka_unit_test(a_sample_is_the_same_by_its_number),
        cmocka_unit_test(a_stop_text_ends_a_sample_and_is_not_part_of_it),
        cmocka_unit_test(kernels_agree_with_plain_arithmetic),
        cmocka_unit_test(the_sampler_draws_what_it_should),
        cmocka_unit_test(the_sampler_finds_the_likeliest_of_many),
        cmocka_unit_test(logarithms_are_right),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
