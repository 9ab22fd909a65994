/* json.h - a command's result as one JSON object on one line. */
#ifndef FD_GAME_JSON_H
#define FD_GAME_JSON_H

#include <cjson/cJSON.h>

#include "model/error.h"

/* Prints it to stdout and frees it; NULL, as cJSON gives when memory is short, fails. */
bool fd_print_json(cJSON *json, fd_error *error);

#endif
