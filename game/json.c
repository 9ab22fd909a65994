#include "game/json.h"

#include <stdio.h>

#include "game/sanitise.h"
#include "model/memory.h"

bool fd_print_json(cJSON *json, fd_error *error) {
    char *text = json ? cJSON_PrintUnformatted(json) : NULL;
    bool ok = text ? fd_showf(stdout, error, "%s\n", text) : fd_fail_memory(error, "the result");
    cJSON_free(text);
    cJSON_Delete(json);
    return ok;
}
