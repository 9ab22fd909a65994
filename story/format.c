#include "story/format.h"

#include <ctype.h>
#include <string.h>

enum { PLAINLY = 2 };

/* ---- by name ---- */

static bool holds(const char *text, const char *small) {
    size_t length = strlen(small);
    for (; *text; text++) {
        size_t same = 0;
        while (same < length && tolower((unsigned char)text[same]) == small[same])
            same++;
        if (same == length)
            return true;
    }
    return false;
}

static bool find_named(const char *name, fd_format *format) {
    static const struct {
        const char *name;
        fd_format format;
    } known[] = {{"feverdream", FD_FORMAT_OURS}, {"sugar", FD_FORMAT_SUGARCUBE},
                 {"jonah", FD_FORMAT_SUGARCUBE}, {"responsive", FD_FORMAT_SUGARCUBE},
                 {"harlowe", FD_FORMAT_HARLOWE}, {"chapbook", FD_FORMAT_CHAPBOOK},
                 {"snowman", FD_FORMAT_SNOWMAN}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (holds(name, known[i].name)) {
            *format = known[i].format;
            return true;
        }
    return false;
}

/* ---- by what the passages hold ---- */

/* How often the text holds `open` and one of the commands behind it. */
static size_t count_commands(const char *text, const char *open, const char *const *commands) {
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, open)) != NULL;) {
        at += strlen(open);
        for (size_t i = 0; commands[i]; i++) {
            size_t length = strlen(commands[i]);
            char last = commands[i][length - 1];
            if (strncmp(at, commands[i], length) == 0 &&
                (!isalpha((unsigned char)last) || !isalnum((unsigned char)at[length]))) {
                count++;
                break;
            }
        }
    }
    return count;
}

static size_t count_modifiers(const char *text) {
    static const char *const commands[] = {"continue]", "cont]",  "if ", "unless ",
                                           "else]",     "after ", NULL};
    size_t count = strncmp(text, "[", 1) == 0 ? count_commands(text, "[", commands) > 0 : 0;
    return count + count_commands(text, "\n[", commands);
}

static fd_format find_used(const fd_twee *twee) {
    static const char *const sugarcube[] = {
        "set",   "if",       "else",    "elseif", "/if",  "endif",  "print",       "link",
        "=",     "display",  "include", "goto",   "back", "return", "nobr",        "silently",
        "run",   "button",   "replace", "timed",  "for",  "switch", "linkreplace", "widget",
        "click", "remember", "actions", "choice", NULL};
    static const char *const harlowe[] = {
        "set:",  "put:",       "if:",          "else-if:",    "else:",    "unless:",
        "link:", "link-goto:", "link-reveal:", "print:",      "display:", "go-to:",
        "goto:", "either:",    "live:",        "text-style:", NULL};
    static const char *const chapbook[] = {"embed passage", "reveal link:",       "back link",
                                           "restart link",  "cycling link for:",  "text input for:",
                                           "link to:",      "dropdown menu for:", NULL};
    size_t counts[FD_FORMAT_SNOWMAN] = {0};
    fd_format most = FD_FORMAT_OURS;
    for (size_t i = 0; i < twee->count; i++) {
        const char *text = twee->passages[i].text;
        if (!fd_format_tells(FD_FORMAT_OURS, &twee->passages[i]))
            continue;
        counts[FD_FORMAT_SUGARCUBE] += count_commands(text, "<<", sugarcube);
        counts[FD_FORMAT_HARLOWE] += count_commands(text, "(", harlowe);
        counts[FD_FORMAT_CHAPBOOK] += count_modifiers(text) + count_commands(text, "{", chapbook);
    }
    for (fd_format i = FD_FORMAT_SUGARCUBE; i < FD_FORMAT_SNOWMAN; i++)
        if (counts[i] >= PLAINLY && counts[i] > counts[most])
            most = i;
    return most;
}

fd_format fd_format_of(const fd_twee *twee, const char *named) {
    fd_format format;
    return named && find_named(named, &format) ? format : find_used(twee);
}

/* ---- what is told ---- */

static bool is_one_of(const char *name, const char *const *names) {
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

bool fd_format_tells(fd_format format, const fd_passage *passage) {
    static const char *const never[] = {"StoryTitle", "StoryData", NULL};
    static const char *const never_tagged[] = {"script", "stylesheet", NULL};
    static const char *const elsewhere[] = {
        "StoryInit",      "StoryMenu",         "StoryCaption",  "StoryBanner",
        "StorySubtitle",  "StoryAuthor",       "StorySettings", "StoryShare",
        "StoryInterface", "StoryDisplayTitle", "StoryIncludes", "PassageHeader",
        "PassageFooter",  "PassageReady",      "PassageDone",   NULL};
    static const char *const tagged[] = {"widget",       "init",         "startup",
                                         "header",       "footer",       "debug-startup",
                                         "debug-header", "debug-footer", NULL};
    bool told = !is_one_of(passage->name, never);
    bool foreign = format != FD_FORMAT_OURS;
    told = told && !(foreign && is_one_of(passage->name, elsewhere));
    for (size_t i = 0; told && i < passage->tag_count; i++) {
        const char *tag = passage->tags[i];
        told = !is_one_of(tag, never_tagged) &&
               !(foreign && (is_one_of(tag, tagged) || strncmp(tag, "Twine.", 6) == 0));
    }
    return told;
}
