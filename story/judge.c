#include "story/judge.h"

#include <ctype.h>
#include <string.h>

static bool is_word(char c) {
    return isalpha((unsigned char)c) || c == '\'' || (c & 0x80);
}

/* The next word at or after *at; its length, 0 at the end. *at is moved to its beginning. */
static size_t next_word(const char *text, size_t *at) {
    while (text[*at] && !is_word(text[*at]))
        ++*at;
    size_t length = 0;
    while (is_word(text[*at + length]))
        length++;
    return length;
}

static bool is_title(const char *text, size_t end) {
    static const char *const titles[] = {"Mr.", "Mrs.", "Dr.", "St.", "Miss."};
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
        size_t length = strlen(titles[i]);
        if (end >= length && memcmp(text + end - length, titles[i], length) == 0)
            return true;
    }
    return false;
}

/* Whether a sentence ends with text[at], where quotes are open or not. */
static bool ends_sentence(const char *text, size_t at, bool quoted) {
    bool stop =
        strchr(".!?", text[at]) || (text[at] == '"' && at > 0 && strchr(".!?", text[at - 1]));
    return stop && !quoted && !is_title(text, at + 1);
}

bool fd_judge_is_whole(const char *text, size_t length) {
    bool quoted = false;
    for (size_t i = 0; i < length; i++)
        quoted ^= text[i] == '"';
    return length > 0 && ends_sentence(text, length - 1, quoted);
}

static void tidy(fd_buffer *text) {
    size_t to = 0, breaks = 0;
    bool gap = false;
    for (size_t i = 0; i < text->length; i++) {
        char c = text->data[i];
        if (c == '\n')
            breaks++;
        if (isspace((unsigned char)c)) {
            gap = true;
            continue;
        }
        if (gap && to > 0) {
            text->data[to++] = breaks ? '\n' : ' ';
            if (breaks) /* a gap of one line end holds one byte at least: there is room for two */
                text->data[to++] = '\n';
        }
        gap = false;
        breaks = 0;
        text->data[to++] = c;
    }
    text->length = to;
    text->data[to] = '\0';
}

size_t fd_judge_reach(const char *text, size_t length, size_t words) {
    size_t seen = 0, at = 0;
    for (; at < length && seen <= words + words / 4; at++)
        seen += isspace((unsigned char)text[at]) && at > 0 && !isspace((unsigned char)text[at - 1]);
    return at;
}

bool fd_judge_trim(fd_buffer *text, size_t words) {
    size_t end = 0, reach = fd_judge_reach(fd_buffer_text(text), text->length, words);
    bool quoted = false;
    if (!text->length)
        return false;
    for (size_t at = 0; at < reach; at++) {
        char c = text->data[at];
        if (c == '"')
            quoted = !quoted;
        bool last = at + 1 == text->length || isspace((unsigned char)text->data[at + 1]);
        if (last && ends_sentence(text->data, at, quoted))
            end = at + 1;
    }
    text->length = end;
    text->data[end] = '\0';
    for (size_t i = 0; i + 1 < text->length; i++) /* one line end alone is no paragraph */
        if (text->data[i] == '\n' && text->data[i + 1] != '\n' &&
            (i == 0 || text->data[i - 1] != '\n'))
            text->data[i] = ' ';
    tidy(text);
    return end > 0;
}

static bool same(const char *a, const char *b, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (tolower((unsigned char)a[i]) != tolower((unsigned char)b[i]))
            return false;
    return true;
}

/* The words of a text, the first 512 of them. */
enum { WORDS_MOST = 512 };

typedef struct words {
    const char *text[WORDS_MOST];
    size_t length[WORDS_MOST];
    size_t count;
} words;

static void split(const char *text, words *all) {
    size_t at = 0, length;
    all->count = 0;
    while (all->count < WORDS_MOST && (length = next_word(text, &at)) > 0) {
        all->text[all->count] = text + at;
        all->length[all->count++] = length;
        at += length;
    }
}

static bool same_word(const words *all, size_t i, size_t j) {
    return all->length[i] == all->length[j] && same(all->text[i], all->text[j], all->length[i]);
}

/* How often four words stand here that stood here before, and a word directly twice. */
static size_t count_loops(const words *all) {
    enum { RUN = 4 };
    size_t loops = 0;
    for (size_t i = 1; i < all->count; i++) {
        loops += same_word(all, i, i - 1);
        for (size_t j = 0; j + RUN <= i && i + RUN <= all->count; j++) {
            size_t k = 0;
            while (k < RUN && same_word(all, i + k, j + k))
                k++;
            loops += k == RUN;
        }
    }
    return loops;
}

/* How often a word of four letters or more comes again within the NEAR next ones or for the third
 * time or later. */
static size_t count_harping(const words *all) {
    enum { NEAR = 8 };
    size_t harping = 0;
    for (size_t i = 0; i < all->count; i++) {
        size_t before = 0;
        bool near = false;
        for (size_t j = 0; all->length[i] >= 4 && j < i; j++) {
            bool again = same_word(all, i, j);
            before += again;
            near |= again && i - j <= NEAR;
        }
        harping += near || before >= 2;
    }
    return harping;
}

/* Whether the words [from, from + RUN) of one text stand at `at` in another. */
enum { COPIED_RUN = 4 };
static bool stand_at(const words *all, size_t from, const char *text, size_t at) {
    for (size_t k = 0, length; k < COPIED_RUN; k++, at += length) {
        length = next_word(text, &at);
        if (length == 0 || length != all->length[from + k] ||
            !same(text + at, all->text[from + k], length))
            return false;
    }
    return true;
}

/* How often four words stand here that were told, in its last TOLD_LATELY bytes. */
static size_t count_copies(const words *all, const char *told) {
    enum { TOLD_LATELY = 12000 };
    size_t length = strlen(told), copies = 0;
    const char *lately = told + (length > TOLD_LATELY ? length - TOLD_LATELY : 0);
    for (size_t i = 0; i + COPIED_RUN <= all->count; i++) {
        bool found = false;
        for (size_t at = 0; !found && (length = next_word(lately, &at)) > 0; at += length)
            found = stand_at(all, i, lately, at);
        copies += found;
    }
    return copies;
}

static bool occurs(const char *word, size_t length, const char *told) {
    for (const char *at = told; (at = strchr(at, word[0])) != NULL; at++)
        if (strncmp(at, word, length) == 0 && !is_word(at[length]) &&
            (at == told || !is_word(at[-1])))
            return true;
    return false;
}

static bool is_one_of(const char *word, size_t length, const char *const *list) {
    for (; *list; list++)
        if (strlen(*list) == length && same(word, *list, length))
            return true;
    return false;
}

/* Word lists end with NULL. */
static const char *const second_words[] = {"you",    "your",   "yours",  "yourself", "you'd",
                                           "you'll", "you're", "you've", NULL};
static const char *const first_words[] = {"i",    "me",   "my", "mine", "myself", "i'm",  "i'd",
                                          "i've", "i'll", "we", "us",   "our",    "ours", NULL};
static const char *const past_words[] = {
    "was",   "were",   "had",     "did",    "could",  "would",    "went",  "came",
    "saw",   "stood",  "said",    "knew",   "took",   "gave",     "began", "fell",
    "threw", "wasn't", "weren't", "hadn't", "didn't", "couldn't", NULL};
/* Past after a pronoun, as any word in -ed is; elsewhere they may be participles. */
static const char *const past_of_somebody[] = {"left",    "found", "told", "felt", "heard",
                                               "kept",    "held",  "met",  "laid", "sat",
                                               "thought", "made",  NULL};
static const char *const somebody[] = {"you", "he", "she", "it", "they", "who", NULL};
static const char *const present_words[] = {
    "is",  "are",  "am",      "has",   "have",   "do",      "does",
    "can", "will", "isn't",   "don't", "it's",   "that's",  "you're",
    "i'm", "says", "there's", "can't", "you've", "doesn't", NULL};
/* "Have" and "do" after these say nothing about the tense: "would have", "did you have". */
static const char *const helpers[] = {"would", "could", "should", "might", "may", "must",
                                      "to",    "had",   "did",    "not",   NULL};
/* Present after who does it, as is what he, she or it does that ends in -s. */
static const char *const present_of_somebody[] = {
    "begin", "come", "feel", "find",  "get",  "give", "go",   "hear", "hold", "keep",
    "know",  "lie",  "look", "make",  "open", "run",  "say",  "see",  "seem", "sit",
    "stand", "take", "tell", "think", "turn", "wait", "walk", "want", NULL};
static const char *const third[] = {"he", "she", "it", NULL};
static const char *const pronouns[] = {"he", "she", "it", "they", "him", "them", NULL};
static const char *const limbs[] = {
    "arm",   "arms", "back",   "cheek",   "ear",      "ears",      "eye",    "eyes",   "face",
    "faces", "feet", "finger", "fingers", "foot",     "hand",      "hands",  "head",   "knee",
    "knees", "lips", "mouth",  "neck",    "shoulder", "shoulders", "throat", "tongue", NULL};
/* What you do to yourself only by losing the thread: "You had been told to you". */
static const char *const towards[] = {"about", "asked", "at",   "for",  "from", "in", "of",
                                      "on",    "to",    "told", "upon", "with", NULL};
/* What small models say when they have nothing to say. */
static const char *const stock_phrases[] = {"It was a",        "a few",       "a little",
                                            "a moment",        "a while",     "as if it were",
                                            "at all",          "door was",    "door is",
                                            "doors are",       "doors were",  "good way",
                                            "good deal",       "good many",   "great many",
                                            "in a way",        "long time",   "long way",
                                            "not long",        "long before", "with your hand",
                                            "with your hands", "look at",     "looked at",
                                            "no doubt",        "of course",   "sort of",
                                            "the edge of",     "the end of",  "the first of",
                                            "the last of",     "the least",   "the middle of",
                                            "the other",       "the same",    "the side of",
                                            "your own",        NULL};
static const char *const hollow_words[] = {
    "it",    "its",   "it's",       "that",      "there",    "there's", "this",   "these",  "those",
    "what",  "which", "who",        "whom",      "whose",    "thing",   "things", "some",   "any",
    "good",  "great", "deal",       "something", "anything", "nothing", "much",   "many",   "very",
    "quite", "sort",  "everything", "somebody",  "anybody",  "kind",    "way",    "one",    "ones",
    "time",  "being", "been",       "be",        "have",     "has",     "having", "do",     "does",
    "done",  "know",  "known",      "say",       "think",    "thought", "seem",   "seemed", "get",
    "got",   "give",  "given",      "make",      "made",     "would",   "should", "could",  "may",
    "might", "must",  "can",        "will",      "shall",    "such",    "so",     "more",   "most",
    "other", "than",  "only",       NULL};
static const char *const open_words[] = {
    "the",  "a",    "an", "your", "my",  "his",   "its",     "their", "our",  "and",  "but", "or",
    "than", "very", "of", "if",   "who", "which", "because", "as",    "into", "from", "at",  NULL};

/* Where the words begin that were told last. */
static const char *scene_of(const char *told) {
    size_t length = strlen(told);
    const char *from = told + (length > FD_JUDGE_SCENE ? length - FD_JUDGE_SCENE : 0);
    while (from > told && is_word(from[-1]) && is_word(*from))
        from++;
    return from;
}

/* Whether the word, in small letters or as it is, stands in the text. */
static bool occurs_in(const words *all, const char *word, size_t length) {
    for (size_t i = 0; i < all->count; i++)
        if (all->length[i] == length && same(all->text[i], word, length))
            return true;
    return false;
}

static size_t count_echoes(const words *all, const char *told) {
    words scene;
    size_t echoes = 0;
    split(scene_of(told), &scene);
    for (size_t i = 0; i < all->count; i++) {
        bool counts = all->length[i] >= 4 &&
                      !is_one_of(all->text[i], all->length[i], hollow_words) &&
                      !is_one_of(all->text[i], all->length[i], past_words) &&
                      occurs_in(&scene, all->text[i], all->length[i]);
        for (size_t j = 0; counts && j < i; j++)
            counts = !same_word(all, i, j);
        echoes += counts;
    }
    return echoes;
}

static bool ends_in_ed(const char *word, size_t length) {
    return length >= 4 && same(word + length - 2, "ed", 2);
}

/* Whether the word, after the one before it ("" at first), is plainly past, plainly present. */
static bool is_past(const char *word, size_t length, const char *before, size_t before_length) {
    return is_one_of(word, length, past_words) ||
           (is_one_of(before, before_length, somebody) &&
            (ends_in_ed(word, length) || is_one_of(word, length, past_of_somebody)));
}

static bool is_present(const char *word, size_t length, const char *before, size_t before_length) {
    bool have_or_do =
        (length == 4 && same(word, "have", 4)) || (length == 2 && same(word, "do", 2));
    if (is_one_of(word, length, present_words))
        return !have_or_do || !is_one_of(before, before_length, helpers);
    bool ends_in_s = length > 3 && same(word + length - 1, "s", 1) && word[length - 2] != 's';
    return (is_one_of(before, before_length, third) && ends_in_s) ||
           (is_one_of(before, before_length, somebody) &&
            is_one_of(word, length, present_of_somebody));
}

static size_t count_phrases(const char *text) {
    size_t count = 0;
    for (const char *const *one = stock_phrases; *one; one++)
        for (const char *at = text; (at = strstr(at, *one)) != NULL; at++)
            count += (at == text || !is_word(at[-1])) && !is_word(at[strlen(*one)]);
    return count;
}

/* Counts what makes sentences hard to follow: their length, and who does something to whom. */
static void count_sentences(const words *all, fd_findings *seen) {
    enum { FEW = 5, MANY = 15 };
    size_t inside = 0, last = 0; /* words of the sentence; where the one before it begins */
    bool yours = false;          /* the sentence begins with "you" */
    for (size_t i = 0; i < all->count; i++) {
        const char *end = all->text[i] + all->length[i];
        size_t gap = strcspn(end, ".!?"), next = 0;
        bool you = all->length[i] == 3 && same(all->text[i], "you", 3);
        yours = inside ? yours : you;
        seen->bent +=
            you && yours && inside && is_one_of(all->text[i - 1], all->length[i - 1], towards);
        seen->winding += ++inside > MANY;
        if (!end[gap] || (next_word(end, &next) > 0 && next < gap))
            continue;
        size_t first = i + 1 - inside;
        seen->clipped += inside < FEW ? FEW - inside : 0;
        seen->refrains += first > last && inside > 1 && same_word(all, first, last) &&
                          same_word(all, first + 1, last + 1);
        last = first;
        inside = 0;
    }
}

/* Counts words by what they do to the voice of the story. */
static void count_words(const char *text, const char *told, fd_findings *seen) {
    bool quoted = false;
    size_t before = 0, last = 0; /* where the last word ends and begins */
    for (size_t at = 0, length; (length = next_word(text, &at)) > 0; at += length) {
        const char *word = text + at;
        bool starts = at == 0;
        for (size_t i = before; i < at; i++) {
            quoted ^= text[i] == '"';
            starts |= strchr(".!?:\"\n", text[i]) != NULL;
        }
        if (!quoted) {
            seen->first_person += is_one_of(word, length, first_words);
            seen->past += is_past(word, length, text + last, before - last);
            seen->present += is_present(word, length, text + last, before - last);
        }
        last = at;
        before = at + length;
        seen->words++;
        seen->you += is_one_of(word, length, second_words);
        seen->hollow += is_one_of(word, length, hollow_words);
        seen->pronouns += is_one_of(word, length, pronouns);
        seen->limbs += is_one_of(word, length, limbs);
        seen->dangling +=
            text[before] && strchr(".!?;", text[before]) && is_one_of(word, length, open_words);
        if (!starts && isupper((unsigned char)word[0]) && !is_one_of(word, length, first_words) &&
            !occurs(word, length, told))
            seen->strangers++;
    }
}

void fd_judge_look(const char *text, const char *told, fd_findings *findings) {
    words all;
    *findings = (fd_findings){0};
    split(text, &all);
    count_words(text, told, findings);
    findings->loops = count_loops(&all);
    findings->harping = count_harping(&all);
    findings->echoes = count_echoes(&all, told);
    findings->copies = count_copies(&all, told);
    findings->stock = count_phrases(text);
    count_sentences(&all, findings);
    for (const char *at = text; *at; at++)
        findings->quotes += *at == '"';
    for (const char *at = text; (at = strpbrk(at, "0123456789[]*_")) != NULL; at++)
        findings->signs++;
}

/* Share of hollow words; of an author's, about BEARABLE are. */
#define BEARABLE 0.15
static double hollowness(const fd_findings *seen) {
    return seen->words ? (double)seen->hollow / (double)seen->words : 0.0;
}

bool fd_judge_words(const fd_findings *seen, size_t wanted, fd_buffer *into, fd_error *error) {
    const struct {
        bool is_so;
        const char *words;
    } faults[] = {
        {seen->words * 2 < wanted, "short"},
        {seen->loops > 0, "repeats itself"},
        {seen->harping > 0, "harps on a word"},
        {seen->first_person > 0, "says I or we"},
        {seen->strangers > 0, "names a stranger"},
        {seen->you < 2, "hardly says you"},
        {seen->quotes % 2 == 1, "leaves a quote open"},
        {seen->quotes > 2, "talks a lot"},
        {seen->signs > 0, "has digits or signs"},
        {seen->past > 0 && seen->present > 0, "mixes tenses"},
        {seen->dangling > 0, "ends a sentence too soon"},
        {hollowness(seen) > 2.0 * BEARABLE, "names little"},
    };
    bool ok = true, first = true;
    for (size_t i = 0; ok && i < sizeof faults / sizeof faults[0]; i++)
        if (faults[i].is_so) {
            ok = fd_buffer_addf(into, error, "%s%s", first ? "" : ", ", faults[i].words);
            first = false;
        }
    return ok;
}

static double least(size_t a, size_t b) {
    return (double)(a < b ? a : b);
}

static double beyond(double count, double bearable) {
    return count > bearable ? count - bearable : 0.0;
}

/* Beyond these a sentence is likely because it says again what was said, and gains no more. */
#define SURE (-1.4)
#define APART 1.0

double fd_judge_likelihood(double logprob, double alone, size_t tokens) {
    enum { SOME = 4 }; /* tokens, so that three words do not win for having nothing else to say */
    double count = (double)(tokens ? tokens : 1);
    double likely = logprob / count, apart = (logprob - alone) / (count + SOME);
    return 1.1 * (likely < SURE ? likely : SURE) + 0.8 * (apart < APART ? apart : APART);
}

double fd_judge_length(const char *text, size_t wanted) {
    size_t count = 0, at = 0, length;
    for (; (length = next_word(text, &at)) > 0; at += length)
        count++;
    if (count * 2 >= wanted)
        return 0.0;
    return -3.0 * (1.0 - 2.0 * (double)count / (double)wanted) - 0.5;
}

double fd_judge_score(const char *text, double likelihood, const char *told) {
    enum { ECHOES_MOST = 4, LIMBS_MOST = 1 };
    fd_findings seen;
    fd_judge_look(text, told, &seen);
    double score = likelihood;
    score -= 1.5 * (double)seen.loops;
    score -= 0.6 * (double)seen.harping;
    score -= 0.6 * (double)seen.copies;
    score -= 0.5 * (double)seen.stock;
    score -= 1.0 * (double)seen.first_person;
    score -= 0.7 * (double)seen.strangers;
    score -= 0.7 * least(seen.past, seen.present);
    score -= 1.0 * (double)seen.dangling;
    score -= 0.6 * (double)seen.bent;
    score -= 0.08 * (double)seen.winding;
    score -= 0.45 * (double)seen.clipped;
    score -= 0.3 * (double)seen.refrains;
    score -= 8.0 * beyond(hollowness(&seen), BEARABLE);
    score -= 0.3 * beyond((double)seen.pronouns, 0.05 * (double)seen.words);
    score -= 0.4 * beyond((double)seen.limbs, LIMBS_MOST);
    score += 0.1 * least(seen.echoes, ECHOES_MOST);
    score -= 0.15 * (double)seen.quotes; /* talk without a talker is where small models get lost */
    score -= seen.quotes % 2 ? 2.0 : 0.0;
    score -= 0.3 * (double)seen.signs;
    score -= seen.you < 2 ? 0.8 : 0.0;
    return score;
}
